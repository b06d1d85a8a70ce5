//! What an editor makes of the attributes: it finds what each word means, renames it everywhere,
//! and shows a mistake once, at its token.
//!
//! rust-analyzer is asked, about a crate that is thrown away. Without it the test is skipped.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

#[path = "editor/meaning.rs"]
mod meaning;
#[path = "editor/rename.rs"]
mod rename;
#[path = "editor/server.rs"]
mod server;
#[path = "editor/text.rs"]
mod text;

use meaning::Word;
use server::{FILE, Server};
use text::{Place, Text};

const SAMPLE: &str = include_str!("editor/sample.rs");

/// A line of the sample, what is written wrong in it and how, and what the editor says there.
const MISTAKES: [(&str, &str, &str, &str); 3] = [
    ("#[after(90d", "Closed", "Closd", "did you mean `Closed`?"),
    ("#[fsm(initial", "initial", "initail", "did you mean `initial`?"),
    ("#[enter(of(Packing", "Packing", "Pakcing", "did you mean `Packing`?"),
];

#[test]
fn an_editor_understands_the_attributes() {
    let program = match server::program() {
        Ok(program) => program,
        Err(why) => return skip(&why),
    };
    let directory = sample_crate();
    let root = directory.path().canonicalize().unwrap();
    // What the crate is built from stays built from one run to the next.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    let mut server = Server::start(&program, &root, &target);
    server.show(SAMPLE);
    let text = Text::new(SAMPLE);
    let words = meaning::words(&text);
    assert!(words.len() > 150, "the search lost its way: {words:?}");

    let mut faults: Vec<String> = diagnostics(&mut server)
        .iter()
        .map(|found| format!("found in the sample: {found}"))
        .collect();
    jumps(&mut server, &words, &mut faults);
    given_names(&mut server, &text, &mut faults);
    let declared = text.declared.iter();
    let renamings = declared
        .map(|(name, place)| rename::check(&mut server, name, *place, &words, &mut faults))
        .collect();
    mistakes(&mut server, &mut faults);
    drop(server);
    let programs = rename::renamed(SAMPLE, renamings);
    faults.extend(rename::compile(&programs, &root, &target));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Says that the test did nothing, past the test harness, which would keep it to itself.
fn skip(why: &str) {
    std::io::stderr().write_all(format!("SKIPPED editor: {why}\n").as_bytes()).unwrap();
}

/// A crate with the sample, and with the versions that this workspace has locked.
fn sample_crate() -> TempDir {
    let workspace: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let core = workspace.join("fsm-core");
    let manifest = format!(
        "[package]\nname = \"sample\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         fsm-core = {{ path = {core:?}, default-features = false, features = [\"derive\"] }}\n"
    );
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::create_dir(root.join("src")).unwrap();
    fs::write(root.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    fs::write(root.join(FILE), SAMPLE).unwrap();
    directory
}

/// What the editor underlines.
fn diagnostics(server: &mut Server) -> Vec<Value> {
    let params = json!({ "textDocument": { "uri": server.uri() } });
    let report = server.request("textDocument/diagnostic", &params).unwrap();
    let found = report["items"].as_array().cloned().unwrap_or_default();
    // 1 is an error, 2 a warning; what is less is a hint.
    found.into_iter().filter(|found| found["severity"].as_u64() < Some(3)).collect()
}

/// Where the editor jumps to from `column` of the word at `place`: file and place.
fn jump(server: &mut Server, place: Place, column: usize) -> BTreeSet<(String, Place)> {
    let params = json!({
        "textDocument": { "uri": server.uri() },
        "position": { "line": place.line, "character": place.column + column },
    });
    let found = server.request("textDocument/definition", &params).unwrap();
    let found = found.as_array().cloned().unwrap_or_default();
    let places = found.iter().map(|found| {
        let uri = found["uri"].as_str().unwrap().to_owned();
        (uri, Place::read(&found["range"]["start"]))
    });
    places.collect()
}

fn shown(places: &BTreeSet<(String, Place)>) -> String {
    let shown = places.iter().map(|(uri, place)| {
        let file: Vec<_> = uri.rsplit('/').take(3).collect();
        let file: Vec<_> = file.into_iter().rev().collect();
        format!("{}:{place}", file.join("/"))
    });
    let shown: Vec<_> = shown.collect();
    if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") }
}

/// Every word leads to where it is declared, and nowhere else, from its first letter and from its
/// middle.
fn jumps(server: &mut Server, words: &[Word], faults: &mut Vec<String>) {
    for word in words {
        let uri = server.uri();
        let expected: BTreeSet<_> =
            word.leads_to.iter().map(|place| (uri.clone(), *place)).collect();
        for column in BTreeSet::from([0, word.text.len() / 2]) {
            let found = jump(server, word.place, column);
            if found != expected {
                let (found, expected) = (shown(&found), shown(&expected));
                let Word { text, place, .. } = word;
                faults.push(format!("{place}: `{text}` leads to {found}, not to {expected}"));
                break;
            }
        }
    }
}

/// `ctx`, `state` and the like come from the derive, so they lead there.
fn given_names(server: &mut Server, text: &Text, faults: &mut Vec<String>) {
    let attributes = text.attributes();
    let tokens = attributes.iter().flat_map(|(tokens, _)| *tokens);
    for token in tokens.filter(|token| meaning::GIVEN.contains(&token.text.as_str())) {
        let found = jump(server, token.place, 0);
        let is_derive = |(uri, place): &(String, Place)| {
            let derive = SAMPLE.lines().nth(place.line).unwrap_or_default();
            uri.ends_with("fsm-derive/src/lib.rs") || derive.starts_with("#[derive(Fsm")
        };
        if found.is_empty() || !found.iter().all(is_derive) {
            let (place, found) = (token.place, shown(&found));
            faults.push(format!("{place}: `{}` leads to {found}", token.text));
        }
    }
}

/// A mistake is shown once, at its token, and gone when it is put right.
fn mistakes(server: &mut Server, faults: &mut Vec<String>) {
    for (start, right, wrong, message) in MISTAKES {
        let is_it = |line: &str| line.trim_start().starts_with(start);
        let number = SAMPLE.lines().position(is_it).unwrap();
        let line = SAMPLE.lines().nth(number).unwrap();
        let place = Place { line: number, column: line.find(right).unwrap() };
        let text = SAMPLE.replace(line, &line.replacen(right, wrong, 1));
        server.show(&text);
        let found = diagnostics(server);
        let is_at_token = |found: &Value| {
            Place::read(&found["range"]["start"]) == place
                && found["message"].as_str().unwrap().contains(message)
        };
        if found.len() != 1 || !is_at_token(&found[0]) {
            let said = |found: &Value| {
                let place = Place::read(&found["range"]["start"]);
                format!("\n    {place}: {}", found["message"])
            };
            let said: String = found.iter().map(said).collect();
            faults.push(format!("{place}: of `{wrong}` the editor says:{said}"));
        }
    }
    server.show(SAMPLE);
    let found = diagnostics(server);
    if !found.is_empty() {
        faults.push(format!("said of mistakes that are put right: {found:?}"));
    }
}
