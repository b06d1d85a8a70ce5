//! A Rust file as its words, and where they stand.
//!
//! It knows as much of Rust as the sample needs: strings, characters, comments and attributes.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Line and column, from 0, as LSP counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// A position of LSP.
    pub(crate) fn read(position: &Value) -> Self {
        let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
        Self { line: number("line"), column: number("character") }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line + 1, self.column + 1)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// A word, a number, or one character of punctuation. Strings are `"`.
    pub(crate) text: String,
    pub(crate) place: Place,
    /// The number of the attribute it stands in.
    pub(crate) attribute: Option<usize>,
}

impl Token {
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && self.text != "_"
    }

    pub(crate) fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

pub(crate) struct Text {
    pub(crate) tokens: Vec<Token>,
    /// The places that comments such as `//: Draft total` name, by what they call them.
    pub(crate) declared: BTreeMap<String, Place>,
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        for (line, written) in text.lines().enumerate() {
            let mut rest = written;
            while let Some((token, after)) = next_token(rest) {
                let column = written.len() - rest.trim_start().len();
                let place = Place { line, column };
                tokens.push(Token { text: token.to_owned(), place, attribute: None });
                rest = after;
            }
        }
        mark_attributes(&mut tokens);
        let declared = declared(text, &tokens);
        Self { tokens, declared }
    }

    /// The tokens of each attribute, without its `#[` and `]`, and the word behind it.
    pub(crate) fn attributes(&self) -> Vec<(&[Token], &str)> {
        let mut attributes = Vec::new();
        let mut from = 0;
        while let Some(start) = self.tokens[from..].iter().position(|t| t.attribute.is_some()) {
            let start = from + start;
            let number = self.tokens[start].attribute;
            let inside = |token: &Token| token.attribute == number;
            let end = start + self.tokens[start..].iter().take_while(|t| inside(t)).count();
            let mut behind = self.tokens[end..].iter();
            let owner = behind.find(|token| token.is_word() && token.attribute.is_none());
            let owner = owner.map_or("", |owner| owner.text.as_str());
            attributes.push((&self.tokens[start + 2..end - 1], owner));
            from = end;
        }
        attributes
    }
}

/// The first token of a line, and what stands behind it.
fn next_token(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    if line.is_empty() || line.starts_with("//") {
        return None;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let length = match line.as_bytes()[0] {
        b'"' => {
            let end = 1 + line[1..].find('"').unwrap();
            return Some((&line[..1], &line[end + 1..]));
        }
        b'\'' if line[2..].starts_with('\'') => return Some((&line[..1], &line[3..])),
        _ => line.find(|c| !is_word(c)).unwrap_or(line.len()).max(1),
    };
    Some(line.split_at(length))
}

fn mark_attributes(tokens: &mut [Token]) {
    let (mut number, mut depth) = (0, 0);
    for index in 0..tokens.len() {
        let next = tokens.get(index + 1).map_or("", |next| next.text.as_str());
        match tokens[index].text.as_str() {
            "#" if next == "[" => tokens[index].attribute = Some(number),
            "[" if depth > 0 || index > 0 && tokens[index - 1].text == "#" => depth += 1,
            "]" if depth > 0 => {
                depth -= 1;
                tokens[index].attribute = Some(number);
                number += usize::from(depth == 0);
            }
            _ => {}
        }
        if depth > 0 {
            tokens[index].attribute = Some(number);
        }
    }
}

fn declared(text: &str, tokens: &[Token]) -> BTreeMap<String, Place> {
    let mut declared = BTreeMap::new();
    for (line, written) in text.lines().enumerate() {
        let Some((before, names)) = written.split_once("//: ") else { continue };
        let line = line + usize::from(before.trim().is_empty());
        for name in names.split(' ') {
            let word = name.rsplit("::").next().unwrap();
            let mut there = tokens.iter().filter(|token| token.place.line == line);
            let token = there.find(|token| token.text == word);
            let token = token.unwrap_or_else(|| panic!("line {}: no `{word}`", line + 1));
            let twice = declared.insert(name.to_owned(), token.place);
            assert_eq!(twice, None, "`{name}` is declared twice");
        }
    }
    declared
}
