//! Groups laid out one by one, the innermost first, each as one rectangle in the group around it.
//!
//! Nothing can lie in a group that does not belong there, whatever the diagram, and a large diagram
//! costs as much as its groups alone. In return, wires do not cross a group's border: such a wire
//! is not drawn, and only draws the two rectangles near each other.

use std::collections::BTreeSet;

use super::geometry::{Point, Rect, Size};
use super::sketch::{Node, Placement, Sketch, Wire};
use super::span;
use super::{islands, layered, soundness};

/// Room above the states of a group, for its name.
const HEAD: f64 = 40.0;
/// Room at the other sides.
const SIDE: f64 = 22.0;
/// The ranks that ties inside one group may span together.
const TIES_MAX: usize = 400;

/// What lies directly inside a group, or at the top.
#[derive(Default)]
struct Inside {
    nodes: Vec<usize>,
    groups: Vec<usize>,
    wires: Vec<usize>,
    ties: BTreeSet<(usize, usize)>,
}

/// A place for everything; `None` if a wire crosses a border or cannot be placed.
pub(super) fn place(sketch: &Sketch) -> Option<Placement> {
    let depths = depths(&sketch.groups);
    let top = sketch.groups.len();
    let insides = insides(sketch, &depths)?;
    let mut order: Vec<usize> = (0..top).collect();
    order.sort_by_key(|group| std::cmp::Reverse(depths[*group]));
    // The places of what is inside, from the corner of the group's own rectangle.
    let mut sizes: Vec<Size> = sketch.groups.iter().map(|group| group.size).collect();
    let mut placements = vec![Placement::default(); top + 1];
    for &group in &order {
        let inside = &insides[group];
        if inside.nodes.is_empty() && inside.groups.is_empty() {
            continue;
        }
        let part = inside.sketch(sketch, &sizes);
        let placed = flat(&part)?;
        let bounds = placed.bounds(&part);
        let width = (bounds.width() + 2.0 * SIDE).max(sketch.groups[group].size.width);
        sizes[group] = Size { width, height: bounds.height() + HEAD + SIDE };
        let left = (width - bounds.width()) / 2.0 - bounds.left;
        placements[group] = moved(placed, Point { x: left, y: HEAD - bounds.top });
    }
    placements[top] = flat(&insides[top].sketch(sketch, &sizes))?;
    let mut whole = Placement::empty(sketch);
    for &group in std::iter::once(&top).chain(order.iter().rev()) {
        let corner = whole
            .groups
            .get(group)
            .map_or_else(Point::default, |rect| Point { x: rect.left, y: rect.top });
        let placed = moved(std::mem::take(&mut placements[group]), corner);
        insides[group].settle(placed, &sizes, &mut whole);
    }
    Some(whole)
}

fn flat(part: &Sketch) -> Option<Placement> {
    let ranker = layered::Ranker::NetworkSimplex;
    let placed = islands::place(part, |island| layered::place(island, ranker))?;
    soundness::is_sound(part, &placed).then_some(placed)
}

/// How deep each group lies.
fn depths(groups: &[Node]) -> Vec<usize> {
    let mut depths: Vec<Option<usize>> = vec![None; groups.len()];
    for start in 0..groups.len() {
        let mut way = Vec::new();
        let mut at = Some(start);
        while let Some(group) = at.filter(|group| depths[*group].is_none()) {
            way.push(group);
            at = groups[group].group;
        }
        let first = at.and_then(|group| depths[group]).map_or(0, |depth| depth + 1);
        for (depth, group) in (first..).zip(way.into_iter().rev()) {
            depths[group] = Some(depth);
        }
    }
    depths.into_iter().map(Option::unwrap_or_default).collect()
}

