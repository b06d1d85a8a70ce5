//! Renaming: what rust-analyzer would edit, and whether the program compiles with it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::meaning::{Shorthand, Word};
use crate::server::Server;
use crate::text::Place;

/// A piece of text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    start: Place,
    end: Place,
    text: String,
}

impl Edit {
    fn reaches(&self, word: &Word) -> bool {
        let end = word.place.column + word.text.len();
        let line = word.place.line;
        self.start.line == line
            && self.start.column <= word.place.column
            && self.end == Place { line, column: end }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// A name of its own, spelt as names of its kind are.
pub(crate) fn new_name(word: &str) -> String {
    if word.starts_with(char::is_uppercase) {
        format!("Other{word}")
    } else {
        format!("other_{word}")
    }
}

/// What is edited when the word at `place` becomes `name`, in order.
pub(crate) fn edits(server: &mut Server, place: Place, name: &str) -> Result<Vec<Edit>, String> {
    let uri = server.uri();
    let params = json!({
        "textDocument": { "uri": uri },
        "position": { "line": place.line, "character": place.column },
        "newName": name,
    });
    let answer = server.request("textDocument/rename", &params);
    let answer = answer.map_err(|error| error["message"].to_string())?;
    let mut edits = Vec::new();
    for change in answer["documentChanges"].as_array().into_iter().flatten() {
        if change["textDocument"]["uri"] != json!(uri) {
            return Err(format!("another file is changed: {change}"));
        }
        for edit in change["edits"].as_array().into_iter().flatten() {
            let place = |end: &str| Place::read(&edit["range"][end]);
            let text = edit["newText"].as_str().unwrap_or_default().to_owned();
            edits.push(Edit { start: place("start"), end: place("end"), text });
        }
    }
    edits.sort();
    Ok(edits)
}

/// Renames what is declared at `place` from every word that means it and nothing else: all must
/// edit the same, and reach every word that means it.
pub(crate) fn check(
    server: &mut Server,
    name: &str,
    place: Place,
    words: &[Word],
    faults: &mut Vec<String>,
) -> Vec<Edit> {
    let word = name.rsplit("::").next().unwrap();
    let new = new_name(word);
    let meant = |word: &&Word| word.leads_to.contains(&place);
    let first = match edits(server, place, &new) {
        Ok(edits) => edits,
        Err(error) => {
            faults.push(format!("`{name}` cannot be renamed: {error}"));
            return Vec::new();
        }
    };
    for word in words.iter().filter(meant) {
        if !first.iter().any(|edit| edit.reaches(word)) {
            faults.push(format!("{}: renaming `{name}` does not reach it", word.place));
        }
    }
    for word in words.iter().filter(meant).filter(|word| word.shorthand.is_none()) {
        match edits(server, word.place, &new) {
            Ok(edits) if word.leads_to.len() > 1 || edits == first => {}
            Ok(edits) => {
                let missing = first.iter().filter(|edit| !edits.contains(edit)).count();
                let message = format!("`{name}`, renamed here, stays in {missing} places");
                faults.push(format!("{}: {message}", word.place));
            }
            Err(error) => faults.push(format!("{}: `{name}`: {error}", word.place)),
        }
    }
    written_out(first, place, word, words)
}

/// In what a macro reads, rust-analyzer renames `{ weight }` as it stands, although only the field
/// or only the variable has a new name. A person has to write it out, and so does this.
fn written_out(mut edits: Vec<Edit>, place: Place, old: &str, words: &[Word]) -> Vec<Edit> {
    for edit in &mut edits {
        let word = words.iter().find(|word| edit.reaches(word));
        let new = &edit.text;
        match word.and_then(|word| word.shorthand) {
            Some(Shorthand::Fills(field)) if field != place => edit.text = format!("{old}: {new}"),
            Some(_) => edit.text = format!("{new}: {old}"),
            None => {}
        }
    }
    edits
}

/// As few texts as hold all renamings such that none disturbs another.
pub(crate) fn renamed(text: &str, renamings: Vec<Vec<Edit>>) -> Vec<String> {
    let mut groups: Vec<Vec<Edit>> = Vec::new();
    for edits in renamings {
        let overlaps = |group: &Vec<Edit>| {
            group.iter().any(|edit| edits.iter().any(|other| edit.overlaps(other)))
        };
        match groups.iter_mut().find(|group| !overlaps(group)) {
            Some(group) => group.extend(edits),
            None => groups.push(edits),
        }
    }
    groups.into_iter().map(|edits| applied(text, edits)).collect()
}

fn applied(text: &str, mut edits: Vec<Edit>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    edits.sort();
    for edit in edits.iter().rev() {
        lines[edit.start.line].replace_range(edit.start.column..edit.end.column, &edit.text);
    }
    lines.join("\n")
}

/// What rustc has against these programs, each of which is put into the crate.
pub(crate) fn compile(programs: &[String], root: &Path, target: &Path) -> Vec<String> {
    let binaries = root.join("src/bin");
    fs::create_dir(&binaries).unwrap();
    for (number, program) in programs.iter().enumerate() {
        let program = format!("{program}\n\nfn main() {{}}\n");
        fs::write(binaries.join(format!("renamed_{number}.rs")), program).unwrap();
    }
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=short"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    if output.status.success() {
        return Vec::new();
    }
    let said = String::from_utf8(output.stderr).unwrap();
    let errors = said.lines().filter(|line| line.contains("error")).map(|line| {
        let place = line.split(':').nth(1).and_then(|number| number.parse::<usize>().ok());
        let file = line.split(&['_', '.'][..]).nth(1).and_then(|number| number.parse().ok());
        let program: Option<&String> = file.and_then(|file: usize| programs.get(file));
        let text = program.and_then(|program| program.lines().nth(place? - 1)).unwrap_or("");
        format!("{line}\n    {}", text.trim())
    });
    errors.collect()
}
