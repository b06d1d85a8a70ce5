//! XML by hand: text that is safe in it, and numbers that are short.

use std::fmt::Write as _;

/// The text for an element or an attribute. What XML cannot say at all becomes `U+FFFD`.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // In an attribute they would become blanks.
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The number with at most one digit behind the point.
pub(super) fn number(value: f64) -> String {
    let tenths = (value * 10.0).round();
    let mut text = String::new();
    // Writing to a String cannot fail. Adding zero makes minus zero zero.
    let _ = write!(text, "{}", tenths / 10.0 + 0.0);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_is_text() {
        assert_eq!(escaped("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
        assert_eq!(escaped("a\u{0}b\n"), "a\u{fffd}b&#10;");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(1.0), "1");
        assert_eq!(number(12.345), "12.3");
        assert_eq!(number(-0.01), "0");
    }
}
