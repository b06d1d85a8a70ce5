//! Mermaid's flowcharts, and the bare lines of Finitomata.
//!
//! A flowchart has nodes of many shapes and no start. A round node without a text of its own, or
//! with a word like `Start`, is the start or the end; where none is drawn, Finitomata's rule
//! holds: what no arrow leads to is a start, and what no arrow leaves is an end.

use super::cursor::{Cursor, Lines};
use super::draft::{Draft, End, Kind, check_size};
use super::error::ParseError;
use super::node::{self, Shape};
use super::{link, resolve};
use crate::Diagram;

const STARTS: [&str; 8] = ["", "start", "begin", "init", "initial", "[*]", "*", "●"];
const ENDS: [&str; 8] = ["", "end", "stop", "final", "finish", "[*]", "*", "◉"];

/// Lines that say how things look and not what they are.
const LOOKS: [&str; 9] = [
    "classDef",
    "class",
    "style",
    "linkStyle",
    "click",
    "accTitle",
    "accDescr",
    "flowchart",
    "graph",
];

/// Reads a flowchart.
pub(super) fn read(text: &str) -> Result<Diagram, ParseError> {
    let mut lines = Lines::new(text);
    let name = lines.front_matter().unwrap_or_default();
    let mut at = Cursor::new(text, 1);
    if let Some(first) = lines.next() {
        // The title was read; its lines are none of the chart's.
        let (line, _) = first.place();
        (1..line).for_each(|_| {
            at.take_line();
            at.eat("\n");
        });
    }
    let mut chart = Chart { draft: Draft::default(), shapes: Vec::new(), is_directive_open: false };
    chart.draft.name = name;
    chart.header(&mut at);
    loop {
        at.take_while(|c| c.is_whitespace() || c == ';');
        at.forget();
        if at.is_end() {
            break;
        }
        chart.statement(&mut at)?;
    }
    chart.draft.check_closed("the subgraph", "end")?;
    let (starts, ends) = chart.mark_starts_and_ends();
    chart.name_by_text();
    let mut diagram = resolve::resolve(&chart.draft)?;
    resolve::infer(&mut diagram, !starts, !ends);
    Ok(diagram)
}

struct Chart {
    draft: Draft,
    /// The shapes of the draft's nodes.
    shapes: Vec<Option<Shape>>,
    /// Whether a `%%{` was found that is not closed; those behind it are not either.
    is_directive_open: bool,
}

impl Chart {
    /// `flowchart TD` or `graph LR;`, behind comments.
    fn header(&mut self, at: &mut Cursor<'_>) {
        loop {
            at.take_while(char::is_whitespace);
            if at.starts_with("%%") {
                self.comment(at);
                continue;
            }
            let mut ahead = *at;
            let found = ["flowchart-elk", "flowchart", "graph"].iter().any(|w| ahead.eat_word(w));
            ahead.skip_blanks();
            if found && !ahead.starts_with("-") && !ahead.starts_with("=") {
                ahead.take_while(|c| c.is_alphabetic() || "<>^v".contains(c));
                *at = ahead;
            }
            return;
        }
    }

    fn comment(&mut self, at: &mut Cursor<'_>) {
        if at.starts_with("%%{") && !self.is_directive_open {
            let mut ahead = *at;
            if ahead.take_until("}%%").is_some() {
                *at = ahead;
                return;
            }
            self.is_directive_open = true;
        }
        at.take_line();
    }

    fn statement(&mut self, at: &mut Cursor<'_>) -> Result<(), ParseError> {
        if at.starts_with("%%") {
            self.comment(at);
            return Ok(());
        }
        let start = *at;
        if is_command(at, "subgraph") && at.eat_word("subgraph") {
            return self.subgraph(&start, at);
        }
        if is_command(at, "end") && at.eat_word("end") {
            return if self.draft.close() {
                Ok(())
            } else {
                Err(start.unexpected("no `end`, since no subgraph is open here"))
            };
        }
        if is_command(at, "accDescr") && at.rest().lines().next().is_some_and(|l| l.contains('{')) {
            let closed = at.take_until("}").is_some();
            return if closed { Ok(()) } else { Err(start.unclosed("`accDescr`", "}")) };
        }
        let is_direction = is_command(at, "direction")
            && ["TB", "TD", "BT", "RL", "LR"]
                .iter()
                .any(|d| at.rest()[9..].trim_start().starts_with(d));
        if is_direction || LOOKS.iter().any(|word| is_command(at, word)) {
            at.take_while(|c| c != '\n' && c != ';');
            return Ok(());
        }
        self.chain(at)
    }

    /// `subgraph id`, `subgraph id [Title]`, `subgraph "Title"` or `subgraph some words`.
    fn subgraph(&mut self, start: &Cursor<'_>, at: &mut Cursor<'_>) -> Result<(), ParseError> {
        at.skip_blanks();
        let head = at.take_while(|c| c != '\n' && c != ';' && c != '[');
        let head = head.trim();
        let mut title = None;
        if at.eat("[") {
            let rest = at.take_while(|c| c != '\n');
            let Some((text, behind)) = rest.rsplit_once(']') else {
                return Err(start.unclosed("the title's `[`", "]"));
            };
            if !behind.trim_matches([' ', ';', '\t', '\r']).is_empty() {
                return Err(start.unexpected("`subgraph name [Title]` on a line of its own"));
            }
            title = Some(node::plain(text.trim().trim_matches('"')));
        }
        let id = match head.trim_matches('"') {
            "" => title.clone().unwrap_or_default(),
            head => head.to_owned(),
        };
        if id.is_empty() {
            return Err(at.unexpected("the subgraph's name"));
        }
        let group = self.draft.open(&id, start)?;
        if title.is_some() {
            self.draft.nodes[group].text = title;
        }
        Ok(())
    }

