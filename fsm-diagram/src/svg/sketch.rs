//! What a layout is given, and what it answers: rectangles, groups and wires, without any text.
//!
//! Wires run downwards (or back up). A picture from left to right is a sketch that is mirrored at
//! the diagonal, and mirrored back.

use super::geometry::{Point, Rect, Size};

/// A rectangle that wants a place. For a group, its size where it has nothing inside.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    pub(super) size: Size,
    /// The box that wires lead to: at the left of the rectangle, in the middle of its height.
    pub(super) body: Size,
    pub(super) group: Option<usize>,
    /// Whether it is the dot of an initial state.
    pub(super) is_dot: bool,
}

impl Node {
    /// The rectangle around the box, where the whole has its center there.
    pub(super) fn body_at(&self, center: Point) -> Rect {
        let left = center.x - self.size.width / 2.0;
        let middle = Point { x: left + self.body.width / 2.0, y: center.y };
        Rect::around(middle, self.body)
    }
}

/// A wire from node to node; no two have the same ends in the same order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wire {
    pub(super) source: usize,
    pub(super) target: usize,
    /// Zero if it has no label.
    pub(super) label: Size,
}

/// What a layout is given.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    pub(super) nodes: Vec<Node>,
    pub(super) groups: Vec<Node>,
    pub(super) wires: Vec<Wire>,
    /// Nodes that belong near each other without a wire.
    pub(super) ties: Vec<(usize, usize)>,
    /// Whether the picture is the sketch mirrored at the diagonal.
    pub(super) transposed: bool,
}

/// Where a wire runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// From box to box, by turns down (or up) and aside.
    pub(super) points: Vec<Point>,
    /// The label's center.
    pub(super) label: Point,
}

/// What a layout answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Placement {
    /// Centers.
    pub(super) nodes: Vec<Point>,
    pub(super) groups: Vec<Rect>,
    pub(super) wires: Vec<Course>,
}

impl Placement {
    /// Moves everything by a vector.
    pub(super) fn shift(&mut self, by: Point) {
        let courses = self.wires.iter_mut();
        let points = courses.flat_map(|course| course.points.iter_mut().chain([&mut course.label]));
        for point in self.nodes.iter_mut().chain(points) {
            *point = point.plus(by);
        }
        for group in &mut self.groups {
            *group = group.plus(by);
        }
    }

    /// A placement with room for everything in the sketch.
    pub(super) fn empty(sketch: &Sketch) -> Self {
        Self {
            nodes: vec![Point::default(); sketch.nodes.len()],
            groups: vec![Rect::default(); sketch.groups.len()],
            wires: vec![Course::default(); sketch.wires.len()],
        }
    }

    /// The rectangle around everything.
    pub(super) fn bounds(&self, sketch: &Sketch) -> Rect {
        let nodes = self.nodes.iter().zip(&sketch.nodes);
        let nodes = nodes.map(|(center, node)| Rect::around(*center, node.size));
        let labels = self.wires.iter().zip(&sketch.wires);
        let labels = labels.map(|(course, wire)| Rect::around(course.label, wire.label));
        let bends = self.wires.iter().flat_map(|course| &course.points);
        let bends = bends.map(|point| Rect::around(*point, Size::default()));
        let all = nodes.chain(labels).chain(bends).chain(self.groups.iter().copied());
        all.reduce(Rect::union).unwrap_or_default()
    }
}
