//! Graphviz's DOT.

use std::fmt::Write as _;

use super::Page;
use crate::highlight::{FILL, STROKE};
use crate::{Diagram, Highlight};

impl Diagram {
    /// The diagram as a DOT graph, for Graphviz.
    ///
    /// Groups are clusters, an internal row is a dashed arrow from its state to itself, and the
    /// docs of a state are its tooltip. This crate does not read DOT.
    ///
    /// ```
    /// use fsm_diagram::Diagram;
    ///
    /// let diagram = Diagram::parse("stateDiagram-v2\n[*] --> Open\nOpen --> Closed : Close")?;
    /// assert!(diagram.dot().contains("s0 -> s1 [label=\"Close\"];"));
    /// # Ok::<(), fsm_diagram::ParseError>(())
    /// ```
    #[must_use]
    pub fn dot(&self) -> String {
        self.dot_with(&Highlight::default())
    }

    /// The same, with states and rows lit.
    #[must_use]
    pub fn dot_with(&self, highlight: &Highlight) -> String {
        let mut graph = Graph { diagram: self, highlight, page: Page::new(&head(&self.name)) };
        graph.page.line("node [shape=box, style=\"rounded,filled\", fillcolor=white];");
        for state in (0..self.states.len()).filter(|state| self.states[*state].group.is_none()) {
            graph.node(state);
        }
        for group in super::subgroups(self, None) {
            graph.cluster(group);
        }
        graph.pseudo("start", "point", super::initials(self), true);
        for edge in 0..self.edges.len() {
            graph.row(edge);
        }
        graph.pseudo("stop", "doublecircle", super::finals(self), false);
        graph.page.text.push_str("}\n");
        graph.page.text
    }
}

fn head(name: &str) -> String {
    if name.is_empty() { "digraph {".to_owned() } else { format!("digraph {} {{", quote(name)) }
}

struct Graph<'a> {
    diagram: &'a Diagram,
    highlight: &'a Highlight,
    page: Page,
}

impl Graph<'_> {
    fn node(&mut self, number: usize) {
        let state = &self.diagram.states[number];
        let mut line = format!("s{number} [label={}", quote(&state.name));
        if !state.docs.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(line, ", tooltip={}", quote(&state.docs));
        }
        if self.highlight.has_state(number) {
            let _ = write!(line, ", fillcolor=\"{FILL}\", color=\"{STROKE}\", penwidth=3");
        }
        self.page.line(format_args!("{line}];"));
    }

    fn cluster(&mut self, group: usize) {
        let each = &self.diagram.groups[group];
        self.page.open(format_args!("subgraph cluster_{group} {{"));
        self.page.line(format_args!("label={};", quote(&each.name)));
        self.page.line("style=rounded;");
        for state in super::members(self.diagram, group) {
            self.node(state);
        }
        for inside in super::subgroups(self.diagram, Some(group)) {
            self.cluster(inside);
        }
        self.pseudo(&format!("start_{group}"), "point", each.initial.into_iter(), true);
        self.pseudo(&format!("stop_{group}"), "doublecircle", each.finals.iter().copied(), false);
        self.page.close("}");
    }

    /// The dot that a machine starts in, or the ring that it ends in.
    fn pseudo(
        &mut self,
        word: &str,
        shape: &str,
        states: impl Iterator<Item = usize>,
        leaves: bool,
    ) {
        let mut states = states.peekable();
        if states.peek().is_some() {
            let look = "label=\"\", width=0.15, style=filled, fillcolor=black";
            self.page.line(format_args!("{word} [shape={shape}, {look}];"));
        }
        for state in states {
            if leaves {
                self.page.line(format_args!("{word} -> s{state};"));
            } else {
                self.page.line(format_args!("s{state} -> {word};"));
            }
        }
    }

    fn row(&mut self, number: usize) {
        let edge = &self.diagram.edges[number];
        let mut line =
            format!("s{} -> s{} [label={}", edge.source, edge.target, quote(&super::label(edge)));
        if super::is_inside(edge) {
            line.push_str(", style=dashed");
        }
        if self.highlight.has_edge(number) {
            // Writing to a String cannot fail.
            let _ = write!(line, ", color=\"{STROKE}\", fontcolor=\"{STROKE}\", penwidth=3");
        }
        self.page.line(format_args!("{line}];"));
    }
}

/// A string of DOT. Graphviz reads `\` as an escape and HTML's entities in what it shows.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '&' => quoted.push_str("&amp;"),
            '\n' => quoted.push_str("\\n"),
            other if other.is_control() => quoted.push(' '),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
