//! Mermaid's state diagrams.

use super::cursor::{Cursor, Lines};
use super::error::ParseError;
use super::statechart::{Dialect, Statechart, is_command};
use super::{entity, resolve};
use crate::Diagram;

const DIALECT: Dialect = Dialect {
    decode: entity::mermaid,
    arrow,
    letter: |c| !c.is_whitespace() && !":-{};\"<,".contains(c),
    arrows_move: true,
    expected: "a state, an arrow `A --> B : event` or a description `A : text`",
};

/// Lines that say how things look and not what they are.
const LOOKS: [&str; 8] =
    ["classDef", "class", "style", "linkStyle", "click", "scale", "hide", "direction"];

/// Reads a state diagram.
pub(super) fn read(text: &str) -> Result<Diagram, ParseError> {
    let mut chart = Statechart::new(&DIALECT);
    let mut lines = Lines::new(text);
    chart.draft.name = lines.front_matter().unwrap_or_default();
    let mut headed = false;
    while let Some(line) = lines.next() {
        if line.starts_with("%%{") && !line.rest().contains("}%%") {
            lines.skip_until(&line, ("the directive", "}%%"), |line| line.contains("}%%"))?;
            continue;
        }
        if line.starts_with("accDescr") && line.rest().trim_end().ends_with('{') {
            lines.skip_until(&line, ("`accDescr`", "}"), |line| line.ends_with('}'))?;
            continue;
        }
        if line.is_end() || line.starts_with("%%") || is_accessible(&line) {
            continue;
        }
        for mut statement in statements(line) {
            statement.skip_blanks();
            if !headed {
                headed = true;
                let _ = statement.eat("stateDiagram-v2") || statement.eat("stateDiagram");
                statement.skip_blanks();
            }
            let is_look = LOOKS.iter().any(|word| is_command(&statement, word));
            if !statement.is_end() && !is_look {
                chart.statement(statement, &mut lines)?;
            }
        }
    }
    chart.draft.check_closed("the state's `{`", "}")?;
    resolve::resolve(&chart.draft)
}

fn is_accessible(line: &Cursor<'_>) -> bool {
    let mut line = *line;
    let found = line.eat("accTitle") || line.eat("accDescr");
    line.skip_blanks();
    found && line.starts_with(":")
}

/// The statements of a line: they end at a semicolon that is not an entity's and not in quotes.
fn statements(line: Cursor<'_>) -> Vec<Cursor<'_>> {
    let text = line.rest();
    let mut found = Vec::new();
    let (mut statement, mut at) = (line, 0);
    let mut may_quote = true;
    while let Some(c) = text[at..].chars().next() {
        let length = match c {
            '"' if may_quote => {
                let end = text[at + 1..].find('"');
                may_quote = end.is_some();
                end.map_or(1, |end| end + 2)
            }
            '#' | '&' => {
                let number = usize::from(c == '&' && text[at + 1..].starts_with('#'));
                entity::length(&text[at + 1 + number..]).map_or(1, |length| length + 1 + number)
            }
            other => other.len_utf8(),
        };
        if c == ';' {
            found.push(statement.until(&text[at..]));
            statement.skip(statement.rest().len() - text[at + 1..].len());
            statement.forget();
        }
        at += length;
    }
    found.push(statement);
    found
}

fn arrow(at: &mut Cursor<'_>) -> Option<bool> {
    at.eat("-->").then_some(false)
}
