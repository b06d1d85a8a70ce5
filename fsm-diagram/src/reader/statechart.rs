//! What Mermaid's state diagrams and PlantUML have in common: states, boxes, arrows, descriptions
//! and notes, a statement a line.

use super::cursor::{Cursor, Lines};
use super::draft::{Draft, End, Kind};
use super::error::ParseError;

/// How a language differs.
pub(super) struct Dialect {
    /// Decodes a label or a text.
    pub(super) decode: fn(&str) -> String,
    /// Reads an arrow, if one stands here: whether it leads to the left.
    pub(super) arrow: fn(&mut Cursor<'_>) -> Option<bool>,
    /// What may be in a state's word.
    pub(super) letter: fn(char) -> bool,
    /// Whether an arrow inside a group has the states it names inside, even if they were named
    /// outside before: so Mermaid draws it, and PlantUML does not.
    pub(super) arrows_move: bool,
    /// What a statement may be, for a message.
    pub(super) expected: &'static str,
}

/// A text that is being read.
pub(super) struct Statechart<'d> {
    pub(super) draft: Draft,
    dialect: &'d Dialect,
}

/// Pseudo states that are no single place to be in.
const REFUSED: [&str; 9] = [
    "fork",
    "join",
    "history",
    "history*",
    "entryPoint",
    "exitPoint",
    "inputPin",
    "outputPin",
    "expansionInput",
];

const REGION: &str = "make each region a machine of its own";

impl<'d> Statechart<'d> {
    pub(super) fn new(dialect: &'d Dialect) -> Self {
        Self { draft: Draft::default(), dialect }
    }

    /// Reads a statement; one of several lines takes them from `lines`.
    pub(super) fn statement(
        &mut self,
        mut at: Cursor<'_>,
        lines: &mut Lines<'_>,
    ) -> Result<(), ParseError> {
        at.skip_blanks();
        let start = at;
        if at.starts_with("--") && at.rest().chars().all(|c| c == '-' || c.is_whitespace())
            || at.rest().trim_end() == "||"
        {
            return Err(at.unsupported("a region beside another", REGION));
        }
        if at.eat("}") {
            if !self.draft.close() {
                return Err(start.unexpected("no `}`, since no state is open here"));
            }
            return self.nothing_more(at);
        }
        if is_command(&at, "state") && at.eat_word("state") {
            return self.declaration(at);
        }
        if is_command(&at, "note") && at.eat_word("note") {
            return note(&start, lines);
        }
        self.arrow_or_description(at)
    }

    fn nothing_more(&mut self, mut at: Cursor<'_>) -> Result<(), ParseError> {
        at.skip_blanks();
        // Mermaid takes `} A --> B` too; nobody writes it.
        if at.is_end() { Ok(()) } else { Err(at.unexpected("the end of the line")) }
    }

    /// `state X`, `state "text" as X`, `state X as "text"`, with `: text`, `<<kind>>`, a colour or
    /// `{` behind.
    fn declaration(&mut self, mut at: Cursor<'_>) -> Result<(), ParseError> {
        at.skip_blanks();
        let start = at;
        let mut text = self.quoted(&mut at)?;
        at.skip_blanks();
        let id = if text.is_none() || at.eat_word("as") {
            at.skip_blanks();
            let id = self.word(&at, "the state's name")?;
            at.skip(id.len());
            id.to_owned()
        } else {
            text.clone().unwrap_or_default()
        };
        at.skip_blanks();
        if text.is_none() && at.eat_word("as") {
            at.skip_blanks();
            text = self.quoted(&mut at)?;
            at.skip_blanks();
        }
        let node = self.draft.node(&id, start.place().0);
        if let Some(text) = text {
            self.draft.nodes[node].text = Some(text);
        }
        self.look(node, &mut at)?;
        if at.eat("{") {
            self.draft.open(&id, &start)?;
            at.skip_blanks();
            if at.eat("}") {
                self.draft.close();
            }
            return self.nothing_more(at);
        }
        if at.eat(":") {
            let text = (self.dialect.decode)(at.rest());
            return self.draft.describe(node, &text, start.place());
        }
        self.nothing_more(at)
    }

    /// What stands behind a name and changes its looks: `<<kind>>`, `#colour`, `:::class`.
    fn look(&mut self, node: usize, at: &mut Cursor<'_>) -> Result<(), ParseError> {
        loop {
            at.skip_blanks();
            let start = *at;
            if at.eat("<<") || at.eat("[[") {
                let close = if start.starts_with("<<") { ">>" } else { "]]" };
                let Some(kind) = at.take_until(close) else {
                    return Err(start.unclosed("`<<` or `[[`", close));
                };
                self.kind(node, kind.trim(), &start)?;
            } else if at.eat(":::") {
                at.take_while(|c| c.is_alphanumeric() || "_-,".contains(c));
            } else if at.starts_with("#") {
                at.take_while(|c| !c.is_whitespace() && c != '{');
            } else {
                return Ok(());
            }
        }
    }

