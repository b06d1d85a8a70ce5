//! What is wrong with a text that should be a diagram.

use std::fmt::{self, Display, Formatter};

/// Why a text is not read as a diagram. Lines and columns are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// There is nothing in the text.
    Empty,
    /// Neither a header nor an arrow tells what language this is.
    UnknownLanguage {
        /// The line of the first text.
        line: usize,
        /// Its column.
        column: usize,
        /// What stands there.
        found: String,
    },
    /// Something else should stand here.
    Unexpected {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// Something is opened here and never closed.
    Unclosed {
        /// The line where it is opened.
        line: usize,
        /// The column where it is opened.
        column: usize,
        /// What is opened.
        opened: &'static str,
        /// What would close it.
        close: &'static str,
    },
    /// The language has this, and a state machine has not.
    Unsupported {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What it is.
        what: String,
        /// The way out.
        instead: &'static str,
    },
    /// An arrow leads to a group, and nothing says in which of its states it ends.
    GroupWithoutInitial {
        /// The line of the arrow.
        line: usize,
        /// The column of the arrow.
        column: usize,
        /// The group's name.
        group: String,
    },
    /// The diagram is larger than any table.
    TooLarge {
        /// The line where it becomes so.
        line: usize,
        /// The column.
        column: usize,
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },
}

impl ParseError {
    /// The line it is about, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.place().0
    }

    /// The column it is about, in characters, counted from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.place().1
    }

    /// The error as a line of text that begins with the file's name, the line and the column.
    ///
    /// ```
    /// use fsm_diagram::Diagram;
    ///
    /// let error = Diagram::parse("stateDiagram-v2\n  A --> B\n  A ==> B").unwrap_err();
    /// let text = error.in_file("order.mmd").to_string();
    /// assert!(text.starts_with("`order.mmd`:3:5: expected an arrow `-->`"), "{text}");
    /// ```
    pub fn in_file<'a>(&'a self, file: &'a str) -> impl Display + 'a {
        InFile { error: self, file }
    }

    const fn place(&self) -> (usize, usize) {
        match self {
            Self::Empty => (1, 1),
            Self::UnknownLanguage { line, column, .. }
            | Self::Unexpected { line, column, .. }
            | Self::Unclosed { line, column, .. }
            | Self::Unsupported { line, column, .. }
            | Self::GroupWithoutInitial { line, column, .. }
            | Self::TooLarge { line, column, .. } => (*line, *column),
        }
    }

    fn sentence(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "there is no diagram: begin with `stateDiagram-v2`, `flowchart TD` or `@startuml`",
            ),
            Self::UnknownLanguage { found, .. } => write!(
                f,
                "no language that is read here begins with {found}: begin with \
                 `stateDiagram-v2`, `flowchart TD` or `@startuml`",
            ),
            Self::Unexpected { found, expected, .. } => {
                write!(f, "expected {expected}, found {found}")
            }
            Self::Unclosed { opened, close, .. } => {
                write!(f, "{opened} is never closed: add `{close}`")
            }
            Self::Unsupported { what, instead, .. } => {
                write!(f, "{what} cannot be part of a state machine here: {instead}")
            }
            Self::GroupWithoutInitial { group, .. } => write!(
                f,
                "the arrow leads to the group `{group}`, which does not say where it begins: \
                 give it a start inside, or draw the arrow to one of its states",
            ),
            Self::TooLarge { what, limit, .. } => {
                write!(f, "the diagram has more than {limit} {what}: split it")
            }
        }
    }
}

impl Display for ParseError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (line, column) = self.place();
        write!(f, "line {line}, column {column}: ")?;
        self.sentence(f)
    }
}

impl std::error::Error for ParseError {}

struct InFile<'a> {
    error: &'a ParseError,
    file: &'a str,
}

impl Display for InFile<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (line, column) = self.error.place();
        write!(f, "`{}`:{line}:{column}: ", self.file)?;
        self.error.sentence(f)
    }
}

/// The beginning of what was found, for a message.
pub(super) fn excerpt(text: &str) -> String {
    const LENGTH_MAX: usize = 32;
    let line = text.lines().next().unwrap_or("").trim();
    if line.is_empty() {
        return "the end of the line".to_owned();
    }
    let short: String = line.chars().take(LENGTH_MAX).collect();
    let dots = if short.len() < line.len() { "..." } else { "" };
    format!("`{short}{dots}`")
}
