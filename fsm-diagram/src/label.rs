//! What is written on an arrow: `trigger [guard] / action`, each part where there is one.
//!
//! Brackets nest, and brackets in strings and characters do not count, so a guard may be any Rust
//! expression. What does not have this form is all trigger.

use std::fmt::Write as _;

/// The parts of a label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Label {
    /// What stands before the guard.
    pub(crate) trigger: String,
    /// What stands between the brackets.
    pub(crate) guard: Option<String>,
    /// What stands behind the slash.
    pub(crate) action: Option<String>,
    /// Whether there is a slash. In the description of a state it marks an internal row, even if
    /// nothing stands behind it.
    pub(crate) has_slash: bool,
}

/// The parts as one line of text.
pub(crate) fn join(trigger: &str, guard: Option<&str>, action: Option<&str>) -> String {
    let mut text = on_one_line(trigger);
    if let Some(guard) = guard {
        // Writing to a String cannot fail.
        let _ = write!(text, " [{}]", on_one_line(guard));
    }
    if let Some(action) = action {
        let _ = write!(text, " / {}", on_one_line(action));
    }
    text.trim().to_owned()
}

/// The text with every line break made a blank, and without blanks around it.
pub(crate) fn on_one_line(text: &str) -> String {
    let text = text.trim();
    text.chars().map(|c| if c.is_control() || is_line_break(c) { ' ' } else { c }).collect()
}

const fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// The label's text in its parts.
pub(crate) fn split(text: &str) -> Label {
    let text = text.trim();
    let Some((at, found)) = first_part(text) else {
        return Label { trigger: text.to_owned(), ..Label::default() };
    };
    let trigger = text[..at].trim().to_owned();
    let (guard, rest) = match found {
        Part::Guard { end } => (stated(&text[at + 1..end]), text[end + 1..].trim_start()),
        Part::Action => (None, &text[at..]),
    };
    let action = rest.strip_prefix('/');
    Label { trigger, guard, action: action.and_then(stated), has_slash: action.is_some() }
}

/// Text that says something.
fn stated(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

enum Part {
    /// A guard, whose bracket is closed at `end`.
    Guard {
        end: usize,
    },
    Action,
}

/// Where the trigger ends, and what comes there.
fn first_part(text: &str) -> Option<(usize, Part)> {
    let mut depth = 0_usize;
    let tokens = Tokens { text, at: 0, is_open: false };
    for (at, c) in tokens {
        match c {
            '[' if depth == 0 && is_apart(&text[..at]) => {
                if let Some(end) = closing(text, at).filter(|end| is_end(&text[end + 1..])) {
                    return Some((at, Part::Guard { end }));
                }
                depth += 1;
            }
            '/' if depth == 0 && is_apart(&text[..at]) => return Some((at, Part::Action)),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Whether a guard or an action may begin behind this: `after LIMITS[0]` and `after 60/2` are
/// triggers, and `Coin[open]/count()` has three parts.
fn is_apart(before: &str) -> bool {
    before.is_empty() || before.ends_with(char::is_whitespace) || is_word(before)
}

/// Whether a guard may end before this.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('/')
}

/// Whether the text is a single word, as an event's name is.
fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '?' | '!' | '#'))
}

/// Where the bracket that is opened at `open` is closed.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let tokens = Tokens { text, at: open, is_open: false };
    for (at, c) in tokens {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (c == ']').then_some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The beginnings of what a text consists of: strings, characters in quotes, and characters.
struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// Whether a string was found that does not end; the quotes behind it are no strings then.
    is_open: bool,
}

impl Iterator for Tokens<'_> {
    type Item = (usize, char);

    fn next(&mut self) -> Option<(usize, char)> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        let literal = match first {
            '"' if !self.is_open => {
                let string = string(rest);
                self.is_open = string.is_none();
                string
            }
            '\'' => character(rest),
            _ => None,
        };
        let at = self.at;
        self.at += literal.unwrap_or(first.len_utf8());
        Some((at, first))
    }
}

/// The length of a string, its quotes included; `None` if it does not end.
fn string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a character in quotes; `None` for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        // `'\u{1F600}'` is the longest.
        return chars.take(10).find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String) {
        let label = split(text);
        (label.trigger, label.guard.unwrap_or_default(), label.action.unwrap_or_default())
    }

    fn three(trigger: &str, guard: &str, action: &str) -> (String, String, String) {
        (trigger.to_owned(), guard.to_owned(), action.to_owned())
    }

    #[test]
    fn a_label_has_three_parts() {
        assert_eq!(parts("Coin"), three("Coin", "", ""));
        assert_eq!(parts("Coin [open] / count()"), three("Coin", "open", "count()"));
        assert_eq!(parts("Coin[open]/count()"), three("Coin", "open", "count()"));
        assert_eq!(parts("to_s1?/x"), three("to_s1?", "", "x"));
        assert_eq!(parts("[open]"), three("", "open", ""));
        assert_eq!(parts("/ count()"), three("", "", "count()"));
        assert_eq!(parts(""), three("", "", ""));
    }

    #[test]
    fn brackets_nest() {
        assert_eq!(parts("Coin [a[0] == b] / x(c[1])"), three("Coin", "a[0] == b", "x(c[1])"));
        assert_eq!(parts("Coin [a == ']'] / x"), three("Coin", "a == ']'", "x"));
        assert_eq!(parts("Coin [a == \"]\\\"]\"]"), three("Coin", "a == \"]\\\"]\"", ""));
        assert_eq!(parts("Coin [f::<'a>(b)]"), three("Coin", "f::<'a>(b)", ""));
        assert_eq!(parts("Coin [a / b > 1]"), three("Coin", "a / b > 1", ""));
    }

    #[test]
    fn a_duration_is_any_expression() {
        assert_eq!(parts("after 30s [late]"), three("after 30s", "late", ""));
        assert_eq!(parts("after LIMITS[0] / x"), three("after LIMITS[0]", "", "x"));
        assert_eq!(parts("after (60 / 2) / x"), three("after (60 / 2)", "", "x"));
        assert_eq!(parts("after 60/2 [late]"), three("after 60/2", "late", ""));
    }

    #[test]
    fn what_is_not_closed_is_trigger() {
        assert_eq!(parts("Coin [open"), three("Coin [open", "", ""));
        assert_eq!(parts("Coin [open] and more"), three("Coin [open] and more", "", ""));
        assert_eq!(parts("Coin ]("), three("Coin ](", "", ""));
    }

    #[test]
    fn a_slash_alone_is_remembered() {
        assert!(split("Push /").has_slash);
        assert!(split("Push [late] /").has_slash);
        assert!(!split("Push [late]").has_slash);
        assert_eq!(parts("Push /"), three("Push", "", ""));
    }
}
