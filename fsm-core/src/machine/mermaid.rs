//! A table as a Mermaid state diagram.

use std::fmt::Write as _;

use super::table::{Row, Table};

/// `table` as a `stateDiagram-v2`: initial states first, then the rows in table order, then the
/// final states.
pub(super) fn render(table: &Table) -> String {
    let mut text = String::from("stateDiagram-v2\n");
    for state in table.states.iter().filter(|state| state.initial) {
        line(&mut text, "[*]", state.name, "");
    }
    for row in table.rows {
        let source = table.state(row.source).name;
        let target = table.state(row.target.unwrap_or(row.source)).name;
        line(&mut text, source, target, &label(table, row));
    }
    for state in table.states.iter().filter(|state| state.is_final) {
        line(&mut text, state.name, "[*]", "");
    }
    text
}

fn line(text: &mut String, source: &str, target: &str, label: &str) {
    let colon = if label.is_empty() { "" } else { " : " };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "    {source} --> {target}{colon}{label}");
}

fn label(table: &Table, row: &Row) -> String {
    let mut label = String::from(table.event(row.event));
    if let Some(guard) = row.guard {
        let _ = write!(label, " [{guard}]");
    }
    if let Some(action) = row.action {
        let _ = write!(label, " / {action}");
    }
    escape(&label)
}

/// Mermaid ends a label at a semicolon or a line break and reads `#` as the start of an entity.
fn escape(label: &str) -> String {
    let mut escaped = String::with_capacity(label.len());
    for c in label.chars() {
        match c {
            '#' => escaped.push_str("#35;"),
            ';' => escaped.push_str("#59;"),
            ':' => escaped.push_str("#58;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '\n' | '\r' => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
