//! A picture read back from its SVG, and what it promises about places.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

use std::collections::BTreeMap;

use fsm_diagram::Diagram;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What rounding to a tenth of a pixel may cost.
const SLACK: f64 = 0.3;

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area(f64, f64, f64, f64);

impl Area {
    fn overlaps(&self, other: &Self) -> bool {
        self.0 + SLACK < other.2
            && other.0 + SLACK < self.2
            && self.1 + SLACK < other.3
            && other.1 + SLACK < self.3
    }

    fn contains(&self, other: &Self) -> bool {
        self.0 <= other.0 + SLACK
            && self.1 <= other.1 + SLACK
            && self.2 + SLACK >= other.2
            && self.3 + SLACK >= other.3
    }
}

type Attributes = BTreeMap<String, String>;

/// A picture.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) size: (f64, f64),
    states: Vec<(String, Area)>,
    groups: Vec<(String, Area)>,
    labels: Vec<Area>,
    rows: Vec<(usize, String, String)>,
    /// The lines' points, without the ends, which touch boxes.
    lines: Vec<Vec<(f64, f64)>>,
}

impl Page {
    /// Reads a picture; panics if it is not well-formed.
    pub(crate) fn read(picture: &str) -> Self {
        let mut reader = Reader::from_str(picture);
        let mut page = Self::default();
        // The element around: its class and its attributes.
        let mut around: Vec<Attributes> = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => around.push(attributes(&start)),
                Event::Empty(element) => page.shape(&element, around.last()),
                Event::End(_) => {
                    around.pop().unwrap();
                }
                Event::Eof => break,
                _ => {}
            }
            if let Some(own) = around.last_mut().filter(|own| !own.contains_key("seen")) {
                page.element(own);
                own.insert("seen".to_owned(), String::new());
            }
        }
        assert!(around.is_empty(), "elements are left open");
        page
    }

    fn element(&mut self, own: &Attributes) {
        if own.contains_key("viewBox") {
            self.size = (number(&own["width"]), number(&own["height"]));
        }
        if let Some(row) = own.get("data-row") {
            let ends = (own["data-source"].clone(), own["data-target"].clone());
            self.rows.push((row.parse().unwrap(), ends.0, ends.1));
        }
    }

    fn shape(&mut self, element: &BytesStart<'_>, around: Option<&Attributes>) {
        let own = attributes(element);
        let class = around.and_then(|around| around.get("class")).map_or("", String::as_str);
        let is_inset = own.get("class").is_some_and(|class| class == "inset");
        match element.name().as_ref() {
            "rect" if own.contains_key("x") && !is_inset => {
                let (left, top) = (number(&own["x"]), number(&own["y"]));
                let area =
                    Area(left, top, left + number(&own["width"]), top + number(&own["height"]));
                match class.split(' ').next() {
                    Some("state") => {
                        self.states.push((around.unwrap()["data-state"].clone(), area))
                    }
                    Some("group") => {
                        self.groups.push((around.unwrap()["data-group"].clone(), area))
                    }
                    Some("label") => self.labels.push(area),
                    _ => panic!("a rectangle in {class:?}"),
                }
            }
            "path" if class.contains("line") => self.lines.push(points(&own["d"])),
            _ => {}
        }
    }

    /// Every state, every group and every row is there, once.
    pub(crate) fn holds(&self, diagram: &Diagram) {
        let states: Vec<_> = self.states.iter().map(|(name, _)| name.clone()).collect();
        let expected: Vec<_> = diagram.states.iter().map(|state| said(&state.name)).collect();
        assert_eq!(states, expected);
        let mut groups: Vec<_> = self.groups.iter().map(|(name, _)| name.clone()).collect();
        groups.sort();
        let mut expected: Vec<_> = diagram.groups.iter().map(|group| said(&group.name)).collect();
        expected.sort();
        assert_eq!(groups, expected);
        let mut rows = self.rows.clone();
        rows.sort();
        let expected: Vec<_> = diagram
            .edges
            .iter()
            .enumerate()
            .map(|(row, edge)| {
                let name = |state: usize| said(&diagram.states[state].name);
                (row, name(edge.source), name(edge.target))
            })
            .collect();
        assert_eq!(rows, expected);
    }

    /// No two states and no label and state overlap; all lies in the picture.
    pub(crate) fn is_apart(&self) {
        let picture = Area(0.0, 0.0, self.size.0, self.size.1);
        for (at, (name, area)) in self.states.iter().enumerate() {
            assert!(picture.contains(area), "{name} lies outside");
            for (other, elsewhere) in &self.states[at + 1..] {
                assert!(!area.overlaps(elsewhere), "{name} lies on {other}");
            }
            for label in &self.labels {
                assert!(!area.overlaps(label), "a label lies on {name}");
            }
        }
        for (at, label) in self.labels.iter().enumerate() {
            assert!(picture.contains(label), "a label lies outside");
            let others = &self.labels[at + 1..];
            assert!(!others.iter().any(|other| label.overlaps(other)), "labels overlap");
        }
    }

    /// A group holds its states and groups, and no others. Its names are unique.
    pub(crate) fn groups_hold(&self, diagram: &Diagram) {
        let place = |name: &str| diagram.groups.iter().position(|group| said(&group.name) == name);
        let is_in = |group: usize, within: Option<usize>| {
            let up = |at: &usize| diagram.groups[*at].parent;
            std::iter::successors(within, up).any(|at| at == group)
        };
        for (name, area) in &self.groups {
            let group = place(name).unwrap();
            for ((state, inside), spec) in self.states.iter().zip(&diagram.states) {
                if is_in(group, spec.group) {
                    assert!(area.contains(inside), "{state} lies outside of {name}");
                } else {
                    assert!(!area.overlaps(inside), "{state} lies in {name}");
                }
            }
            for (other, inside) in self.groups.iter().filter(|(other, _)| other != name) {
                let other_group = place(other).unwrap();
                if is_in(group, diagram.groups[other_group].parent) {
                    assert!(area.contains(inside), "{other} lies outside of {name}");
                } else if !is_in(other_group, diagram.groups[group].parent) {
                    assert!(!area.overlaps(inside), "{other} lies on {name}");
                }
            }
        }
    }

    /// No line crosses a state: only its first and its last point touch one.
    pub(crate) fn lines_are_clear(&self) {
        for line in &self.lines {
            for (at, pair) in line.windows(2).enumerate() {
                let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
                let area = Area(x1.min(x2), y1.min(y2), x1.max(x2), y1.max(y2));
                for (name, state) in &self.states {
                    let thick = Area(area.0 - 0.5, area.1 - 0.5, area.2 + 0.5, area.3 + 0.5);
                    let inner = Area(state.0 + 1.0, state.1 + 1.0, state.2 - 1.0, state.3 - 1.0);
                    assert!(!inner.overlaps(&thick), "piece {at} of a line crosses {name}");
                }
            }
        }
    }
}

/// The text as XML can say it.
fn said(text: &str) -> String {
    text.replace('\u{0}', "\u{fffd}")
}

fn attributes(element: &BytesStart<'_>) -> Attributes {
    let attributes = element.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let key = attribute.key.as_ref().to_owned();
        (key, quick_xml::escape::unescape(&attribute.value).unwrap().into_owned())
    });
    attributes.collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// The corners of a path.
fn points(path: &str) -> Vec<(f64, f64)> {
    let mut numbers = Vec::new();
    for part in path.split(|c: char| c == ' ' || c.is_ascii_uppercase()) {
        if !part.is_empty() {
            numbers.push(number(part));
        }
    }
    // A loop stands beside its box, whose border it touches.
    if path.contains('C') {
        return Vec::new();
    }
    numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
}