    /// `A --> B & C -->|label| D`.
    fn chain(&mut self, at: &mut Cursor<'_>) -> Result<(), ParseError> {
        let mut sources = self.nodes(at)?;
        loop {
            at.skip_blanks();
            at.forget();
            if at.is_end() || at.starts_with("\n") || at.starts_with(";") {
                return Ok(());
            }
            // Mermaid takes a comment only on a line of its own.
            if !link::is_here(at) {
                return Err(at.unexpected("an arrow `-->`, or the end of the line"));
            }
            let place = at.place();
            let arrow = link::read(at)?;
            at.skip_blanks();
            let targets = self.nodes(at)?;
            for source in sources.iter().filter(|_| !arrow.hidden) {
                for target in &targets {
                    check_size(self.draft.links.len(), place)?;
                    let internal = arrow.dotted && source == target && *source != End::Pseudo;
                    self.draft.link((*source, *target), &arrow.label, internal, place)?;
                }
            }
            sources = targets;
        }
    }

    /// Nodes with `&` between them, or with commas as Finitomata has it.
    fn nodes(&mut self, at: &mut Cursor<'_>) -> Result<Vec<End>, ParseError> {
        let mut ends = Vec::new();
        loop {
            at.forget();
            let (line, _) = at.place();
            let written = node::read(at)?;
            ends.push(self.end(written, line));
            let mut ahead = *at;
            ahead.skip_blanks();
            if !ahead.eat("&") && !ahead.eat(",") {
                return Ok(ends);
            }
            ahead.take_while(char::is_whitespace);
            *at = ahead;
        }
    }

    fn end(&mut self, written: node::Written, line: usize) -> End {
        if written.id == "[*]" {
            return End::Pseudo;
        }
        let node = self.draft.node(&written.id, line);
        self.shapes.resize(self.draft.nodes.len(), None);
        self.shapes[node] = written.shape.or(self.shapes[node]);
        if written.text.is_some() {
            self.draft.nodes[node].text = written.text;
        }
        End::Node(node)
    }

    /// Finds what is drawn as a start or an end; whether there are such.
    fn mark_starts_and_ends(&mut self) -> (bool, bool) {
        let count = self.draft.nodes.len();
        self.shapes.resize(count, None);
        let (mut leaves, mut enters) = (vec![false; count], vec![false; count]);
        let mut labelled = vec![false; count];
        for link in &self.draft.links {
            let trigger = !link.label.trigger.is_empty();
            if let End::Node(node) = link.source {
                leaves[node] = true;
                labelled[node] |= trigger;
            }
            if let End::Node(node) = link.target {
                enters[node] = true;
                labelled[node] |= trigger;
            }
        }
        for number in 0..count {
            let node = &mut self.draft.nodes[number];
            let text = node.text.as_deref().unwrap_or(&node.id).trim().to_lowercase();
            let known = |words: &[&str]| words.contains(&text.as_str());
            let anonymous = text.is_empty() || !labelled[number];
            let shape = self.shapes[number].filter(|shape| *shape != Shape::Plain);
            let is_start = leaves[number] && !enters[number] && known(&STARTS);
            let is_end = enters[number] && !leaves[number] && known(&ENDS);
            if node.kind != Kind::State || shape.is_none() {
                continue;
            }
            if anonymous && (is_start || is_end) {
                node.kind = Kind::Pseudo;
            } else {
                node.is_final = shape == Some(Shape::Double);
            }
        }
        self.put_pseudo()
    }

    /// Makes `[*]` of the arrows' ends at drawn starts and ends; whether the machine has such.
    fn put_pseudo(&mut self) -> (bool, bool) {
        let nodes = &self.draft.nodes;
        let pseudo = |end: End| match end {
            End::Node(node) if nodes[node].kind == Kind::Pseudo => Some(nodes[node].parent),
            _ => None,
        };
        let mut ends = nodes.iter().any(|node| node.is_final);
        let mut starts = false;
        for link in &mut self.draft.links {
            for end in [&mut link.source, &mut link.target] {
                if let Some(group) = pseudo(*end) {
                    *end = End::Pseudo;
                    link.scope = group;
                }
            }
            starts |= link.source == End::Pseudo && link.scope.is_none();
            ends |= link.target == End::Pseudo && link.scope.is_none();
        }
        (starts, ends)
    }

    /// Where `A` is a letter for `Locked`, the state is `Locked`.
    fn name_by_text(&mut self) {
        let mut count = std::collections::HashMap::<String, usize>::new();
        for node in self.draft.nodes.iter().filter(|node| node.kind != Kind::Pseudo) {
            *count.entry(node.id.clone()).or_default() += 1;
            if let Some(text) = node.text.as_ref().filter(|text| **text != node.id) {
                *count.entry(text.clone()).or_default() += 1;
            }
        }
        for node in &mut self.draft.nodes {
            let is_name = |text: &str| {
                let mut chars = text.chars();
                chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                    && chars.all(|c| c.is_alphanumeric() || c == '_')
            };
            if let Some(text) = &node.text
                && is_name(text)
                && count.get(text) == Some(&1)
            {
                // What stands in the text is the name, and there is no more to say.
                node.id.clone_from(text);
            }
        }
    }
}

/// Whether the line begins with this word as a command, and not as the name of a node.
fn is_command(at: &Cursor<'_>, word: &str) -> bool {
    let mut at = *at;
    if !at.eat_word(word) {
        return false;
    }
    at.skip_blanks();
    !link::is_here(&at)
}
