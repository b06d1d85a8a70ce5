//! A diagram as text: Mermaid (two kinds), PlantUML and DOT.
//!
//! All four draw the same things, and what a reader of this crate can read they write so that it
//! comes back as it was: names that the language keeps for itself stand behind an alias, and
//! what would end a label or be taken for markup stands as an entity.

mod aliases;
mod dot;
mod flowchart;
mod mermaid;
mod plantuml;

pub(crate) use aliases::is_alias_of;

use std::fmt::Write as _;

use crate::{Diagram, Edge, label};

/// Text that grows by indented lines.
struct Page {
    text: String,
    depth: usize,
}

impl Page {
    fn new(head: &str) -> Self {
        Self { text: format!("{head}\n"), depth: 1 }
    }

    fn line(&mut self, line: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{:1$}{line}", "", 4 * self.depth);
    }

    /// Opens a box: what follows is indented.
    fn open(&mut self, line: impl std::fmt::Display) {
        self.line(line);
        self.depth += 1;
    }

    fn close(&mut self, line: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(line);
    }
}

/// What is written on the row's arrow.
fn label(edge: &Edge) -> String {
    label::join(&edge.trigger, edge.guard.as_deref(), edge.action.as_deref())
}

/// What is written for an internal row: the slash is there even without an action, since it is
/// what tells the row from a description.
fn internal_label(edge: &Edge) -> String {
    let slash = if edge.action.is_some() { "" } else { " /" };
    format!("{}{slash}", label(edge)).trim().to_owned()
}

/// Whether the row stands in its state and not on an arrow.
const fn is_inside(edge: &Edge) -> bool {
    edge.internal && edge.source == edge.target
}

/// Whether no arrow of the text names the state.
fn is_alone(diagram: &Diagram, state: usize) -> bool {
    let touched = |edge: &Edge| edge.source == state || edge.target == state;
    diagram
        .states
        .get(state)
        .is_some_and(|each| !each.initial && !each.is_final && each.group.is_none())
        && !diagram.edges.iter().any(touched)
}

/// The states whose innermost group this is.
fn members(diagram: &Diagram, group: usize) -> impl Iterator<Item = usize> {
    (0..diagram.states.len()).filter(move |state| diagram.states[*state].group == Some(group))
}

/// The groups whose group this is; with `None`, those that no group is around.
fn subgroups(diagram: &Diagram, group: Option<usize>) -> impl Iterator<Item = usize> {
    (0..diagram.groups.len()).filter(move |each| diagram.groups[*each].parent == group)
}

/// The states that `[*]` leads to.
fn initials(diagram: &Diagram) -> impl Iterator<Item = usize> {
    (0..diagram.states.len()).filter(|state| diagram.states[*state].initial)
}

/// The states that lead to `[*]`.
fn finals(diagram: &Diagram) -> impl Iterator<Item = usize> {
    (0..diagram.states.len()).filter(|state| diagram.states[*state].is_final)
}
