//! PlantUML's state diagrams.

use super::cursor::{Cursor, Lines};
use super::error::ParseError;
use super::statechart::{Dialect, Statechart, is_command};
use super::{entity, resolve};
use crate::Diagram;

const DIALECT: Dialect = Dialect {
    decode: entity::plantuml,
    arrow,
    letter: |c| c.is_alphanumeric() || c == '_' || c == '.' || c == '?' || c == '!',
    arrows_move: false,
    expected: "a state, an arrow `A --> B : event` or a description `A : text`",
};

/// Commands of a line that say how things look and not what they are.
const LOOKS: [&str; 14] = [
    "skinparam",
    "hide",
    "show",
    "scale",
    "caption",
    "mainframe",
    "left",
    "top",
    "allow_mixing",
    "header",
    "footer",
    "set",
    "center",
    "right",
];

/// Commands of several lines that say nothing of states, and how they end.
const BLOCKS: [(&str, &str); 5] = [
    ("legend", "legend"),
    ("header", "header"),
    ("footer", "footer"),
    ("title", "title"),
    ("<style>", "</style>"),
];

/// Commands of the preprocessor without which the text says the same.
const HARMLESS: [&str; 4] = ["!theme", "!pragma", "!define", "!$"];

/// Reads a state diagram.
pub(super) fn read(text: &str) -> Result<Diagram, ParseError> {
    let mut chart = Statechart::new(&DIALECT);
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next() {
        if line.is_end() || line.starts_with("'") || line.starts_with("@startuml") {
            continue;
        }
        if line.starts_with("@enduml") {
            break;
        }
        if line.starts_with("/'") {
            comment(&line, &mut lines)?;
        } else if line.starts_with("!") {
            preprocessor(&line)?;
        } else if let Some(title) = title(&line) {
            chart.draft.name = title;
        } else if !look(&line, &mut lines)? {
            chart.statement(line, &mut lines)?;
        }
    }
    chart.draft.check_closed("the state's `{`", "}")?;
    resolve::resolve(&chart.draft)
}

/// A comment that begins with the line, in it or over several.
fn comment(line: &Cursor<'_>, lines: &mut Lines<'_>) -> Result<(), ParseError> {
    if line.rest().contains("'/") {
        return Ok(());
    }
    lines.skip_until(line, ("the comment", "'/"), |line| line.ends_with("'/"))
}

fn preprocessor(line: &Cursor<'_>) -> Result<(), ParseError> {
    if HARMLESS.iter().any(|word| line.starts_with(word)) {
        return Ok(());
    }
    let word: String = line.rest().chars().take_while(|c| !c.is_whitespace()).collect();
    Err(line.unsupported(&format!("`{word}`"), "write out what it stands for"))
}

/// The text of a title in one line.
fn title(line: &Cursor<'_>) -> Option<String> {
    let mut at = *line;
    if !is_command(line, "title") || !at.eat_word("title") {
        return None;
    }
    let title = at.rest().trim();
    (!title.is_empty()).then(|| entity::plantuml(title))
}

/// Goes on over what says how things look; whether it was that.
fn look(line: &Cursor<'_>, lines: &mut Lines<'_>) -> Result<bool, ParseError> {
    let text = line.rest().trim_end();
    for (word, close) in BLOCKS {
        let alone = text == word || (word == "legend" && is_command(line, word));
        if alone {
            lines.skip_until(line, ("the block", "end"), |line| {
                let ends = line.trim_start_matches("end").trim_start() == close;
                line == close && close.starts_with('<') || line.starts_with("end") && ends
            })?;
            return Ok(true);
        }
    }
    if !LOOKS.iter().any(|word| is_command(line, word)) {
        return Ok(false);
    }
    if text.starts_with("skinparam") && text.ends_with('{') {
        lines.skip_until(line, ("`skinparam`", "}"), |line| line == "}")?;
    }
    Ok(true)
}

/// `-->`, `->`, `-down->`, `-[#red,dashed]->`, `-le[bold]->`, and the same to the left.
fn arrow(at: &mut Cursor<'_>) -> Option<bool> {
    let mut ahead = *at;
    let is_left = ahead.eat("<");
    if ahead.take_while(|c| c == '-').is_empty() {
        return None;
    }
    for _ in 0..2 {
        if ahead.eat("[") {
            ahead.take_until("]")?;
        }
        ahead.take_while(char::is_alphabetic);
    }
    ahead.take_while(|c| c == '-');
    let is_right = ahead.eat(">");
    if is_left == is_right {
        return None;
    }
    *at = ahead;
    Some(is_left)
}
