//! The picture's arrangement: several are tried, and the one that is read best is taken.

use super::draw::{self, Drawing, Line};
use super::geometry::{Point, Rect, Size};
use super::layered::{self, Ranker};
use super::plan::{DOT, Listing, Plan};
use super::sketch::{Placement, Sketch};
use super::{islands, nested, soundness};
use crate::Diagram;

/// With more states, groups are laid out one by one.
const COMPOUND_STATES_MAX: usize = 160;
/// With more groups, they are laid out one by one.
const COMPOUND_GROUPS_MAX: usize = 30;
/// With more states and groups, only the direction from top to bottom is tried.
const BOTH_DIRECTIONS_MAX: usize = 100;
/// Around the picture.
const MARGIN: f64 = 16.0;
/// A picture up to this size is read without scaling.
const SCREEN: Size = Size { width: 1200.0, height: 900.0 };
/// How much better from left to right must be: from top to bottom is what readers expect.
const PREFERENCE: f64 = 1.1;

/// Everything in its place.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) plan: Plan,
    pub(super) size: Size,
    pub(super) drawing: Drawing,
    pub(super) groups: Vec<Rect>,
}

/// The best arrangement.
pub(super) fn picture(diagram: &Diagram) -> Picture {
    let plan = Plan::new(diagram, Listing::Longest);
    if let Some(picture) = whole(diagram, &plan) {
        return picture;
    }
    let plan = Plan::new(diagram, Listing::Crossing);
    let sketch = plan.sketch(diagram, false);
    if let Some(placement) = nested::place(&sketch) {
        return Picture::new(plan, &sketch, &placement);
    }
    let plan = Plan::new(diagram, Listing::All);
    let sketch = Sketch { ties: Vec::new(), ..plan.sketch(diagram, false) };
    // Rectangles without wires have nothing that could fail.
    let placement = nested::place(&sketch).unwrap_or_else(|| Placement::empty(&sketch));
    Picture::new(plan, &sketch, &placement)
}

/// All of it laid out at once, in the direction that needs less of a screen.
fn whole(diagram: &Diagram, plan: &Plan) -> Option<Picture> {
    let (states, groups) = (diagram.states.len(), diagram.groups.len());
    if groups > 0 && (states > COMPOUND_STATES_MAX || groups > COMPOUND_GROUPS_MAX) {
        return None;
    }
    let down = sound(diagram, plan, false);
    if states + groups > BOTH_DIRECTIONS_MAX {
        return down;
    }
    match (down, sound(diagram, plan, true)) {
        (Some(down), Some(right)) if right.scale() > down.scale() * PREFERENCE => Some(right),
        (down, right) => down.or(right),
    }
}

/// The first arrangement that is sound.
fn sound(diagram: &Diagram, plan: &Plan, transposed: bool) -> Option<Picture> {
    let sketch = plan.sketch(diagram, transposed);
    let rankers = [Ranker::NetworkSimplex, Ranker::TightTree, Ranker::LongestPath];
    let placement = rankers.into_iter().find_map(|ranker| {
        let placement = islands::place(&sketch, |island| layered::place(island, ranker))?;
        soundness::is_sound(&sketch, &placement).then_some(placement)
    })?;
    Some(Picture::new(plan.clone(), &sketch, &placement))
}

impl Picture {
    fn new(plan: Plan, sketch: &Sketch, placement: &Placement) -> Self {
        let drawing = draw::drawing(&plan, sketch, placement);
        let groups = placement.groups.clone();
        let mut picture = Self { plan, size: Size::default(), drawing, groups };
        if sketch.transposed {
            picture.transpose();
        }
        let bounds = picture.bounds().grown(MARGIN);
        picture.shift(Point { x: -bounds.left, y: -bounds.top });
        picture.size = Size { width: bounds.width().ceil(), height: bounds.height().ceil() };
        picture
    }

    /// How much of its size is left on a screen.
    fn scale(&self) -> f64 {
        let wide = SCREEN.width / self.size.width;
        let high = SCREEN.height / self.size.height;
        wide.min(high).min(1.0)
    }

    fn transpose(&mut self) {
        let drawing = &mut self.drawing;
        for rect in drawing.states.iter_mut().chain(&mut self.groups) {
            *rect = rect.transposed();
        }
        for dot in &mut drawing.dots {
            *dot = dot.transposed();
        }
        for line in drawing.lines.iter_mut().chain(drawing.loops.iter_mut().flatten()) {
            *line = line.transposed();
        }
    }

    fn shift(&mut self, by: Point) {
        let drawing = &mut self.drawing;
        for rect in drawing.states.iter_mut().chain(&mut self.groups) {
            *rect = rect.plus(by);
        }
        for dot in &mut drawing.dots {
            *dot = dot.plus(by);
        }
        for line in drawing.lines.iter_mut().chain(drawing.loops.iter_mut().flatten()) {
            line.shift(by);
        }
    }

    fn bounds(&self) -> Rect {
        let drawing = &self.drawing;
        let dot = Size { width: DOT, height: DOT };
        let dots = drawing.dots.iter().map(|center| Rect::around(*center, dot));
        let lines = drawing.lines.iter().chain(drawing.loops.iter().flatten()).map(Line::bounds);
        let boxes = drawing.states.iter().chain(&self.groups).copied();
        boxes.chain(dots).chain(lines).reduce(Rect::union).unwrap_or_default()
    }
}
