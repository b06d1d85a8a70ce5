//! `docs/peers.md` and `docs/derive.md` say what the files say that they speak of.

use std::fs;
use std::path::{Path, PathBuf};

const MACHINES: [&str; 3] = ["turnstile", "order", "call"];

/// Each library as the pages call it, and its sources.
const LIBRARIES: [(&str, &str); 6] = [
    ("fsm", "tests/fsm/{}.rs"),
    ("statig 0.4.1", "tests/statig/{}.rs"),
    ("smlang 0.8.0", "tests/smlang/{}.rs"),
    ("rust-fsm 0.8.0", "tests/rust_fsm/{}.rs"),
    ("XState 5.33.3", "xstate/src/{}.test.ts"),
    ("Finitomata 0.41.0", "finitomata/lib/{}.ex"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between the marks of a source file; the whole file if it has none.
fn declaration(library: &str, machine: &str) -> String {
    let (_, place) = LIBRARIES.iter().find(|(name, _)| *name == library).expect("it is listed");
    let text = read(Path::new("tests/peers").join(place.replace("{}", machine)));
    let marked = text.split_once("// >>> declaration\n").map(|(_, behind)| {
        let (marked, _) = behind.split_once("// <<< declaration").expect("the marks are a pair");
        marked.to_owned()
    });
    marked.unwrap_or(text)
}

/// The lines that count: not blank, no comment, no import.
fn lines(declaration: &str) -> usize {
    let is_comment = |line: &str| ["//", "# "].iter().any(|mark| line.trim().starts_with(mark));
    let is_import = |line: &str| ["use ", "import "].iter().any(|word| line.starts_with(word));
    let counts = |line: &&str| !line.trim().is_empty() && !is_comment(line) && !is_import(line);
    declaration.lines().filter(counts).count()
}

/// A declaration on the page: its title, its text.
struct Shown {
    title: String,
    text: String,
}

/// What `docs/peers.md` shows, in its order.
fn shown() -> Vec<Shown> {
    let mut shown = Vec::new();
    let (mut title, mut text) = (String::new(), None);
    for line in read("docs/peers.md").lines() {
        let heading = line.strip_prefix("### ");
        let summary = line.strip_prefix("<summary>").and_then(|it| it.strip_suffix("</summary>"));
        if text.is_none()
            && let Some(words) = heading.or(summary)
        {
            title = words.to_owned();
        }
        text = match text {
            None => line.starts_with("```").then(String::new),
            Some(text) if line == "```" => {
                shown.push(Shown { title: title.clone(), text });
                None
            }
            Some(text) => Some(text + line + "\n"),
        };
    }
    shown
}

#[test]
fn the_page_shows_what_ran() {
    let shown = shown();
    let expected: Vec<_> = MACHINES
        .iter()
        .flat_map(|machine| LIBRARIES.map(|(library, _)| (library, *machine)))
        .collect();
    assert_eq!(shown.len(), expected.len());
    for (shown, (library, machine)) in shown.iter().zip(expected) {
        let declaration = declaration(library, machine);
        assert_eq!(shown.title, format!("{library}, {} lines", lines(&declaration)), "{machine}");
        assert!(
            shown.text.trim() == declaration.trim(),
            "the {machine} of {library} is not the one that ran; it is shown as\n{}",
            shown.text
        );
    }
}

#[test]
fn every_declaration_links_to_its_file() {
    let page = read("docs/peers.md");
    for (library, place) in LIBRARIES {
        for machine in MACHINES {
            let link = format!("](../tests/peers/{})", place.replace("{}", machine));
            assert_eq!(page.matches(&link).count(), 1, "{library}: {link}");
        }
    }
}

/// The cells of a row of a table, without the bars around them.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\u{0}");
    row.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

#[test]
fn the_lines_are_counted() {
    let page = read("docs/derive.md");
    for machine in MACHINES {
        let start = format!("| {machine} |");
        let row = page.lines().find(|line| line.starts_with(&start)).expect("it has a row");
        let numbers = cells(row).into_iter().skip(1);
        let counted: Vec<_> =
            LIBRARIES.map(|(library, _)| lines(&declaration(library, machine))).into();
        let shown: Vec<usize> = numbers
            .map(|cell| {
                cell.split(',').next().and_then(|number| number.parse().ok()).expect("a number")
            })
            .collect();
        assert_eq!(shown, counted, "{machine}");
    }
}

#[test]
fn the_tables_name_the_versions_that_ran() {
    let locked = read("Cargo.lock");
    let package = read("tests/peers/xstate/package.json");
    let project = read("tests/peers/finitomata/mix.exs");
    let header = LIBRARIES.map(|(library, _)| library).join(" | ");
    assert!(read("docs/derive.md").contains(&header), "{header}");
    for (library, _) in &LIBRARIES[1..] {
        let (name, version) = library.split_once(' ').expect("a name and a version");
        let runs = match name {
            "XState" => package.contains(&format!("\"xstate\": \"{version}\"")),
            "Finitomata" => project.contains(&format!("{{:finitomata, \"== {version}\"}}")),
            _ => locked.contains(&format!("name = \"{name}\"\nversion = \"{version}\"")),
        };
        assert!(runs, "{library} is not what runs");
    }
}

/// The text without its line breaks and margins.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_messages_are_those_of_the_compiler() {
    let page = read("docs/derive.md");
    let rows = page
        .lines()
        .filter(|line| line.contains("](../fsm-derive/tests/ui/"))
        .filter(|line| line.starts_with("| ["));
    let mut checked = 0;
    for row in rows {
        let [mistake, message] = <[String; 2]>::try_from(cells(row)).expect("two cells");
        let (_, case) = mistake.split_once("](../").expect("a link to its case");
        let case = case.trim_end_matches(')');
        let output = read(case.replace(".rs", ".stderr"));
        assert!(
            flat(&output).contains(&flat(&message)),
            "{case} does not say\n{message}\nbut\n{output}"
        );
        assert!(root().join(case).is_file(), "{case}");
        checked += 1;
    }
    assert!(checked > 30, "the search finds {checked} rows only");
    let shown =
        page.split("```text\n").find(|block| block.starts_with("error")).expect("an example");
    let (shown, _) = shown.split_once("```").expect("an end");
    assert_eq!(shown.trim(), read("fsm-derive/tests/ui/targets/unknown_target.stderr").trim());
}

/// What GitHub calls a heading in a link.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    for page in ["docs/derive.md", "docs/peers.md"] {
        let text = read(page);
        let headings = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| line.starts_with('#'));
            lines.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
        };
        // A link is written on a line of text: code has no `](`.
        let links = text.lines().flat_map(|line| line.split("](").skip(1));
        let mut checked = 0;
        for link in links.filter_map(|link| link.split_once(')')).map(|(link, _)| link) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = root().join("docs").join(file);
            assert!(target.exists(), "{page}: {link}");
            if !place.is_empty() {
                let linked = if file.is_empty() { text.clone() } else { read(target) };
                assert!(headings(&linked).iter().any(|each| each == place), "{page}: {link}");
            }
            checked += 1;
        }
        assert!(checked > 15, "{page}: the search finds {checked} links only");
    }
}

#[test]
fn the_picture_is_the_one_that_was_drawn() {
    let page = read("docs/derive.md");
    let (before, picture) = page.split_once("```mermaid\n").expect("a picture");
    let (picture, _) = picture.split_once("```").expect("its end");
    assert!(before.contains(&format!("table.mermaid(), \"\\\n{picture}\");")), "{picture}");
}
