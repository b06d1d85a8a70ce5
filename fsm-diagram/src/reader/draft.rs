//! What the lines of a text say, before names and groups are settled.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::error::ParseError;
use super::{DEPTH_MAX, LINKS_MAX};
use crate::label::{self, Label};

/// A diagram that is being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
    pub(super) links: Vec<Link>,
    by_id: HashMap<String, usize>,
    /// The groups that are open, the innermost last, with the place where each was opened.
    open: Vec<(usize, (usize, usize))>,
}

/// A state, a group or a choice.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The word that the text calls it by.
    pub(super) id: String,
    /// The text that is stated beside the word.
    pub(super) text: Option<String>,
    /// The descriptions.
    pub(super) docs: Vec<String>,
    pub(super) kind: Kind,
    /// The innermost group around it: its place among the nodes.
    pub(super) parent: Option<usize>,
    /// Whether it is drawn as something final.
    pub(super) is_final: bool,
    pub(super) line: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    State,
    Group,
    /// Where arrows meet and part again by their guards.
    Choice,
    /// A drawn start or end: no state at all.
    Pseudo,
}

/// An arrow, or a row that stands inside a state.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) source: End,
    pub(super) target: End,
    pub(super) label: Label,
    pub(super) internal: bool,
    /// The innermost group around the arrow.
    pub(super) scope: Option<usize>,
    pub(super) place: (usize, usize),
}

/// Where an arrow begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Node(usize),
    /// `[*]`: as a source the start, as a target the end.
    Pseudo,
}

impl Draft {
    /// The innermost group that is open.
    pub(super) fn scope(&self) -> Option<usize> {
        self.open.last().map(|(group, _)| *group)
    }

    /// The node that the text calls so. The first group that names it has it inside.
    pub(super) fn node(&mut self, id: &str, line: usize) -> usize {
        let known = self.by_id.get(id).copied();
        let node = known.unwrap_or_else(|| {
            self.by_id.insert(id.to_owned(), self.nodes.len());
            self.nodes.push(Node { id: id.to_owned(), line, ..Node::default() });
            self.nodes.len() - 1
        });
        if let Some(scope) = self.scope()
            && self.nodes[node].parent.is_none()
            && !self.is_around(node, scope)
        {
            self.nodes[node].parent = Some(scope);
        }
        node
    }

    /// The same, but a state that is known already stays where it is.
    pub(super) fn mention(&mut self, id: &str, line: usize) -> usize {
        let known = self.by_id.get(id).copied();
        known.unwrap_or_else(|| self.node(id, line))
    }

    /// Whether `outer` is `inner` or a group around it.
    fn is_around(&self, outer: usize, inner: usize) -> bool {
        // Parents are set only where they make no circle, and groups nest at most so deep.
        std::iter::successors(Some(inner), |each| self.nodes[*each].parent).any(|n| n == outer)
    }

    /// Opens a group: what is named until it is closed is inside.
    pub(super) fn open(&mut self, id: &str, at: &Cursor<'_>) -> Result<usize, ParseError> {
        let (line, column) = at.place();
        let group = self.node(id, line);
        let depth = std::iter::successors(Some(group), |each| self.nodes[*each].parent).count();
        if self.open.len() >= DEPTH_MAX || depth > DEPTH_MAX {
            let (what, limit) = ("groups inside one another", DEPTH_MAX);
            return Err(ParseError::TooLarge { line, column, what, limit });
        }
        self.nodes[group].kind = Kind::Group;
        self.open.push((group, (line, column)));
        Ok(group)
    }

    /// Closes the innermost group; whether there was one.
    pub(super) fn close(&mut self) -> bool {
        self.open.pop().is_some()
    }

    /// No group may be open at the end.
    pub(super) fn check_closed(
        &self,
        opened: &'static str,
        close: &'static str,
    ) -> Result<(), ParseError> {
        match self.open.last() {
            None => Ok(()),
            Some((_, (line, column))) => {
                Err(ParseError::Unclosed { line: *line, column: *column, opened, close })
            }
        }
    }

    /// An arrow with this on it. `Pay, Cancel` and `Pay | Cancel` on one arrow are two.
    pub(super) fn link(
        &mut self,
        ends: (End, End),
        text: &str,
        internal: bool,
        place: (usize, usize),
    ) -> Result<(), ParseError> {
        let label = label::split(text);
        for trigger in alternatives(&label.trigger) {
            let label = Label { trigger: trigger.to_owned(), ..label.clone() };
            let (source, target) = ends;
            let scope = self.scope();
            self.push(Link { source, target, label, internal, scope, place })?;
        }
        Ok(())
    }

    fn push(&mut self, link: Link) -> Result<(), ParseError> {
        check_size(self.links.len(), link.place)?;
        self.links.push(link);
        Ok(())
    }

    /// What a line `A : text` says: a row inside the state if it has a slash or a guard, as UML
    /// writes it; a description else. What runs on entry and exit is no row.
    pub(super) fn describe(
        &mut self,
        node: usize,
        text: &str,
        place: (usize, usize),
    ) -> Result<(), ParseError> {
        let label = label::split(text);
        let is_row = label.has_slash || label.guard.is_some();
        let spaced = label.trigger.trim_start_matches("after ").trim_start_matches("every ");
        if !is_row || (!label.has_slash && spaced.contains(' ')) {
            self.nodes[node].docs.push(text.trim().to_owned());
        } else if !["entry", "exit", "do"].contains(&label.trigger.as_str()) {
            self.link((End::Node(node), End::Node(node)), text, true, place)?;
        }
        Ok(())
    }
}

/// There may be one more.
pub(super) fn check_size(links: usize, place: (usize, usize)) -> Result<(), ParseError> {
    let (line, column) = place;
    if links < LINKS_MAX {
        return Ok(());
    }
    Err(ParseError::TooLarge { line, column, what: "arrows", limit: LINKS_MAX })
}

/// The events of `Pay, Cancel` or `Pay | Cancel`; any other text is one trigger.
fn alternatives(trigger: &str) -> Vec<&str> {
    let parts: Vec<_> = trigger.split([',', '|']).map(str::trim).collect();
    let is_event = |part: &&str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || "_?!".contains(c))
    };
    if parts.iter().all(is_event) { parts } else { vec![trigger] }
}
