//! A place in the text, and the steps a reader takes from there.

use super::error::{self, ParseError};

/// A place in a text of one or more lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// The line and the column that the text begins with.
    first: (usize, usize),
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str, first_line: usize) -> Self {
        Self { text, at: 0, first: (first_line, 1) }
    }

    /// Forgets what was read, so that [`place`](Self::place) need not count from the beginning.
    pub(super) fn forget(&mut self) {
        *self = Self { text: self.rest(), at: 0, first: self.place() };
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The same place, in a text that ends where `rest`, a tail of it, begins.
    pub(super) fn until(self, rest: &str) -> Self {
        let end = self.text.len().saturating_sub(rest.len()).max(self.at);
        Self { text: self.text.get(..end).unwrap_or(self.text), ..self }
    }

    pub(super) fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn starts_with(&self, what: &str) -> bool {
        self.rest().starts_with(what)
    }

    /// Goes on by a number of bytes that ends between two characters.
    pub(super) fn skip(&mut self, bytes: usize) {
        let at = self.at.saturating_add(bytes).min(self.text.len());
        if self.text.is_char_boundary(at) {
            self.at = at;
        }
    }

    /// Goes on over `what`, if it stands here.
    pub(super) fn eat(&mut self, what: &str) -> bool {
        let found = self.starts_with(what);
        if found {
            self.at += what.len();
        }
        found
    }

    /// Goes on over the word, if it stands here and ends here.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let next = self.rest().strip_prefix(word);
        let found =
            next.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        if found {
            self.at += word.len();
        }
        found
    }

    /// What stands here as long as it is accepted.
    pub(super) fn take_while(&mut self, mut accept: impl FnMut(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// What stands before `end`, and goes on behind it; `None` if it does not come.
    pub(super) fn take_until(&mut self, end: &str) -> Option<&'a str> {
        let (found, _) = self.rest().split_once(end)?;
        self.at += found.len() + end.len();
        Some(found)
    }

    /// What stands in this line from here.
    pub(super) fn take_line(&mut self) -> &'a str {
        self.take_while(|c| c != '\n')
    }

    /// Goes on over blanks, but not over the end of the line.
    pub(super) fn skip_blanks(&mut self) {
        self.take_while(|c| c.is_whitespace() && c != '\n');
    }

    /// The line and the column.
    pub(super) fn place(&self) -> (usize, usize) {
        let before = &self.text[..self.at];
        let (line, column) = self.first;
        match before.rsplit_once('\n') {
            None => (line, column + before.chars().count()),
            Some((above, here)) => {
                (line + 1 + above.matches('\n').count(), here.chars().count() + 1)
            }
        }
    }

    /// Something else should stand here.
    pub(super) fn unexpected(&self, expected: &'static str) -> ParseError {
        let (line, column) = self.place();
        ParseError::Unexpected { line, column, found: error::excerpt(self.rest()), expected }
    }

    pub(super) fn unclosed(&self, opened: &'static str, close: &'static str) -> ParseError {
        let (line, column) = self.place();
        ParseError::Unclosed { line, column, opened, close }
    }

    pub(super) fn unsupported(&self, what: &str, instead: &'static str) -> ParseError {
        let (line, column) = self.place();
        ParseError::Unsupported { line, column, what: what.to_owned(), instead }
    }
}

/// The lines of a text, each as a cursor on its first character that is no blank.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { lines: text.lines().enumerate() }
    }

    /// Goes on over Mermaid's front matter, if the text begins with it; the title in it.
    pub(super) fn front_matter(&mut self) -> Option<String> {
        let mut lines = self.clone();
        if lines.next()?.rest().trim_end() != "---" {
            return None;
        }
        let mut title = None;
        for line in lines.by_ref() {
            let text = line.rest().trim_end();
            if text == "---" {
                *self = lines;
                return title;
            }
            if let Some(stated) = text.strip_prefix("title:") {
                let stated = stated.trim();
                title = Some(stated.trim_matches(['"', '\'']).to_owned());
            }
        }
        None
    }

    /// Goes on until a line that ends what began at `from`.
    pub(super) fn skip_until(
        &mut self,
        from: &Cursor<'_>,
        what: (&'static str, &'static str),
        ends: impl Fn(&str) -> bool,
    ) -> Result<(), ParseError> {
        let closed = self.by_ref().any(|line| ends(line.rest().trim_end()));
        if closed { Ok(()) } else { Err(from.unclosed(what.0, what.1)) }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Cursor<'a>;

    fn next(&mut self) -> Option<Cursor<'a>> {
        let (number, line) = self.lines.next()?;
        let mut cursor = Cursor::new(line, number + 1);
        cursor.skip_blanks();
        Some(cursor)
    }
}
