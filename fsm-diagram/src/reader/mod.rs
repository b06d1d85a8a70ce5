//! A diagram from text: Mermaid's state diagrams and flowcharts, and PlantUML.
//!
//! Each language has a reader that fills a [`draft::Draft`] with what the lines say; `resolve`
//! makes a [`Diagram`] of it, the same way for all: arrows from a group's box become one for
//! each state, arrows through a choice become one for each way through it.
//!
//! What must hold: no text makes a reader panic, run for ever or take more memory than a small
//! multiple of [`BYTES_MAX`] and [`LINKS_MAX`].

mod choice;
mod cursor;
mod draft;
mod entity;
mod error;
mod flowchart;
mod link;
mod mermaid;
mod node;
mod plantuml;
mod resolve;
mod statechart;

pub use error::ParseError;

use crate::Diagram;
use cursor::Lines;

/// How long a text may be: a hundred times what anybody draws.
const BYTES_MAX: usize = 1 << 20;

/// How many arrows a diagram may have: as many as a table may have rows.
const LINKS_MAX: usize = 65_536;

/// How deep groups may lie in one another: nobody draws more, and the writers call themselves.
const DEPTH_MAX: usize = 64;

impl Diagram {
    /// Reads a diagram: a Mermaid `stateDiagram-v2` or flowchart, or PlantUML.
    ///
    /// The first line says which of them it is. Without such a line, text with arrows like
    /// `idle --> |start| running` is read as a flowchart, and text with arrows like
    /// `idle --> running : start` as PlantUML.
    ///
    /// ```
    /// use fsm_diagram::Diagram;
    ///
    /// let diagram = Diagram::parse("
    ///     @startuml
    ///     [*] --> Cart
    ///     Cart --> Paid : Pay [covers(amount)] / capture(amount)
    ///     Paid --> [*]
    ///     @enduml
    /// ")?;
    /// assert!(diagram.states[0].initial && diagram.states[1].is_final);
    /// assert_eq!(diagram.describe(0), "Cart --Pay--> Paid");
    /// assert_eq!(diagram.edges[0].guard.as_deref(), Some("covers(amount)"));
    /// # Ok::<(), fsm_diagram::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the text is none of these languages, or has a line that is not understood or that shows
    /// what a state machine of one region cannot be: forks, joins and parallel regions.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > BYTES_MAX {
            let (what, limit) = ("bytes", BYTES_MAX);
            return Err(ParseError::TooLarge { line: 1, column: 1, what, limit });
        }
        match Language::of(text)? {
            Language::Mermaid => mermaid::read(text),
            Language::Flowchart => flowchart::read(text),
            Language::PlantUml => plantuml::read(text),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Mermaid,
    Flowchart,
    PlantUml,
}

impl Language {
    fn of(text: &str) -> Result<Self, ParseError> {
        let mut first = None;
        let mut lines = Lines::new(text);
        lines.front_matter();
        for line in lines {
            let trimmed = line.rest();
            if trimmed.is_empty() || trimmed.starts_with("%%") || trimmed.starts_with('\'') {
                continue;
            }
            if let Some(language) = Self::of_header(trimmed) {
                return Ok(language);
            }
            // A header may stand below a comment of several lines.
            first.get_or_insert(line);
        }
        let Some(first) = first else { return Err(ParseError::Empty) };
        let mut lines = text.lines().map(str::trim);
        if lines.clone().any(is_flow) {
            Ok(Self::Flowchart)
        } else if lines.any(|line| line.contains("->") || line.starts_with("state ")) {
            Ok(Self::PlantUml)
        } else {
            let (line, column) = first.place();
            Err(ParseError::UnknownLanguage { line, column, found: error::excerpt(first.rest()) })
        }
    }

    fn of_header(line: &str) -> Option<Self> {
        let word: String = line.chars().take_while(|c| !c.is_whitespace() && *c != ';').collect();
        let bare = !line[word.len()..].trim_start().starts_with(['-', ':']);
        match word.as_str() {
            "stateDiagram" | "stateDiagram-v2" if bare => Some(Self::Mermaid),
            "flowchart" | "flowchart-elk" | "graph" if bare => Some(Self::Flowchart),
            _ if word.starts_with("@startuml") => Some(Self::PlantUml),
            _ => None,
        }
    }
}

/// Whether this is an arrow as only a flowchart has it.
fn is_flow(line: &str) -> bool {
    line.split_once("-->").is_some_and(|(_, rest)| rest.trim_start().starts_with('|'))
}
