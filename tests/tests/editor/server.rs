//! A rust-analyzer that is asked what an editor would ask.
//!
//! It speaks LSP over the pipes of a child process. Every wait has a limit, and the process ends
//! with the value that stands for it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The file that is asked about.
pub(crate) const FILE: &str = "src/lib.rs";
/// Long enough to build the derive, and what it depends on, on a slow machine.
const LOADING_MAX: Duration = Duration::from_secs(500);
const ANSWER_MAX: Duration = Duration::from_secs(120);
/// How often a request is made that is overtaken by what the server learns meanwhile.
const ATTEMPTS_MAX: usize = 100;
/// The code of such an answer.
const CONTENT_MODIFIED: i32 = -32801;

pub(crate) struct Server {
    child: Child,
    input: ChildStdin,
    inbox: Receiver<Value>,
    root: PathBuf,
    log: PathBuf,
    last_id: u64,
    version: u64,
    /// What the server last said of its health.
    status: Value,
}

/// The program, or why there is none.
pub(crate) fn program() -> Result<String, String> {
    let program = std::env::var("RUST_ANALYZER").unwrap_or_else(|_| "rust-analyzer".to_owned());
    match Command::new(&program).arg("--version").output() {
        Ok(output) if output.status.success() => Ok(program),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().next().unwrap_or("it says nothing").to_owned();
            Err(format!("`{program} --version` fails: {said}"))
        }
        Err(error) => Err(format!("`{program}` cannot be run: {error}")),
    }
}

impl Server {
    /// Starts `program` on the crate in `root`, and waits until it knows the crate.
    pub(crate) fn start(program: &str, root: &Path, target: &Path) -> Self {
        let log = root.join("server.log");
        let mut child = Command::new(program)
            .current_dir(root)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (outbox, inbox) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Ok(message) = read(&mut output) {
                if outbox.send(message).is_err() {
                    break;
                }
            }
        });
        let root = root.to_owned();
        let mut server =
            Self { child, input, inbox, root, log, last_id: 0, version: 0, status: Value::Null };
        server.initialize();
        server
    }

    fn initialize(&mut self) {
        let root = format!("file://{}", self.root.display());
        let answer = self.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": root,
                "capabilities": {
                    "general": { "positionEncodings": ["utf-8"] },
                    "workspace": {
                        "configuration": true,
                        "workspaceEdit": { "documentChanges": true },
                    },
                    "textDocument": { "diagnostic": {}, "rename": { "prepareSupport": true } },
                    "experimental": { "serverStatusNotification": true },
                },
                "initializationOptions": {
                    "procMacro": { "enable": true },
                    "cargo": { "buildScripts": { "enable": true } },
                    "cachePriming": { "enable": false },
                    "checkOnSave": false,
                },
            }),
        );
        assert!(answer.is_ok(), "{answer:?}\n{}", self.said());
        self.write(&json!({ "method": "initialized", "params": {} }));
        let until = Instant::now() + LOADING_MAX;
        while self.status["quiescent"] != json!(true) {
            self.next_message(until);
        }
        assert_eq!(self.status["health"], json!("ok"), "{}\n{}", self.status, self.said());
    }

    /// Opens the file with `text` in it, or changes it to that.
    pub(crate) fn show(&mut self, text: &str) {
        self.version += 1;
        let (uri, version) = (self.uri(), self.version);
        if version == 1 {
            let document =
                json!({ "uri": uri, "languageId": "rust", "version": version, "text": text });
            self.notify("textDocument/didOpen", json!({ "textDocument": document }));
        } else {
            let document = json!({ "uri": uri, "version": version });
            let changes = json!([{ "text": text }]);
            let params = json!({ "textDocument": document, "contentChanges": changes });
            self.notify("textDocument/didChange", params);
        }
    }

    /// The file that is asked about.
    pub(crate) fn uri(&self) -> String {
        format!("file://{}", self.root.join(FILE).display())
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({ "method": method, "params": params }));
    }

    /// The result, or the error.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        for _ in 0..ATTEMPTS_MAX {
            match self.request_once(method, params) {
                Err(error) if error["code"] == json!(CONTENT_MODIFIED) => {}
                answer => return answer,
            }
        }
        panic!("rust-analyzer does not come to rest:\n{}", self.said());
    }

    fn request_once(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        self.last_id += 1;
        let id = json!(self.last_id);
        self.write(&json!({ "id": id, "method": method, "params": params }));
        let until = Instant::now() + ANSWER_MAX;
        loop {
            let Some(mut message) = self.next_message(until) else { continue };
            if message["id"] != id {
                continue;
            }
            return match message.get("error") {
                Some(error) => Err(error.clone()),
                None => Ok(message["result"].take()),
            };
        }
    }

    /// The next answer. What else comes is dealt with.
    fn next_message(&mut self, until: Instant) -> Option<Value> {
        let patience = until.saturating_duration_since(Instant::now());
        let Ok(message) = self.inbox.recv_timeout(patience) else {
            panic!("rust-analyzer ended or fell silent ({}):\n{}", self.status, self.said());
        };
        match (message.get("id"), message["method"].as_str()) {
            (Some(id), Some(method)) => {
                let items = message["params"]["items"].as_array().map_or(0, Vec::len);
                let result = match method {
                    "workspace/configuration" => json!(vec![Value::Null; items]),
                    _ => Value::Null,
                };
                self.write(&json!({ "id": id, "result": result }));
                None
            }
            (None, Some("experimental/serverStatus")) => {
                self.status = message["params"].clone();
                None
            }
            (None, _) => None,
            (Some(_), None) => Some(message),
        }
    }

    fn write(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        let written = write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len());
        let written = written.and_then(|()| self.input.flush());
        assert!(written.is_ok(), "rust-analyzer has ended:\n{}", self.said());
    }

    /// What the process said on its error output.
    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to save; an error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == "\r\n" {
            break;
        }
        if let Some(number) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}
