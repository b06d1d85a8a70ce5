//! Every mistake has a case in `tests/ui/<theme>/<mistake>.rs`, and one error, at its token.

use std::fs;
use std::path::Path;

#[test]
fn every_mistake_is_one_error_at_its_token() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
}

/// The rules are listed in the function `check` of each file of `src/check`.
#[test]
fn every_rule_has_its_case() {
    let mut rules = 0;
    for theme in ["graph", "rows", "states", "targets"] {
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
    assert!(rules > 10, "found only {rules} rules");
}
