//! Rectangles in rows, like books on shelves: for parts that nothing connects.

use super::geometry::{Point, Size};

/// The width of the shelves to their height, about that of a screen.
const ASPECT: f64 = 1.5;

/// The left top corner of each part, in order, on shelves that together have about the shape of a
/// screen; of one that stands upright if the picture is mirrored.
pub(super) fn corners(parts: &[Size], gap: f64, transposed: bool) -> Vec<Point> {
    let aspect = if transposed { 1.0 / ASPECT } else { ASPECT };
    let area: f64 = parts.iter().map(|part| (part.width + gap) * (part.height + gap)).sum();
    let widest = parts.iter().map(|part| part.width).fold(0.0, f64::max);
    let width = widest.max((area * aspect).sqrt());
    let mut corners = Vec::with_capacity(parts.len());
    let mut next = Point::default();
    let mut height = 0.0_f64;
    for part in parts {
        if next.x > 0.0 && next.x + part.width > width {
            next = Point { x: 0.0, y: next.y + height + gap };
            height = 0.0;
        }
        corners.push(next);
        next.x += part.width + gap;
        height = height.max(part.height);
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_do_not_fit_go_on_the_next_shelf() {
        let part = Size { width: 100.0, height: 40.0 };
        let corners = corners(&[part; 12], 10.0, false);
        assert_eq!(corners[0], Point::default());
        assert!(corners.iter().any(|corner| corner.y >= 50.0));
        assert!(corners.iter().all(|corner| corner.x <= 400.0));
    }
}
