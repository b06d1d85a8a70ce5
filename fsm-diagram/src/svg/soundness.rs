//! Whether a placement keeps what the picture promises: nothing overlaps, and a group's rectangle
//! holds exactly what belongs to it.
//!
//! Layered layouts keep all of it nearly always, but none promises that groups do. So every
//! placement is checked, and another one is taken where a check fails.

use super::geometry::Rect;
use super::sketch::{Placement, Sketch};

/// Room for a group's name above what it holds.
const HEAD: f64 = 18.0;
/// Room between a group's border and what it holds.
const SIDE: f64 = 6.0;
/// What rounding may cost.
const SLACK: f64 = 0.01;

/// Whether everything lies where it may.
pub(super) fn is_sound(sketch: &Sketch, placement: &Placement) -> bool {
    let nodes = placement.nodes.iter().zip(&sketch.nodes);
    let nodes: Vec<Rect> = nodes.map(|(center, node)| Rect::around(*center, node.size)).collect();
    let labels = placement.wires.iter().zip(&sketch.wires);
    let labels = labels.filter(|(_, wire)| wire.label.width > 0.0);
    let labels = labels.map(|(course, wire)| Rect::around(course.label, wire.label));
    let boxes: Vec<Rect> = nodes.iter().copied().chain(labels).collect();
    let all = boxes.iter().chain(&placement.groups);
    all.clone().all(is_finite) && are_apart(&boxes) && groups_hold(sketch, placement, &nodes)
}

fn is_finite(rect: &Rect) -> bool {
    [rect.left, rect.top, rect.right, rect.bottom].iter().all(|side| side.is_finite())
}

/// Whether no two overlap. They are met from left to right, so that only neighbours are compared.
fn are_apart(boxes: &[Rect]) -> bool {
    let mut boxes: Vec<Rect> = boxes.iter().map(|rect| rect.grown(-SLACK)).collect();
    boxes.sort_by(|one, other| one.left.total_cmp(&other.left));
    boxes.iter().enumerate().all(|(at, rect)| {
        let reached = boxes[at + 1..].iter().take_while(|other| other.left < rect.right);
        reached.into_iter().all(|other| !rect.overlaps(other))
    })
}

fn groups_hold(sketch: &Sketch, placement: &Placement, nodes: &[Rect]) -> bool {
    let groups = || placement.groups.iter().enumerate();
    groups().all(|(group, rect)| {
        let room = if sketch.transposed { rect.transposed() } else { *rect };
        let head = Rect { top: room.top + HEAD - SIDE, ..room }.grown(-SIDE);
        let room = if sketch.transposed { head.transposed() } else { head };
        let nodes = nodes.iter().zip(&sketch.nodes).all(|(node, spec)| {
            if spec.is_dot {
                // A dot may lie anywhere but on a box.
                return true;
            }
            if is_around(sketch, group, spec.group) {
                room.contains(node)
            } else {
                !rect.overlaps(node)
            }
        });
        let inner = groups().filter(|(other, _)| *other != group).all(|(other, inner)| {
            if is_around(sketch, group, sketch.groups[other].group) {
                room.contains(inner)
            } else {
                is_around(sketch, other, sketch.groups[group].group) || !rect.overlaps(inner)
            }
        });
        nodes && inner
    })
}

/// Whether the group is `within` or one around it.
fn is_around(sketch: &Sketch, group: usize, mut within: Option<usize>) -> bool {
    while let Some(at) = within {
        if at == group {
            return true;
        }
        within = sketch.groups[at].group;
    }
    false
}
