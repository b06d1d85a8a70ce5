//! A node of a flowchart: `A`, `A[Text]`, `A((Text))`, `A@{ shape: circle }`, `[*]`.

use super::cursor::Cursor;
use super::entity;
use super::error::ParseError;

/// A node as it is written at one place.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) id: String,
    pub(super) text: Option<String>,
    /// Its shape, if this place gives one.
    pub(super) shape: Option<Shape>,
}

/// The shapes that mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A circle or a stadium: may be a start or an end.
    Round,
    /// A double circle: an end, or a state that is final.
    Double,
    /// Anything else.
    Plain,
}

/// How a shape begins, how it may end, and what it is. A longer beginning stands first.
const SHAPES: [(&str, &[&str], Shape); 12] = [
    ("(((", &[")))"], Shape::Double),
    ("((", &["))"], Shape::Round),
    ("([", &["])"], Shape::Round),
    ("(", &[")"], Shape::Plain),
    ("[[", &["]]"], Shape::Plain),
    ("[(", &[")]"], Shape::Plain),
    ("[/", &["/]", "\\]"], Shape::Plain),
    ("[\\", &["\\]", "/]"], Shape::Plain),
    ("[", &["]"], Shape::Plain),
    ("{{", &["}}"], Shape::Plain),
    ("{", &["}"], Shape::Plain),
    (">", &["]"], Shape::Plain),
];

/// Reads a node.
pub(super) fn read(at: &mut Cursor<'_>) -> Result<Written, ParseError> {
    if at.eat("[*]") {
        return Ok(Written { id: "[*]".to_owned(), text: None, shape: None });
    }
    let id = id(at);
    if id.is_empty() {
        return Err(at.unexpected("a node"));
    }
    let mut node = Written { id: id.to_owned(), text: None, shape: None };
    if at.starts_with("@{") {
        attributes(&mut node, at)?;
    } else {
        shape(&mut node, at)?;
    }
    if at.eat(":::") {
        at.take_while(|c| c.is_alphanumeric() || c == '_' || c == '-');
    }
    Ok(node)
}

/// A word; a single `-` or `.` may be inside, where it is not the beginning of an arrow.
fn id<'t>(at: &mut Cursor<'t>) -> &'t str {
    let rest = at.rest();
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '?' | '!' | '$' | '*');
    let mut length = 0;
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let inside = matches!(c, '-' | '.') && length > 0;
        if !(letter(c) || inside && chars.peek().is_some_and(|next| letter(*next))) {
            break;
        }
        length += c.len_utf8();
    }
    at.skip(length);
    &rest[..length]
}

fn shape(node: &mut Written, at: &mut Cursor<'_>) -> Result<(), ParseError> {
    let start = *at;
    let Some((open, closes, shape)) = SHAPES.iter().find(|(open, ..)| at.starts_with(open)) else {
        return Ok(());
    };
    at.skip(open.len());
    at.skip_blanks();
    let text = if at.eat("\"") {
        let Some(text) = at.take_until("\"") else { return Err(start.unclosed("the quote", "\"")) };
        at.take_while(char::is_whitespace);
        if !closes.iter().any(|close| at.eat(close)) {
            return Err(at.unexpected("what closes the node's shape"));
        }
        text
    } else {
        let end = |close: &&str| at.rest().find(close).map(|end| (end, close.len()));
        let Some((end, length)) = closes.iter().filter_map(end).min() else {
            return Err(start.unclosed("the node's shape", closes[0]));
        };
        let text = &at.rest()[..end];
        at.skip(end + length);
        text
    };
    node.text = Some(plain(text));
    node.shape = Some(*shape);
    Ok(())
}

/// A text without entities and without the backticks that mark Markdown.
pub(super) fn plain(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix('`').and_then(|text| text.strip_suffix('`')).unwrap_or(text);
    crate::label::on_one_line(&entity::mermaid(text))
}

/// `@{ shape: circle, label: "Text" }`.
fn attributes(node: &mut Written, at: &mut Cursor<'_>) -> Result<(), ParseError> {
    let start = *at;
    at.skip("@{".len());
    loop {
        at.take_while(|c| c.is_whitespace() || c == ',');
        if at.eat("}") {
            return Ok(());
        }
        let key = at.take_while(|c| c.is_alphanumeric() || c == '-' || c == '_');
        at.take_while(char::is_whitespace);
        if key.is_empty() || !at.eat(":") {
            return Err(start.unclosed("the node's `@{`", "}"));
        }
        at.take_while(char::is_whitespace);
        let value = if at.eat("\"") {
            at.take_until("\"").ok_or_else(|| start.unclosed("the quote", "\""))?
        } else {
            at.take_while(|c| c != ',' && c != '}' && c != '\n').trim()
        };
        match key {
            "label" => node.text = Some(plain(value)),
            "shape" => node.shape = Some(named(value)),
            _ => {}
        }
    }
}

fn named(shape: &str) -> Shape {
    match shape {
        "circle" | "circ" | "sm-circ" | "small-circle" | "start" | "f-circ" | "filled-circle"
        | "junction" | "stadium" | "terminal" | "pill" => Shape::Round,
        "dbl-circ" | "double-circle" | "fr-circ" | "framed-circle" | "stop" => Shape::Double,
        _ => Shape::Plain,
    }
}