/// What lies inside each group, and at last what lies at the top.
fn insides(sketch: &Sketch, depths: &[usize]) -> Option<Vec<Inside>> {
    let top = sketch.groups.len();
    let mut insides: Vec<Inside> = (0..=top).map(|_| Inside::default()).collect();
    for (at, node) in sketch.nodes.iter().enumerate() {
        insides[node.group.unwrap_or(top)].nodes.push(at);
    }
    for (at, group) in sketch.groups.iter().enumerate() {
        insides[group.group.unwrap_or(top)].groups.push(at);
    }
    for (at, wire) in sketch.wires.iter().enumerate() {
        let group = sketch.nodes[wire.source].group;
        if group != sketch.nodes[wire.target].group {
            return None;
        }
        insides[group.unwrap_or(top)].wires.push(at);
    }
    for &(source, target) in &sketch.ties {
        let (around, one, other) = meeting(sketch, depths, source, target);
        insides[around.unwrap_or(top)].ties.insert((one, other));
    }
    Some(insides)
}

/// The innermost group around both nodes, and what of it holds the one and the other: a node, or,
/// counted on from the nodes, a group.
fn meeting(
    sketch: &Sketch,
    depths: &[usize],
    source: usize,
    target: usize,
) -> (Option<usize>, usize, usize) {
    let count = sketch.nodes.len();
    let depth = |group: Option<usize>| group.map_or(0, |group| depths[group] + 1);
    let out = |at: Option<usize>, unit: usize| match at {
        Some(group) => (sketch.groups[group].group, count + group),
        None => (None, unit),
    };
    let (mut one, mut other) =
        ((sketch.nodes[source].group, source), (sketch.nodes[target].group, target));
    while one.0 != other.0 {
        if depth(one.0) >= depth(other.0) {
            one = out(one.0, one.1);
        } else {
            other = out(other.0, other.1);
        }
    }
    (one.0, one.1, other.1)
}

impl Inside {
    /// The nodes, then the groups as nodes; the wires, then the ties that are worth their cost.
    fn sketch(&self, whole: &Sketch, sizes: &[Size]) -> Sketch {
        let count = whole.nodes.len();
        let node = |at: usize| self.nodes.binary_search(&at).ok();
        let group = |at: usize| self.groups.binary_search(&at).ok();
        let unit = |at: usize| match at.checked_sub(count) {
            None => node(at),
            Some(at) => group(at).map(|at| self.nodes.len() + at),
        };
        let nodes = self.nodes.iter().map(|at| Node { group: None, ..whole.nodes[*at] });
        let groups = self.groups.iter().map(|at| sizes[*at]);
        let groups = groups.map(|size| Node { size, body: size, ..Node::default() });
        let nodes = nodes.chain(groups);
        let wires = self.wires.iter().filter_map(|at| {
            let wire = &whole.wires[*at];
            Some(Wire { source: node(wire.source)?, target: node(wire.target)?, ..*wire })
        });
        let mut part =
            Sketch { nodes: nodes.collect(), wires: wires.collect(), ..Sketch::default() };
        let wired: BTreeSet<_> = part.wires.iter().map(|wire| (wire.source, wire.target)).collect();
        let ties = self.ties.iter().filter_map(|(one, other)| Some((unit(*one)?, unit(*other)?)));
        let ties: Vec<_> = ties.filter(|tie| tie.0 != tie.1 && !wired.contains(tie)).collect();
        let all: Vec<_> = wired.iter().copied().chain(ties.iter().copied()).collect();
        let kept = span::within(part.nodes.len(), &all, TIES_MAX + wired.len());
        for (tie, _) in ties.iter().zip(&kept[wired.len()..]).filter(|(_, kept)| **kept) {
            part.wires.push(Wire { source: tie.0, target: tie.1, label: Size::default() });
        }
        part
    }

    /// Writes the places of what is inside into the whole.
    fn settle(&self, placed: Placement, sizes: &[Size], whole: &mut Placement) {
        let (nodes, groups) = placed.nodes.split_at(self.nodes.len().min(placed.nodes.len()));
        for (at, center) in self.nodes.iter().zip(nodes) {
            whole.nodes[*at] = *center;
        }
        for (at, center) in self.groups.iter().zip(groups) {
            whole.groups[*at] = Rect::around(*center, sizes[*at]);
        }
        for (at, course) in self.wires.iter().zip(placed.wires) {
            whole.wires[*at] = course;
        }
    }
}

fn moved(mut placed: Placement, by: Point) -> Placement {
    placed.shift(by);
    placed
}
