//! Every mistake has a case in `tests/ui/<theme>/<mistake>.rs`, and one error, at its token.
//!
//! What the derive says is in `tests/ui/<theme>/<mistake>.stderr`. The cases in `together` are of
//! several mistakes at once, and of one that could be taken for several. Those in `rustc` are of
//! mistakes that rustc finds, in its words, which may change with its version.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_mistake_is_one_error_at_its_token() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
}

/// The rules are listed in the function `check` of each file of `src/check`.
#[test]
fn every_rule_has_its_case() {
    let mut rules = 0;
    for theme in themes() {
        let source = fs::read_to_string(format!("src/check/{theme}.rs")).unwrap();
        let start = source.find("pub(crate) fn check(").unwrap();
        let body = &source[start..start + source[start..].find("\n}").unwrap()];
        for line in body.lines().skip(1) {
            let Some(rule) = line.trim().strip_suffix(", diagnostics);") else {
                continue;
            };
            let name = rule.split('(').next().unwrap();
            let case = format!("tests/ui/{theme}/{name}.rs");
            assert!(Path::new(&case).exists(), "the rule `{name}` has no case {case}");
            rules += 1;
        }
    }
    assert!(rules > 35, "found only {rules} rules");
}

/// Several mistakes give several errors in `together`, and each row of a diagram that drifted is
/// one.
#[test]
fn every_other_case_is_one_error() {
    for case in cases() {
        let said = case.with_extension("stderr");
        let text = fs::read_to_string(&said);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", said.display()));
        let errors = text.lines().filter(|line| line.starts_with("error")).count();
        let warnings = text.lines().filter(|line| line.starts_with("warning")).count();
        let is_together = case.parent().unwrap().ends_with("together")
            || case.ends_with("diagram_that_drifted.rs");
        assert_eq!(warnings, 0, "{} warns", case.display());
        assert!(errors == 1 || is_together, "{} is {errors} errors", case.display());
        let lines: Vec<_> = text.lines().collect();
        let blames_derive =
            lines.windows(2).any(|pair| pair[0].contains("#[derive(Fsm") && pair[1].contains('^'));
        assert!(!blames_derive, "{} blames the derive", case.display());
    }
}

/// All files of rules, but for `limits`, whose mistakes rustc would need minutes to read.
fn themes() -> impl Iterator<Item = String> {
    let names = entries("src/check")
        .into_iter()
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()));
    names.filter(|name| name != "mod" && name != "limits")
}

fn cases() -> impl Iterator<Item = PathBuf> {
    let files = entries("tests/ui").into_iter().flat_map(entries);
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
}

fn entries(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the tests run in the crate's folder");
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}
