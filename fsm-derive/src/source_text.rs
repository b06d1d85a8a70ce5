//! Tokens as the text the user wrote, on one line.
//!
//! The spaces are the user's own: two tokens that touch in the source touch here, and whatever
//! lies between two others, blanks or a line break, becomes one blank. Where positions are
//! not to be had, such as in code that another macro wrote, a few rules of thumb place the blanks.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

/// The text of `tokens`.
pub(crate) fn source_text(tokens: TokenStream) -> String {
    let mut pieces = Vec::new();
    collect(tokens, &mut pieces);
    let mut text = String::new();
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 && !touches(&pieces[i - 1], piece) {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    text
}

/// A token without parts.
struct Piece {
    text: String,
    /// Where it starts and ends, if that is known.
    place: Option<(Position, Position)>,
    /// Whether the next token belongs to the same operator or lifetime.
    joint: bool,
}

/// Line and column.
type Position = (usize, usize);

fn collect(tokens: TokenStream, pieces: &mut Vec<Piece>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect_group(&group, pieces),
            TokenTree::Punct(punct) => {
                let joint = punct.spacing() == Spacing::Joint;
                let (text, place) = (punct.as_char().to_string(), place(punct.span()));
                push(Piece { text, place, joint }, pieces);
            }
            other => {
                let (text, place) = (other.to_string(), place(other.span()));
                push(Piece { text, place, joint: false }, pieces);
            }
        }
    }
}

fn collect_group(group: &Group, pieces: &mut Vec<Piece>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => return collect(group.stream(), pieces),
    };
    // A group that a parser has put together again has one span, that of the whole.
    let whole = place(group.span());
    let first = whole.map(|((line, column), _)| ((line, column), (line, column + 1)));
    let last = whole.map(|(_, (line, column))| ((line, column - 1), (line, column)));
    pieces.push(Piece { text: open.to_owned(), place: first, joint: false });
    collect(group.stream(), pieces);
    pieces.push(Piece { text: close.to_owned(), place: last, joint: false });
}

/// Adds a piece, or what is missing to the operator or lifetime before it.
fn push(piece: Piece, pieces: &mut Vec<Piece>) {
    match pieces.last_mut() {
        Some(last) if last.joint => {
            last.text.push_str(&piece.text);
            last.place = last.place.zip(piece.place).map(|((start, _), (_, end))| (start, end));
            last.joint = piece.joint;
        }
        _ => pieces.push(piece),
    }
}

fn place(span: Span) -> Option<(Position, Position)> {
    if !proc_macro::is_available() {
        return None;
    }
    let (start, end) = (span.unwrap().start(), span.unwrap().end());
    let (start, end) = ((start.line(), start.column()), (end.line(), end.column()));
    // An editor's macro server knows no positions, and puts everything in the same place.
    (start < end).then_some((start, end))
}

fn touches(left: &Piece, right: &Piece) -> bool {
    match (left.place, right.place) {
        // In the source the right one stands behind the left one; otherwise a macro moved them.
        (Some((_, end)), Some((start, _))) if end <= start => end == start,
        _ => touches_usually(&left.text, &right.text),
    }
}

fn touches_usually(left: &str, right: &str) -> bool {
    let is_name = |text: &str| text.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    match (left, right) {
        ("(" | "[" | "." | "!" | "&" | "::", _) => true,
        (_, ")" | "]" | "," | ";" | "." | "?" | ":" | "::") => true,
        (left, "(" | "[" | "!") => is_name(left),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn without_positions_the_usual_spaces_are_used() {
        assert_eq!(source_text(quote!(covers(amount, due))), "covers(amount, due)");
        assert_eq!(source_text(quote!(!a.is_empty() && b[0] == c)), "!a.is_empty() && b[0] == c");
        assert_eq!(source_text(quote!(Pay { amount, .. })), "Pay { amount, .. }");
    }
}
