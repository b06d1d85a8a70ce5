//! Characters that are written by their number or name.

/// The names that are read; `num` and `semi` are for those who write `#` and `;` in Mermaid.
const NAMES: [(&str, char); 16] = [
    ("amp", '&'),
    ("apos", '\''),
    ("bsol", '\\'),
    ("colon", ':'),
    ("gt", '>'),
    ("lbrace", '{'),
    ("lpar", '('),
    ("lsqb", '['),
    ("lt", '<'),
    ("nbsp", ' '),
    ("num", '#'),
    ("quot", '"'),
    ("rbrace", '}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("semi", ';'),
];

/// Mermaid's text: `#35;`, `#quot;` and HTML's `&quot;` decoded, line breaks made blanks.
pub(super) fn mermaid(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let found = match c {
            '#' => coded(&rest[1..]).map(|(c, length)| (c, length + 1)),
            '&' => {
                let number = rest[1..].starts_with('#');
                let from = if number { 2 } else { 1 };
                coded(&rest[from..]).map(|(c, length)| (c, length + from))
            }
            '<' => line_break(rest).map(|length| (' ', length)),
            '\\' if rest.starts_with("\\n") => Some((' ', 2)),
            _ => None,
        };
        let (c, length) = found.unwrap_or((c, c.len_utf8()));
        decoded.push(c);
        rest = &rest[length..];
    }
    decoded
}

/// PlantUML's text: `&#35;` and `<U+0023>` decoded, line breaks made blanks.
pub(super) fn plantuml(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let found = match c {
            '&' if rest.starts_with("&#") => coded(&rest[2..]).map(|(c, length)| (c, length + 2)),
            '<' => unicode(rest).or_else(|| line_break(rest).map(|length| (' ', length))),
            '\\' if rest.starts_with("\\n") => Some((' ', 2)),
            _ => None,
        };
        let (c, length) = found.unwrap_or((c, c.len_utf8()));
        decoded.push(c);
        rest = &rest[length..];
    }
    decoded
}

/// How long the entity is that follows a `#` or `&`, if there is one: `35;`, `x23;` or `num;`.
pub(super) fn length(text: &str) -> Option<usize> {
    coded(text).map(|(_, length)| length)
}

fn coded(text: &str) -> Option<(char, usize)> {
    const LENGTH_MAX: usize = 10;
    let end = text.bytes().take(LENGTH_MAX).position(|byte| byte == b';')?;
    let word = &text[..end];
    let named = NAMES.iter().find(|(name, _)| *name == word).map(|(_, c)| *c);
    let c = match word.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok().and_then(char::from_u32),
        None => word.parse::<u32>().ok().and_then(char::from_u32),
    };
    // A line break would end what an entity is there to keep.
    let c = named.or(c).map(|c| if c.is_control() { ' ' } else { c })?;
    Some((c, end + 1))
}

/// `<U+0023>`.
fn unicode(text: &str) -> Option<(char, usize)> {
    const DIGITS_MAX: usize = 6;
    let digits = text.strip_prefix("<U+")?;
    let end = digits.bytes().take(DIGITS_MAX + 1).position(|byte| byte == b'>')?;
    let c = u32::from_str_radix(&digits[..end], 16).ok().and_then(char::from_u32)?;
    Some((if c.is_control() { ' ' } else { c }, end + 4))
}

/// `<br>`, `<br/>` or `<br />`.
fn line_break(text: &str) -> Option<usize> {
    ["<br>", "<br/>", "<br />"].iter().find(|tag| text.starts_with(**tag)).map(|tag| tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded() {
        assert_eq!(
            mermaid("a#58;#58;b #lt;c#gt; #35;d &amp;e &#42; &x; #;"),
            "a::b <c> #d &e * &x; #;"
        );
        assert_eq!(mermaid("a<br/>b\\nc#10;d"), "a b c d");
        assert_eq!(mermaid("#99999999; #xD800; #"), "#99999999; #xD800; #");
        assert_eq!(plantuml("&#42;a <U+005C>n b\\nc &amp; #35;"), "*a \\n b c &amp; #35;");
        assert_eq!(plantuml("<U+> <U+é> <U+0000005C>"), "<U+> <U+é> <U+0000005C>");
    }
}
