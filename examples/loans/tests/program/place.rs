//! The program as its users run it, in a directory of its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// A place to run the program in.
pub(crate) struct Place {
    directory: TempDir,
}

/// What a run of the program came to.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The program with these arguments, parted by blanks, not yet run.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loans"));
        command.args(arguments.split_whitespace()).current_dir(self.path());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs it and checks that it was content.
    #[track_caller]
    pub(crate) fn good(&self, arguments: &str) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "loans {arguments}: {}", ran.stderr);
        ran.stdout
    }

    /// Runs it and checks that it ended with this code and said this on standard error.
    #[track_caller]
    pub(crate) fn bad(&self, arguments: &str, code: i32, said: &str) -> Ran {
        let ran = self.run(arguments);
        assert!(ran.stderr.contains(said), "loans {arguments}: {}\n(not: {said})", ran.stderr);
        assert_eq!(ran.code, Some(code), "loans {arguments}: {}", ran.stderr);
        ran
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The number behind the label, in the first line that begins with it.
#[track_caller]
pub(crate) fn number(text: &str, label: &str) -> u64 {
    let mut lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(label));
    let rest = lines.next().unwrap_or_else(|| panic!("no line begins with `{label}`:\n{text}"));
    let number = rest.trim().replace(',', "");
    number.parse().unwrap_or_else(|_| panic!("`{rest}` behind `{label}` is no number:\n{text}"))
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}
