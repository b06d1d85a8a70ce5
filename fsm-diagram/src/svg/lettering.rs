//! Texts that fit: how wide a text may become at most, and how it is shortened and broken.
//!
//! The picture names no font file, so widths are estimated from above: they hold for the widest of
//! the usual sans-serif families (Verdana, DejaVu Sans).

use crate::Edge;
use crate::label::join;

/// The size of a state's name.
pub(super) const NAME_SIZE: f64 = 14.0;
/// The size of everything else.
pub(super) const TEXT_SIZE: f64 = 12.0;
/// From one line of text to the next.
pub(super) const LINE_HEIGHT: f64 = 16.0;

/// Characters in a line of a label: about the width of a state with a long name.
const LABEL_CHARS_MAX: usize = 30;

/// The greatest width that a text may have.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// The greatest width of a text in semi-bold.
pub(super) fn bold_width(text: &str, size: f64) -> f64 {
    width(text, size) * 1.12
}

/// The width of a character in ems.
const fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.40,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' | '"' | '\\' => 0.48,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.04,
        '<' | '>' | '=' | '+' | '&' | '#' | '~' | '^' | '*' | 'A'..='Z' => 0.84,
        ' '..='~' => 0.66,
        '\u{0}'..='\u{1f}' => 0.84,
        '\u{7f}'..='\u{36f}' => 0.92,
        '\u{370}'..='\u{10ff}' => 1.0,
        // Ideographs, emoji, arrows and whatever a fallback font makes of the rest.
        _ => 1.4,
    }
}

/// The text, cut with an ellipsis if it has more characters than that.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The text, cut with an ellipsis until it is no wider than that.
pub(super) fn fitted(text: &str, size: f64, width_max: f64) -> String {
    let mut chars = text.chars().count();
    let mut fitted = text.to_owned();
    while chars > 1 && bold_width(&fitted, size) > width_max {
        chars -= 1;
        fitted = shortened(text, chars);
    }
    fitted
}

/// All that a row says, on one line.
pub(super) fn full(edge: &Edge) -> String {
    join(&edge.trigger, edge.guard.as_deref(), edge.action.as_deref())
}

/// A row's label as it is drawn: a line if it is short, and otherwise its parts on lines of their
/// own, each shortened.
pub(super) fn lines(edge: &Edge) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts(edge) {
        match lines.last_mut() {
            Some(line) if fits(line, &part) => {
                line.push(' ');
                line.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines.iter().map(|line| shortened(line, LABEL_CHARS_MAX)).collect()
}

fn fits(line: &str, part: &str) -> bool {
    line.chars().count() + 1 + part.chars().count() <= LABEL_CHARS_MAX
}

fn parts(edge: &Edge) -> Vec<String> {
    let parts = [
        join(&edge.trigger, None, None),
        join("", edge.guard.as_deref(), None),
        join("", None, edge.action.as_deref()),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(trigger: &str, guard: &str, action: &str) -> Edge {
        let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Edge {
            trigger: trigger.to_owned(),
            guard: stated(guard),
            action: stated(action),
            ..Edge::default()
        }
    }

    #[test]
    fn a_short_label_is_one_line_and_a_long_one_is_its_parts() {
        assert_eq!(lines(&edge("Pay", "enough", "take()")), ["Pay [enough] / take()"]);
        assert_eq!(
            lines(&edge("Pay", "covers(amount, due)", "capture(amount)")),
            ["Pay [covers(amount, due)]", "/ capture(amount)"]
        );
        assert_eq!(lines(&edge("", "", "")), [""; 0]);
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        let long = lines(&edge(&"x".repeat(80), "", ""));
        assert_eq!(long.len(), 1);
        assert_eq!(long[0].chars().count(), LABEL_CHARS_MAX);
        assert!(long[0].ends_with('…'));
        assert_eq!(fitted("Negotiating", 12.0, 1e9), "Negotiating");
        assert!(bold_width(&fitted("Negotiating", 12.0, 60.0), 12.0) <= 60.0);
    }
}