    fn kind(&mut self, node: usize, kind: &str, at: &Cursor<'_>) -> Result<(), ParseError> {
        if kind == "choice" {
            self.draft.nodes[node].kind = Kind::Choice;
        } else if kind == "end" {
            self.draft.nodes[node].is_final = true;
        } else if REFUSED.contains(&kind) {
            return Err(at.unsupported(&format!("`<<{kind}>>`"), REGION));
        }
        Ok(())
    }

    /// A text in quotes, if one begins here.
    fn quoted(&self, at: &mut Cursor<'_>) -> Result<Option<String>, ParseError> {
        let start = *at;
        if !at.eat("\"") {
            return Ok(None);
        }
        match at.take_until("\"") {
            Some(text) => Ok(Some((self.dialect.decode)(text).trim().to_owned())),
            None => Err(start.unclosed("the quote", "\"")),
        }
    }

    fn word<'t>(&self, at: &Cursor<'t>, expected: &'static str) -> Result<&'t str, ParseError> {
        let word = at.clone().take_while(self.dialect.letter);
        if word.is_empty() { Err(at.unexpected(expected)) } else { Ok(word) }
    }

    /// `A --> B : label`, `A : text`, or `A` alone.
    fn arrow_or_description(&mut self, mut at: Cursor<'_>) -> Result<(), ParseError> {
        let start = at;
        let place = start.place();
        let source = self.end(&mut at, self.dialect.expected)?;
        at.skip_blanks();
        if at.is_end() {
            return match source {
                End::Node(_) => Ok(()),
                End::Pseudo => Err(at.unexpected("an arrow `-->`")),
            };
        }
        if let End::Node(node) = source
            && at.eat(":")
        {
            let text = (self.dialect.decode)(at.rest());
            return self.draft.describe(node, &text, place);
        }
        let Some(is_left) = (self.dialect.arrow)(&mut at) else {
            return Err(at.unexpected("an arrow `-->` or a description `: text`"));
        };
        at.skip_blanks();
        let target = self.end(&mut at, "a state, or `[*]`, that the arrow leads to")?;
        let label = if at.eat(":") {
            (self.dialect.decode)(at.rest())
        } else {
            at.skip_blanks();
            if !at.is_end() {
                return Err(at.unexpected("`: label`, or the end of the line"));
            }
            String::new()
        };
        let ends = if is_left { (target, source) } else { (source, target) };
        self.draft.link(ends, &label, false, place)
    }

    /// A state or `[*]`, and what stands behind it before a colon or an arrow.
    fn end(&mut self, at: &mut Cursor<'_>, expected: &'static str) -> Result<End, ParseError> {
        if at.eat("[*]") {
            if at.eat(":::") {
                at.take_while(|c| c.is_alphanumeric() || c == '_' || c == '-');
            }
            at.skip_blanks();
            return Ok(End::Pseudo);
        }
        let start = *at;
        let line = start.place().0;
        let node = if at.eat("[H]") || at.eat("[H*]") {
            let Some(group) = self.draft.scope() else {
                return Err(start.unexpected("a state: `[H]` is for the inside of one"));
            };
            group
        } else if let Some(text) = self.quoted(at)? {
            self.named(&text, line)
        } else {
            let id = self.word(at, expected)?;
            at.skip(id.len());
            // History: what the group remembers is the machine's to know.
            let _ = at.eat("[H]") || at.eat("[H*]");
            self.named(id, line)
        };
        self.look(node, at)?;
        Ok(End::Node(node))
    }

    /// The state that an arrow names.
    fn named(&mut self, id: &str, line: usize) -> usize {
        if self.dialect.arrows_move {
            self.draft.node(id, line)
        } else {
            self.draft.mention(id, line)
        }
    }
}

/// Whether the line begins with this word as a command, and not as the name of a state.
pub(super) fn is_command(at: &Cursor<'_>, word: &str) -> bool {
    let mut at = *at;
    if !at.eat_word(word) {
        return false;
    }
    at.skip_blanks();
    !at.starts_with("-") && !at.starts_with("<-") && !at.starts_with(":")
}

/// A note: in a line if it has a colon or is a quote with a name, else until its end.
fn note(start: &Cursor<'_>, lines: &mut Lines<'_>) -> Result<(), ParseError> {
    let text = start.rest();
    let quoted = text["note".len()..].trim_start().starts_with('"');
    if quoted || text.replace(":::", "").contains(':') {
        return Ok(());
    }
    lines.skip_until(start, ("the note", "end note"), |line| {
        line.eq_ignore_ascii_case("end note") || line.eq_ignore_ascii_case("endnote")
    })
}
