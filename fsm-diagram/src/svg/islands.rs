//! A sketch in its connected parts, each laid out alone, side by side.
//!
//! A layered layout puts all that nothing leads to on the first rank; a hundred states without rows
//! would be a ribbon.

use std::collections::BTreeMap;

use super::geometry::{Point, Size};
use super::shelves::corners;
use super::sketch::{Node, Placement, Sketch, Wire};

/// Between two parts.
const GAP: f64 = 40.0;

/// A connected part: what it holds, by places in the whole.
#[derive(Default)]
struct Island {
    nodes: Vec<usize>,
    groups: Vec<usize>,
    wires: Vec<usize>,
}

/// A place for everything, where `layout` places a connected sketch; `None` if it fails for one.
pub(super) fn place(
    sketch: &Sketch,
    layout: impl Fn(&Sketch) -> Option<Placement>,
) -> Option<Placement> {
    let islands = islands(sketch);
    let mut parts = Vec::with_capacity(islands.len());
    for island in &islands {
        let part = island.sketch(sketch);
        let placed = layout(&part)?;
        let bounds = placed.bounds(&part);
        parts.push((placed, bounds));
    }
    let sizes =
        parts.iter().map(|(_, bounds)| Size { width: bounds.width(), height: bounds.height() });
    let corners = corners(&sizes.collect::<Vec<_>>(), GAP, sketch.transposed);
    let mut whole = Placement::empty(sketch);
    for ((island, (part, bounds)), corner) in islands.iter().zip(parts).zip(corners) {
        let by = Point { x: corner.x - bounds.left, y: corner.y - bounds.top };
        island.settle(part, by, &mut whole);
    }
    Some(whole)
}

impl Island {
    fn sketch(&self, whole: &Sketch) -> Sketch {
        let place = |among: &[usize], of: usize| among.binary_search(&of).unwrap_or(0);
        let node = |node: &Node| Node {
            group: node.group.map(|group| place(&self.groups, group)),
            ..*node
        };
        let wire = |wire: &Wire| Wire {
            source: place(&self.nodes, wire.source),
            target: place(&self.nodes, wire.target),
            label: wire.label,
        };
        Sketch {
            nodes: self.nodes.iter().map(|at| node(&whole.nodes[*at])).collect(),
            groups: self.groups.iter().map(|at| node(&whole.groups[*at])).collect(),
            wires: self.wires.iter().map(|at| wire(&whole.wires[*at])).collect(),
            ties: Vec::new(),
            transposed: whole.transposed,
        }
    }

    /// Writes the part's places, moved, into the whole.
    fn settle(&self, mut part: Placement, by: Point, whole: &mut Placement) {
        part.shift(by);
        for (at, center) in self.nodes.iter().zip(part.nodes) {
            whole.nodes[*at] = center;
        }
        for (at, rect) in self.groups.iter().zip(part.groups) {
            whole.groups[*at] = rect;
        }
        for (at, course) in self.wires.iter().zip(part.wires) {
            whole.wires[*at] = course;
        }
    }
}

/// The connected parts, in the order of their first node; all that is in a group hangs together.
fn islands(sketch: &Sketch) -> Vec<Island> {
    let count = sketch.nodes.len();
    let mut roots: Vec<usize> = (0..count + sketch.groups.len()).collect();
    for wire in &sketch.wires {
        join(&mut roots, wire.source, wire.target);
    }
    for (at, node) in sketch.nodes.iter().chain(&sketch.groups).enumerate() {
        if let Some(group) = node.group {
            join(&mut roots, at, count + group);
        }
    }
    let mut islands: BTreeMap<usize, Island> = BTreeMap::new();
    for at in 0..roots.len() {
        let island = islands.entry(root(&mut roots, at)).or_default();
        if at < count { island.nodes.push(at) } else { island.groups.push(at - count) }
    }
    for (at, wire) in sketch.wires.iter().enumerate() {
        islands.entry(root(&mut roots, wire.source)).or_default().wires.push(at);
    }
    islands.into_values().collect()
}

/// The least place of the part; halves the way there.
fn root(roots: &mut [usize], mut at: usize) -> usize {
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

fn join(roots: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(roots, one), root(roots, other));
    roots[one.max(other)] = one.min(other);
}
