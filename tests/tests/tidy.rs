//! The rules of `STYLE.md` that a program can check.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::fs;
use std::path::{Path, PathBuf};

const LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const COLUMNS_MAX: usize = 100;
const VAGUE: [&str; 8] =
    ["utils", "util", "helpers", "helper", "common", "inner", "types", "manager"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Every Rust file of ours, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    assert!(found.len() > 20, "the walk lost its way: {found:?}");
    found
}

fn collect(directory: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !name.starts_with("target") {
            collect(&path, found);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
        }
    }
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") && !path.starts_with("tests/bench")
}

/// The lines before the unit tests.
fn code(text: &str) -> Vec<&str> {
    text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).collect()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn files_are_short() {
    let mut faults = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !is_test(path)) {
        let lines = code(text).len();
        if lines > LINES_MAX {
            faults.push(format!("{}: {lines} lines, {LINES_MAX} allowed", path.display()));
        }
    }
    report(&faults);
}

fn is_function(start: &str) -> bool {
    let visible = ["pub ", "pub(crate) ", "pub(super) "];
    let start = visible.iter().find_map(|prefix| start.strip_prefix(prefix)).unwrap_or(start);
    let start = ["const ", "async "].iter().find_map(|w| start.strip_prefix(w)).unwrap_or(start);
    start.starts_with("fn ")
}

/// Whether a line opens a body.
fn ends_open(line: &str) -> bool {
    line.ends_with('{')
}

#[test]
fn functions_are_short() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        // rustfmt puts the closing brace of a function at the indentation of its first line.
        let mut open: Option<(usize, usize, &str)> = None;
        for (number, line) in text.lines().enumerate() {
            let indentation = line.len() - line.trim_start().len();
            let start = line.trim_start();
            if open.is_none() && is_function(start) {
                open = Some((number, indentation, start));
            }
            let Some((first, at, name)) = open else { continue };
            let declared_only = line.ends_with(';') && indentation <= at + 4 && number < first + 10;
            let one_line = first == number && line.ends_with('}');
            if one_line || (indentation == at && start.starts_with('}')) {
                let lines = number - first + 1;
                if lines > FUNCTION_LINES_MAX {
                    faults.push(format!("{}:{}: {lines} lines: {name}", path.display(), first + 1));
                }
                open = None;
            } else if declared_only && !text.lines().skip(first).take(number - first).any(ends_open)
            {
                open = None;
            }
        }
    }
    report(&faults);
}

#[test]
fn lines_are_short() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > COLUMNS_MAX {
                faults.push(format!("{}:{}: {columns} columns", path.display(), number + 1));
            }
        }
    }
    report(&faults);
}

#[test]
fn names_say_what_is_inside() {
    let mut faults = Vec::new();
    for (path, _) in sources() {
        for part in path.iter().filter_map(|part| Path::new(part).file_stem()) {
            if VAGUE.iter().any(|vague| part == *vague) {
                faults.push(format!("{}: `{}`", path.display(), part.to_string_lossy()));
            }
        }
    }
    report(&faults);
}

#[test]
fn every_module_says_what_it_is() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let is_ui_case = path.iter().any(|part| part == "ui");
        if !is_ui_case && !text.starts_with("//!") {
            faults.push(format!("{}: does not begin with `//!`", path.display()));
        }
    }
    report(&faults);
}

#[test]
fn lints_are_expected_not_allowed() {
    let mut faults = Vec::new();
    // Generated code must be silent whatever the user's lints are, so the macro does emit them.
    let ours = sources();
    for (path, text) in ours.iter().filter(|(path, _)| !path.starts_with("fsm-derive")) {
        for (number, line) in text.lines().enumerate() {
            let attribute =
                ["#[allow", "#![allow"].iter().any(|word| line.trim_start().starts_with(word));
            if attribute {
                faults.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    report(&faults);
}

#[test]
fn tests_do_not_sleep() {
    let mut faults = Vec::new();
    // This file names what it looks for; a kill at a moment that nothing knows of is a wait.
    let exempt =
        [Path::new("tests/tests/tidy.rs"), Path::new("examples/loans/tests/program/kill.rs")];
    for (path, text) in
        sources().iter().filter(|(path, _)| is_test(path) && !exempt.contains(&path.as_path()))
    {
        for (number, line) in text.lines().enumerate() {
            if line.contains("sleep(") {
                faults.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    report(&faults);
}
