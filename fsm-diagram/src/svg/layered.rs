//! Places from the crate `dugong`, a port of dagre: layers, few crossings, groups around their own.

use dugong::graphlib::{Graph, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel};

use super::geometry::{Point, Rect, Size};
use super::route::{self, Ranked};
use super::sketch::{Placement, Sketch};

/// Between two neighbours in a rank.
const NODE_GAP: f64 = 36.0;
/// Between two wires or labels in a rank.
const WIRE_GAP: f64 = 20.0;
/// Between two ranks of states; a rank of labels lies between them.
const RANK_GAP: f64 = 68.0;

/// How nodes are assigned to ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ranker {
    /// Short wires altogether.
    NetworkSimplex,
    TightTree,
    LongestPath,
}

type Layout = Graph<NodeLabel, EdgeLabel, GraphLabel>;

/// A place for everything; `None` if the crate leaves something out.
pub(super) fn place(sketch: &Sketch, ranker: Ranker) -> Option<Placement> {
    if let ([only], [], []) = (&*sketch.nodes, &*sketch.groups, &*sketch.wires) {
        let center = Point { x: only.size.width / 2.0, y: only.size.height / 2.0 };
        let mut placement = Placement::empty(sketch);
        placement.nodes[0] = center;
        return Some(placement);
    }
    let mut layout = graph(sketch, ranker);
    dugong::layout_dagreish(&mut layout);
    Some(route::lead(sketch, read(sketch, &layout)?))
}

fn node_name(node: usize) -> String {
    format!("n{node}")
}

fn group_name(group: usize) -> String {
    format!("g{group}")
}

fn graph(sketch: &Sketch, ranker: Ranker) -> Layout {
    let mut graph = Layout::new(GraphOptions { directed: true, multigraph: true, compound: true });
    let ranker = match ranker {
        Ranker::NetworkSimplex => None,
        Ranker::TightTree => Some("tight-tree".to_owned()),
        Ranker::LongestPath => Some("longest-path".to_owned()),
    };
    graph.set_graph(GraphLabel {
        nodesep: NODE_GAP,
        edgesep: WIRE_GAP,
        ranksep: RANK_GAP,
        ranker,
        ..GraphLabel::default()
    });
    // The search for cycles begins with the first node: from the dots of initial states, rows lead
    // down where they can.
    let nodes = 0..sketch.nodes.len();
    let (dots, rest): (Vec<usize>, Vec<usize>) = nodes.partition(|node| sketch.nodes[*node].is_dot);
    for node in dots.into_iter().chain(rest) {
        graph.set_node(node_name(node), sized(sketch.nodes[node].size));
    }
    for (group, spec) in sketch.groups.iter().enumerate() {
        graph.set_node(group_name(group), sized(spec.size));
    }
    for (group, spec) in sketch.groups.iter().enumerate() {
        if let Some(parent) = spec.group {
            graph.set_parent(group_name(group), group_name(parent));
        }
    }
    for (node, spec) in sketch.nodes.iter().enumerate() {
        if let Some(group) = spec.group {
            graph.set_parent(node_name(node), group_name(group));
        }
    }
    for wire in &sketch.wires {
        let weight = if wire.label.width > 0.0 { 1.0 } else { 2.0 };
        let label = EdgeLabel {
            width: wire.label.width,
            height: wire.label.height,
            weight,
            ..EdgeLabel::default()
        };
        graph.set_edge_named(
            node_name(wire.source),
            node_name(wire.target),
            None::<String>,
            Some(label),
        );
    }
    graph
}

fn sized(size: Size) -> NodeLabel {
    NodeLabel { width: size.width, height: size.height, ..NodeLabel::default() }
}

/// What the crate answers: centers, and the points where wires pass ranks.
fn read(sketch: &Sketch, layout: &Layout) -> Option<Ranked> {
    let mut ranked = Ranked::default();
    for node in 0..sketch.nodes.len() {
        let placed = layout.node(&node_name(node))?;
        ranked.nodes.push(Point { x: placed.x?, y: placed.y? });
    }
    for group in 0..sketch.groups.len() {
        let placed = layout.node(&group_name(group))?;
        let center = Point { x: placed.x?, y: placed.y? };
        let size = Size { width: placed.width, height: placed.height };
        ranked.groups.push(Rect::around(center, size));
    }
    for wire in &sketch.wires {
        let edge = layout.edge(&node_name(wire.source), &node_name(wire.target), None)?;
        // The first and the last point lie on the nodes' borders; they are chosen anew.
        let between = edge.points.len().saturating_sub(1).max(1);
        let points = edge.points.get(1..between)?;
        let bends: Vec<Point> = points.iter().map(|at| Point { x: at.x, y: at.y }).collect();
        // Where nothing is written, any point of the wire will do.
        let label = if wire.label.width > 0.0 {
            Point { x: edge.x?, y: edge.y? }
        } else {
            bends.first().copied().unwrap_or(ranked.nodes[wire.source])
        };
        ranked.wires.push((bends, label));
    }
    Some(ranked)
}
