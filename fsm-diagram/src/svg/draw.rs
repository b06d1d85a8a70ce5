//! Lines as they are drawn: rounded at their turns, with heads, and loops at boxes.

use super::geometry::{Point, Rect};
use super::plan::{LOOP_REACH, Plan};
use super::sketch::{Placement, Sketch};

/// The length of an arrow's head, and half its width.
pub(super) const HEAD: f64 = 9.0;
const HEAD_HALF: f64 = 4.5;
/// The radius of a turn, where there is room for it.
const RADIUS: f64 = 9.0;
/// How far a loop's ends are from the middle of the box's side.
const LOOP_HALF: f64 = 9.0;

/// A piece of a line, from where the one before ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Line(Point),
    /// Around a corner.
    Turn(Point, Point),
    Curve(Point, Point, Point),
}

/// A line with its head.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) start: Point,
    pub(super) steps: Vec<Step>,
    pub(super) head: [Point; 3],
    /// The label's rectangle.
    pub(super) label: Option<Rect>,
}

/// A placement in boxes and lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawing {
    pub(super) states: Vec<Rect>,
    pub(super) dots: Vec<Point>,
    /// The plan's links, then the lines of its dots.
    pub(super) lines: Vec<Line>,
    /// By state.
    pub(super) loops: Vec<Option<Line>>,
}

/// Draws everything; mirrored, if the sketch is.
pub(super) fn drawing(plan: &Plan, sketch: &Sketch, placement: &Placement) -> Drawing {
    let bodies = placement.nodes.iter().zip(&sketch.nodes);
    let bodies: Vec<Rect> = bodies.map(|(center, node)| node.body_at(*center)).collect();
    let (states, dots) = bodies.split_at(plan.boxes.len().min(bodies.len()));
    let lines = sketch.wires.iter().zip(&placement.wires).map(|(wire, course)| {
        let labelled = wire.label.width > 0.0;
        let label = labelled.then(|| Rect::around(course.label, wire.label));
        line(&course.points, label)
    });
    let loops = plan.boxes.iter().zip(states).map(|(state, rect)| {
        let label = state.own_loop.as_ref()?;
        let size = if sketch.transposed { label.size.transposed() } else { label.size };
        let center = Point { x: rect.right + LOOP_REACH + size.width / 2.0, y: rect.center().y };
        Some(own_loop(rect, (size.width > 0.0).then(|| Rect::around(center, size))))
    });
    Drawing {
        loops: loops.collect(),
        dots: dots.iter().map(Rect::center).collect(),
        lines: lines.collect(),
        states: states.to_vec(),
    }
}

/// A line through points that lie by turns below and beside each other.
fn line(points: &[Point], label: Option<Rect>) -> Line {
    let start = points.first().copied().unwrap_or_default();
    let tip = points.last().copied().unwrap_or_default();
    let before = points.iter().rev().nth(1).copied().unwrap_or_default();
    let way = if tip.y >= before.y { 1.0 } else { -1.0 };
    let base = tip.y - way * HEAD;
    let mut steps = Vec::new();
    let mut at = start;
    for (place, corner) in points.iter().enumerate().skip(1) {
        let Some(next) = points.get(place + 1) else { break };
        // Half of the way is left for the next turn.
        let room =
            |one: Point, other: Point| ((one.x - other.x).abs() + (one.y - other.y).abs()) / 2.0;
        let radius = RADIUS.min(room(points[place - 1], *corner)).min(room(*corner, *next));
        let from = toward(*corner, points[place - 1], radius);
        if from != at {
            steps.push(Step::Line(from));
        }
        at = toward(*corner, *next, radius);
        steps.push(Step::Turn(*corner, at));
    }
    steps.push(Step::Line(Point { x: tip.x, y: base + way }));
    let head =
        [tip, Point { x: tip.x - HEAD_HALF, y: base }, Point { x: tip.x + HEAD_HALF, y: base }];
    Line { start, steps, head, label }
}

/// The point on the way from one point to another that is beside or below it.
fn toward(from: Point, to: Point, by: f64) -> Point {
    let along =
        |from: f64, to: f64| if from == to { from } else { from + by * (to - from).signum() };
    Point { x: along(from.x, to.x), y: along(from.y, to.y) }
}

/// A loop at the right side.
fn own_loop(rect: &Rect, label: Option<Rect>) -> Line {
    let (side, middle) = (rect.right, rect.center().y);
    let at = |x: f64, y: f64| Point { x: side + x, y: middle + y };
    let curve = Step::Curve(at(32.0, -20.0), at(32.0, LOOP_HALF), at(HEAD - 1.0, LOOP_HALF));
    let head =
        [at(0.0, LOOP_HALF), at(HEAD, LOOP_HALF - HEAD_HALF), at(HEAD, LOOP_HALF + HEAD_HALF)];
    Line { start: at(0.0, -LOOP_HALF), steps: vec![curve], head, label }
}

impl Step {
    /// The step with each of its points changed.
    fn map(self, change: impl Fn(Point) -> Point) -> Self {
        match self {
            Self::Line(to) => Self::Line(change(to)),
            Self::Turn(corner, to) => Self::Turn(change(corner), change(to)),
            Self::Curve(one, other, to) => Self::Curve(change(one), change(other), change(to)),
        }
    }

    const fn points(self) -> [Point; 3] {
        match self {
            Self::Line(to) => [to, to, to],
            Self::Turn(corner, to) => [corner, to, to],
            Self::Curve(one, other, to) => [one, other, to],
        }
    }
}

impl Line {
    /// The line mirrored at the diagonal.
    pub(super) fn transposed(&self) -> Self {
        Self {
            start: self.start.transposed(),
            steps: self.steps.iter().map(|step| step.map(Point::transposed)).collect(),
            head: self.head.map(Point::transposed),
            label: self.label.map(Rect::transposed),
        }
    }

    /// Moves the line by a vector.
    pub(super) fn shift(&mut self, by: Point) {
        self.start = self.start.plus(by);
        self.head = self.head.map(|point| point.plus(by));
        self.label = self.label.map(|rect| rect.plus(by));
        for step in &mut self.steps {
            *step = step.map(|point| point.plus(by));
        }
    }

    /// The rectangle around the line, its head and its label.
    pub(super) fn bounds(&self) -> Rect {
        let points = self.steps.iter().flat_map(|step| step.points());
        let points = points.chain(self.head).chain([self.start]);
        let points = points.map(|Point { x, y }| Rect { left: x, top: y, right: x, bottom: y });
        points.chain(self.label).reduce(Rect::union).unwrap_or_default()
    }
}
