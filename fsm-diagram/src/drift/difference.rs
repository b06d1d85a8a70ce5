//! One disagreement, and the sentence that says it.

use std::fmt::{self, Display, Formatter};

/// A disagreement between the code and a document. States and rows are given by their place in the
/// code's diagram and by their names; lines are the document's, 0 where it was not read from text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// A state of the code is not in the document.
    StateMissing {
        /// The code's state.
        state: usize,
        /// Its name.
        name: String,
        /// A state of the document that the code has not, with a similar name.
        suggestion: Option<String>,
    },
    /// A state of the document is not in the code.
    StateExtra {
        /// Its name.
        name: String,
        /// Where the document names it first.
        line: usize,
        /// A state of the code with a similar name.
        suggestion: Option<String>,
    },
    /// The document does not start where the code does.
    InitialMissing {
        /// The code's state.
        state: usize,
        /// Its name.
        name: String,
    },
    /// The document starts where the code does not.
    InitialExtra {
        /// The code's state.
        state: usize,
        /// Its name.
        name: String,
        /// Where the document names the state first.
        line: usize,
    },
    /// A state that is final in the code is not in the document.
    FinalMissing {
        /// The code's state.
        state: usize,
        /// Its name.
        name: String,
    },
    /// A state that is final in the document is not in the code.
    FinalExtra {
        /// The code's state.
        state: usize,
        /// Its name.
        name: String,
        /// Where the document names the state first.
        line: usize,
    },
    /// A row of the code is not in the document.
    EdgeMissing {
        /// The code's row.
        edge: usize,
        /// The row in a few words.
        row: String,
        /// An arrow of the document that is no row, and that may be this one, with its line.
        suggestion: Option<(String, usize)>,
    },
    /// An arrow of the document is not a row of the code.
    EdgeExtra {
        /// The arrow in a few words.
        row: String,
        /// Its line.
        line: usize,
        /// A row of the code that may be meant.
        suggestion: Option<String>,
    },
    /// The document states another guard.
    Guard {
        /// The code's row.
        edge: usize,
        /// The row in a few words.
        row: String,
        /// The code's guard.
        code: Option<String>,
        /// The document's guard.
        document: String,
        /// The arrow's line.
        line: usize,
    },
    /// The document states another action.
    Action {
        /// The code's row.
        edge: usize,
        /// The row in a few words.
        row: String,
        /// The code's action.
        code: Option<String>,
        /// The document's action.
        document: String,
        /// The arrow's line.
        line: usize,
    },
}

impl Difference {
    /// The line of the document, if it is about something that stands there.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        let line = match self {
            Self::StateMissing { .. }
            | Self::InitialMissing { .. }
            | Self::FinalMissing { .. }
            | Self::EdgeMissing { .. } => 0,
            Self::StateExtra { line, .. }
            | Self::InitialExtra { line, .. }
            | Self::FinalExtra { line, .. }
            | Self::EdgeExtra { line, .. }
            | Self::Guard { line, .. }
            | Self::Action { line, .. } => *line,
        };
        if line == 0 { None } else { Some(line) }
    }

    /// The sentence with the file's name in front, and the line if there is one.
    pub fn in_file<'a>(&'a self, file: &'a str) -> impl Display + 'a {
        InFile { difference: self, file }
    }
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::StateMissing { name, suggestion, .. } => {
                write!(f, "the state `{name}` is not in the diagram")?;
                match suggestion {
                    None => Ok(()),
                    Some(suggestion) => write!(f, ": did you mean it by `{suggestion}`?"),
                }
            }
            Self::StateExtra { name, suggestion, .. } => {
                write!(f, "`{name}` is not a state of the machine")?;
                meant(f, suggestion.as_deref())
            }
            Self::InitialMissing { name, .. } => {
                write!(f, "the machine starts in `{name}`, and the diagram does not show it")
            }
            Self::InitialExtra { name, .. } => {
                write!(f, "the diagram starts in `{name}`, and the machine does not")
            }
            Self::FinalMissing { name, .. } => {
                write!(f, "the state `{name}` is final, and the diagram does not show it")
            }
            Self::FinalExtra { name, .. } => {
                write!(f, "the diagram ends in `{name}`, which is not a final state")
            }
            Self::EdgeMissing { row, suggestion, .. } => {
                write!(f, "the row `{row}` is not in the diagram")?;
                match suggestion {
                    None => Ok(()),
                    Some((arrow, 0)) => write!(f, ": did you mean it by `{arrow}`?"),
                    Some((arrow, line)) => {
                        write!(f, ": did you mean it by `{arrow}` in line {line}?")
                    }
                }
            }
            Self::EdgeExtra { row, suggestion, .. } => {
                write!(f, "`{row}` is not a row of the machine")?;
                meant(f, suggestion.as_deref())
            }
            Self::Guard { row, code, document, .. } => {
                other(f, ("guard", row), code.as_deref(), document)
            }
            Self::Action { row, code, document, .. } => {
                other(f, ("action", row), code.as_deref(), document)
            }
        }
    }
}

fn meant(f: &mut Formatter<'_>, suggestion: Option<&str>) -> fmt::Result {
    match suggestion {
        None => Ok(()),
        Some(suggestion) => write!(f, ": did you mean `{suggestion}`?"),
    }
}

fn other(
    f: &mut Formatter<'_>,
    (part, row): (&str, &str),
    code: Option<&str>,
    document: &str,
) -> fmt::Result {
    write!(f, "the {part} of `{row}` is `{document}` in the diagram, and ")?;
    match code {
        None => write!(f, "the machine has none there"),
        Some(code) => write!(f, "`{code}` in the machine"),
    }
}

struct InFile<'a> {
    difference: &'a Difference,
    file: &'a str,
}

impl Display for InFile<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.difference.line() {
            None => write!(f, "`{}`: {}", self.file, self.difference),
            Some(line) => write!(f, "`{}`:{line}: {}", self.file, self.difference),
        }
    }
}
