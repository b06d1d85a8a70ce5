//! What is drawn, and how large it is: boxes, groups, lines and loops, before anything has a place.

use super::geometry::Size;
use super::lettering::{
    LINE_HEIGHT, NAME_SIZE, TEXT_SIZE, bold_width, full, lines, shortened, width,
};
use super::sketch::{Node, Sketch, Wire};
use super::span;
use crate::{Diagram, Edge};

/// The ranks that all lines together may span: with more, the layout takes seconds, and the picture
/// is a web that nobody follows.
const SPANS_MAX: usize = 1_600;
/// With more states than this no line is drawn: ten screens of boxes.
const STATES_MAX: usize = 1_500;
/// Characters of a name in a box.
const NAME_CHARS_MAX: usize = 40;
/// Characters of a row in a box.
const ENTRY_CHARS_MAX: usize = 42;
/// The diameter of an initial state's dot.
pub(super) const DOT: f64 = 14.0;
/// From a box to the label of its loop.
pub(super) const LOOP_REACH: f64 = 26.0;
/// The height of a box without rows.
const BOX_HEIGHT: f64 = 40.0;
/// From a box's top to its first row.
pub(super) const HEAD_HEIGHT: f64 = 36.0;

/// Which lines are written into boxes instead of being drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// The longest, as many as are too much for the layout.
    Longest,
    /// Those too that cross a group's border.
    Crossing,
    /// All.
    All,
}

/// A text of a row.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// The row's place in the diagram.
    pub(super) row: usize,
    pub(super) text: String,
}

/// What is written on a line.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    /// The rows that share the line.
    pub(super) rows: Vec<usize>,
    pub(super) lines: Vec<Text>,
    /// Zero if nothing is written.
    pub(super) size: Size,
}

/// A state.
#[derive(Clone, Debug)]
pub(super) struct StateBox {
    pub(super) name: String,
    /// Rows that are written into the box.
    pub(super) entries: Vec<Text>,
    pub(super) size: Size,
    pub(super) group: Option<usize>,
    /// The rows that leave the state and come back.
    pub(super) own_loop: Option<Label>,
}

/// A line from state to state.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) label: Label,
}

/// A dot with a line to a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) state: usize,
    /// The group in which the dot lies: the one that begins there.
    group: Option<usize>,
}

/// Everything that is drawn.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) boxes: Vec<StateBox>,
    pub(super) links: Vec<Link>,
    /// The dots that show where the machine and its groups begin.
    pub(super) starts: Vec<Start>,
    /// The group around each group, without what does not exist and without cycles.
    pub(super) parents: Vec<Option<usize>>,
    listing: Listing,
    /// Lines that are not drawn, but whose ends belong near each other.
    ties: Vec<(usize, usize)>,
}

impl Plan {
    pub(super) fn new(diagram: &Diagram, listing: Listing) -> Self {
        let parents = parents(diagram);
        let boxes = diagram.states.iter().map(|state| StateBox {
            name: shortened(&state.name, NAME_CHARS_MAX),
            entries: Vec::new(),
            size: Size::default(),
            group: state.group.filter(|group| *group < parents.len()),
            own_loop: None,
        });
        let mut boxes: Vec<StateBox> = boxes.collect();
        let mut links = Vec::new();
        for (source, target, rows) in bundles(diagram) {
            let label = Label::new(diagram, &rows);
            if source == target {
                boxes[source].own_loop = Some(label);
            } else {
                links.push(Link { source, target, label });
            }
        }
        let drawn = drawn(&boxes, &links, listing);
        let mut drawn = drawn.into_iter();
        let (links, listed): (Vec<_>, Vec<_>) =
            links.into_iter().partition(|_| drawn.next().unwrap_or(false));
        let ties = listed.iter().map(|link| (link.source, link.target)).collect();
        let listed: Vec<usize> = listed.into_iter().flat_map(|link| link.label.rows).collect();
        enter_rows(diagram, &mut boxes, &listed);
        for (state, spec) in boxes.iter_mut().zip(&diagram.states) {
            state.size = box_size(state, spec.is_final);
        }
        let starts = starts(diagram, &boxes);
        Self { boxes, links, starts, parents, listing, ties }
    }

    /// What the layout has to know: states, then the dots of initial states. A box has its loop on
    /// the right; for a layout from left to right everything is mirrored at the diagonal.
    pub(super) fn sketch(&self, diagram: &Diagram, transposed: bool) -> Sketch {
        let turned = |size: Size| if transposed { size.transposed() } else { size };
        let mut sketch = Sketch { ties: self.ties.clone(), transposed, ..Sketch::default() };
        for state in &self.boxes {
            let body = turned(state.size);
            let mut size = body;
            if let Some(label) = &state.own_loop {
                let label = turned(label.size);
                size.width += LOOP_REACH + label.width;
                size.height = size.height.max(label.height).max(30.0);
            }
            sketch.nodes.push(Node { size, body, group: state.group, is_dot: false });
        }
        for link in &self.links {
            let label = turned(link.label.size);
            sketch.wires.push(Wire { source: link.source, target: link.target, label });
        }
        for start in &self.starts {
            // A group is entered from outside; where its inside is laid out alone, from within.
            let alone = self.listing != Listing::Longest;
            let target = start.state;
            let group = if alone { self.boxes[target].group } else { start.group };
            let source = sketch.nodes.len();
            let size = Size { width: DOT, height: DOT };
            sketch.nodes.push(Node { size, body: size, group, is_dot: true });
            sketch.wires.push(Wire { source, target, label: Size::default() });
        }
        for (group, parent) in diagram.groups.iter().zip(&self.parents) {
            let width = bold_width(&shortened(&group.name, NAME_CHARS_MAX), TEXT_SIZE) + 32.0;
            let size = turned(Size { width, height: BOX_HEIGHT });
            sketch.groups.push(Node { size, body: size, group: *parent, is_dot: false });
        }
        sketch
    }
}

