//! An arrow of a flowchart: `-->`, `-.->`, `==>`, with `|label|` behind or `-- label -->`.

use super::cursor::Cursor;
use super::error::ParseError;
use super::node::plain;

/// An arrow as it is written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) label: String,
    pub(super) dotted: bool,
    /// `~~~` puts nodes side by side and is not drawn.
    pub(super) hidden: bool,
}

/// Whether an arrow stands here.
pub(super) fn is_here(at: &Cursor<'_>) -> bool {
    let mut at = *at;
    if ["--", "==", "-.", "~~~"].iter().any(|line| at.starts_with(line)) {
        return true;
    }
    edge_id(&mut at);
    at.take_while(|c| "<ox".contains(c));
    ["--", "==", "-."].iter().any(|line| at.starts_with(line))
}

/// Goes on over the name of an arrow, `e1@`.
fn edge_id(at: &mut Cursor<'_>) {
    let mut ahead = *at;
    ahead.take_while(|c| c.is_alphanumeric() || c == '_');
    if ahead.eat("@") {
        *at = ahead;
    }
}

/// Reads an arrow.
pub(super) fn read(at: &mut Cursor<'_>) -> Result<Written, ParseError> {
    edge_id(at);
    let start = *at;
    if at.starts_with("~~~") {
        at.take_while(|c| c == '~');
        return Ok(Written { label: String::new(), dotted: false, hidden: true });
    }
    if at.eat("<") || at.eat("o") || at.eat("x") {
        return Err(start.unsupported("an arrow with two heads", "draw one arrow each way"));
    }
    let dotted = at.starts_with("-.");
    let stroke = if at.starts_with("==") { '=' } else { '-' };
    line(at, stroke, dotted);
    let mut label = None;
    if !head(at) {
        // `-- text -->`: the text ends where the line goes on.
        let (text, rest) = between(at, stroke, dotted).ok_or_else(|| headless(&start))?;
        label = Some(text);
        *at = rest;
        line(at, stroke, dotted);
        if !head(at) {
            return Err(headless(&start));
        }
    }
    let mut ahead = *at;
    ahead.skip_blanks();
    if label.is_none() && ahead.eat("|") {
        label = Some(barred(&mut ahead)?);
        *at = ahead;
    }
    Ok(Written { label: label.unwrap_or_default(), dotted, hidden: false })
}

fn headless(start: &Cursor<'_>) -> ParseError {
    start.unexpected("an arrow with a head, `-->`")
}

/// The strokes of an arrow.
fn line(at: &mut Cursor<'_>, stroke: char, dotted: bool) {
    at.take_while(|c| c == stroke || (dotted && c == '.'));
}

/// The head of an arrow; a letter is one only if no word begins with it.
fn head(at: &mut Cursor<'_>) -> bool {
    let apart = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let letter = at.rest().strip_prefix(['o', 'x']).is_some_and(apart);
    if at.starts_with(">") || letter {
        at.skip(1);
        return true;
    }
    false
}

/// The label inside an arrow, and where the arrow goes on.
fn between<'t>(at: &Cursor<'t>, stroke: char, dotted: bool) -> Option<(String, Cursor<'t>)> {
    let mut rest = *at;
    rest.skip_blanks();
    if rest.eat("\"") {
        let text = rest.take_until("\"")?;
        rest.skip_blanks();
        return Some((plain(text), rest));
    }
    let text = rest.rest();
    let text = text.lines().next().unwrap_or("");
    let strokes = match (stroke, dotted) {
        (_, true) => ".-",
        ('=', _) => "==",
        _ => "--",
    };
    // The last one that is followed by a head, or the line's only one.
    let end = text.find(&format!("{strokes}>")).or_else(|| text.find(strokes))?;
    let text = text[..end].trim_end_matches([stroke, '.']);
    if text.trim().is_empty() {
        return None;
    }
    rest.skip(text.len());
    Some((plain(text), rest))
}

/// The label between bars, in quotes or bare.
fn barred(at: &mut Cursor<'_>) -> Result<String, ParseError> {
    let start = *at;
    at.skip_blanks();
    let unclosed = || start.unclosed("the label's `|`", "|");
    if at.eat("\"") {
        let text = at.take_until("\"").ok_or_else(|| start.unclosed("the quote", "\""))?;
        at.take_while(char::is_whitespace);
        return if at.eat("|") { Ok(plain(text)) } else { Err(unclosed()) };
    }
    let text = at.take_while(|c| c != '|' && c != '\n');
    if at.eat("|") { Ok(plain(text)) } else { Err(unclosed()) }
}