impl Label {
    fn new(diagram: &Diagram, rows: &[usize]) -> Self {
        let texts = rows.iter().flat_map(|&row| {
            let lines = lines(&diagram.edges[row]);
            lines.into_iter().map(move |text| Text { row, text })
        });
        let texts: Vec<Text> = texts.collect();
        let size = if texts.is_empty() {
            Size::default()
        } else {
            let widest = texts.iter().map(|line| width(&line.text, TEXT_SIZE)).fold(0.0, f64::max);
            let count = u32::try_from(texts.len()).unwrap_or(u32::MAX);
            Size { width: widest + 12.0, height: f64::from(count) * LINE_HEIGHT + 4.0 }
        };
        Self { rows: rows.to_vec(), lines: texts, size }
    }
}

/// The rows that leave a state, by source and target, in the order of their first.
fn bundles(diagram: &Diagram) -> Vec<(usize, usize, Vec<usize>)> {
    let mut places = std::collections::BTreeMap::new();
    let mut bundles: Vec<(usize, usize, Vec<usize>)> = Vec::new();
    for (row, edge) in diagram.edges.iter().enumerate() {
        if edge.internal || !exists(diagram, edge) {
            continue;
        }
        let place = *places.entry((edge.source, edge.target)).or_insert_with(|| {
            bundles.push((edge.source, edge.target, Vec::new()));
            bundles.len() - 1
        });
        bundles[place].2.push(row);
    }
    bundles
}

const fn exists(diagram: &Diagram, edge: &Edge) -> bool {
    edge.source < diagram.states.len() && edge.target < diagram.states.len()
}

/// Which of the links are drawn.
fn drawn(boxes: &[StateBox], links: &[Link], listing: Listing) -> Vec<bool> {
    if listing == Listing::All || boxes.len() > STATES_MAX {
        return vec![false; links.len()];
    }
    let pairs: Vec<_> = links.iter().map(|link| (link.source, link.target)).collect();
    let mut drawn = span::within(boxes.len(), &pairs, SPANS_MAX);
    if listing == Listing::Crossing {
        for (link, drawn) in links.iter().zip(&mut drawn) {
            *drawn &= boxes[link.source].group == boxes[link.target].group;
        }
    }
    drawn
}

/// Writes internal rows, and then those that are listed, into their boxes.
fn enter_rows(diagram: &Diagram, boxes: &mut [StateBox], listed: &[usize]) {
    for (row, edge) in diagram.edges.iter().enumerate() {
        if edge.internal && exists(diagram, edge) {
            let text = shortened(&full(edge), ENTRY_CHARS_MAX);
            boxes[edge.source].entries.push(Text { row, text });
        }
    }
    for &row in listed {
        let edge = &diagram.edges[row];
        let target = shortened(&diagram.states[edge.target].name, ENTRY_CHARS_MAX / 2);
        let text = shortened(&full(edge), ENTRY_CHARS_MAX / 2);
        let text = format!("{text} → {target}").trim_start().to_owned();
        boxes[edge.source].entries.push(Text { row, text });
    }
}

/// A dot for each initial state, and one in each group that says where it begins.
fn starts(diagram: &Diagram, boxes: &[StateBox]) -> Vec<Start> {
    let states = (0..boxes.len()).filter(|state| diagram.states[*state].initial);
    let states = states.map(|state| Start { state, group: None });
    let groups = diagram.groups.iter().enumerate().filter_map(|(group, spec)| {
        let state = spec.initial.filter(|state| *state < boxes.len())?;
        Some(Start { state, group: Some(group) })
    });
    states.chain(groups).collect()
}

fn box_size(state: &StateBox, is_final: bool) -> Size {
    let name = bold_width(&state.name, NAME_SIZE) + 32.0;
    let entries = state.entries.iter().map(|entry| width(&entry.text, TEXT_SIZE) + 24.0);
    let border = if is_final { 8.0 } else { 0.0 };
    let count = u32::try_from(state.entries.len()).unwrap_or(u32::MAX);
    let height =
        if count == 0 { BOX_HEIGHT } else { HEAD_HEIGHT + f64::from(count) * LINE_HEIGHT + 8.0 };
    Size { width: entries.fold(name.max(76.0), f64::max) + border, height: height + border }
}

/// The group around each group. A chain that comes back to where it began is cut there.
fn parents(diagram: &Diagram) -> Vec<Option<usize>> {
    let count = diagram.groups.len();
    let mut parents: Vec<Option<usize>> =
        diagram.groups.iter().map(|group| group.parent.filter(|at| *at < count)).collect();
    // 0: not seen, otherwise the walk that saw it first.
    let mut seen = vec![0; count];
    for start in 0..count {
        let mut at = start;
        while seen[at] == 0 {
            seen[at] = start + 1;
            match parents[at] {
                Some(parent) if seen[parent] == start + 1 => parents[at] = None,
                Some(parent) => at = parent,
                None => {}
            }
        }
    }
    parents
}
