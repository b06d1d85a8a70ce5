//! The picture as markup: groups, lines, boxes, and labels above all of them.

use std::fmt::Write as _;

use super::arrange::Picture;
use super::draw::{Line, Step};
use super::geometry::{Point, Rect};
use super::lettering::{LINE_HEIGHT, NAME_SIZE, TEXT_SIZE, fitted, full};
use super::markup::{escaped, number};
use super::options::Options;
use super::plan::{DOT, HEAD_HEIGHT, Label, StateBox, Text};
use crate::Diagram;

/// From a line's middle to the baseline of its text, by the text's size.
const BASELINE: f64 = 0.35;
/// From a final state's outer border to its inner one.
const INSET: f64 = 4.0;

/// A document under way. Writing to a String cannot fail, so what `write!` answers is dropped.
struct Page<'a> {
    diagram: &'a Diagram,
    picture: &'a Picture,
    options: &'a Options,
    /// Whether each state and each row is lit.
    lit_states: Vec<bool>,
    lit_rows: Vec<bool>,
    text: String,
}

/// The whole document.
pub(super) fn document(diagram: &Diagram, picture: &Picture, options: &Options) -> String {
    let lit = |places: &[usize], count: usize| {
        let mut lit = vec![false; count];
        for place in places.iter().filter(|place| **place < count) {
            lit[*place] = true;
        }
        lit
    };
    let mut page = Page {
        diagram,
        picture,
        options,
        lit_states: lit(&options.highlight.states, diagram.states.len()),
        lit_rows: lit(&options.highlight.edges, diagram.edges.len()),
        text: String::new(),
    };
    page.head();
    page.groups();
    page.lines();
    for state in 0..picture.plan.boxes.len() {
        page.state(state);
    }
    page.labels();
    page.text.push_str("</svg>\n");
    page.text
}

impl Page<'_> {
    fn head(&mut self) {
        let (width, height) = (number(self.picture.size.width), number(self.picture.size.height));
        let theme = self.options.theme;
        let subdued = if self.options.highlight.is_empty() { "" } else { " subdued" };
        let name = match self.diagram.name.as_str() {
            "" => "State diagram",
            name => name,
        };
        let _ = writeln!(
            self.text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
             class=\"fsm-diagram {}{subdued}\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">",
            theme.class()
        );
        let _ = writeln!(self.text, "<title>{}</title>", escaped(name));
        let _ = writeln!(self.text, "<style>{}</style>", theme.style().replace('>', "&gt;"));
        let _ =
            writeln!(self.text, "<rect class=\"canvas\" width=\"{width}\" height=\"{height}\"/>");
    }

    /// Groups from the outside in: a group is larger than what it holds.
    fn groups(&mut self) {
        let rects = &self.picture.groups;
        let mut order: Vec<usize> = (0..rects.len()).collect();
        let area = |group: usize| rects[group].width() * rects[group].height();
        order.sort_by(|one, other| area(*other).total_cmp(&area(*one)));
        for group in order {
            let (name, rect) = (&self.diagram.groups[group].name, &rects[group]);
            let escaped_name = escaped(name);
            let shown = escaped(&fitted(name, TEXT_SIZE, rect.width() - 20.0));
            let at = Point { x: rect.left + 10.0, y: rect.top + 16.0 };
            let _ = writeln!(
                self.text,
                "<g class=\"group\" data-group=\"{escaped_name}\"><title>{escaped_name}</title>\
                 <rect {} rx=\"10\"/><text {}>{shown}</text></g>",
                area_of(rect),
                place(at)
            );
        }
    }

    /// Lines, the lit ones last so that they lie on top.
    fn lines(&mut self) {
        let picture = self.picture;
        let links = picture.plan.links.iter().map(|link| &link.label.rows);
        let links = links.zip(&picture.drawing.lines);
        let loops = picture.plan.boxes.iter().zip(&picture.drawing.loops);
        let loops = loops
            .filter_map(|(state, line)| Some((&state.own_loop.as_ref()?.rows, line.as_ref()?)));
        let all: Vec<(&Vec<usize>, &Line)> = links.chain(loops).collect();
        let (lit, plain): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|(rows, _)| rows.iter().any(|row| self.lit_rows[*row]));
        for (rows, line) in plain {
            self.line(rows, line, "line");
        }
        for (rows, line) in lit {
            self.line(rows, line, "line lit");
        }
        self.starts();
    }

    fn line(&mut self, rows: &[usize], line: &Line, class: &str) {
        let places: Vec<String> = rows.iter().map(usize::to_string).collect();
        let texts: Vec<String> = rows.iter().map(|row| self.row_title(*row)).collect();
        let _ = writeln!(
            self.text,
            "<g class=\"{class}\" data-rows=\"{}\"><title>{}</title>{}</g>",
            places.join(" "),
            escaped(&texts.join("\n")),
            drawn(line)
        );
    }

    fn starts(&mut self) {
        let drawing = &self.picture.drawing;
        let lines = drawing.lines.iter().skip(self.picture.plan.links.len());
        for ((dot, line), start) in drawing.dots.iter().zip(lines).zip(&self.picture.plan.starts) {
            let name = escaped(&self.diagram.states[start.state].name);
            let _ = writeln!(
                self.text,
                "<g class=\"start line\" data-initial=\"{name}\">{}\
                 <circle cx=\"{}\" cy=\"{}\" r=\"{}\"/></g>",
                drawn(line),
                number(dot.x),
                number(dot.y),
                number(DOT / 2.0)
            );
        }
    }

    fn state(&mut self, state: usize) {
        let picture = self.picture;
        let (spec, boxed) = (&self.diagram.states[state], &picture.plan.boxes[state]);
        let rect = &picture.drawing.states[state];
        let class = if self.lit_states[state] { "state lit" } else { "state" };
        let name = escaped(&spec.name);
        let title = if spec.docs.is_empty() {
            name.clone()
        } else {
            format!("{name}&#10;{}", escaped(&spec.docs))
        };
        let _ = write!(
            self.text,
            "<g class=\"{class}\" data-state=\"{name}\"><title>{title}</title>\
             <rect {} rx=\"9\"/>",
            area_of(rect)
        );
        let mut inside = *rect;
        if spec.is_final {
            inside = rect.grown(-INSET);
            let _ = write!(self.text, "<rect class=\"inset\" {} rx=\"6\"/>", area_of(&inside));
        }
        self.name(boxed, &inside);
        self.entries(boxed, &inside);
        self.text.push_str("</g>\n");
    }

    fn name(&mut self, boxed: &StateBox, inside: &Rect) {
        let middle = if boxed.entries.is_empty() {
            inside.center().y
        } else {
            inside.top + (HEAD_HEIGHT - 6.0) / 2.0
        };
        let at = Point { x: inside.center().x, y: middle + NAME_SIZE * BASELINE };
        let name = escaped(&boxed.name);
        let _ = write!(self.text, "<text class=\"name\" {}>{name}</text>", place(at));
    }

    fn entries(&mut self, boxed: &StateBox, inside: &Rect) {
        if boxed.entries.is_empty() {
            return;
        }
        let (left, right) = (number(inside.left), number(inside.right));
        let rule = number(inside.top + HEAD_HEIGHT - 6.0);
        let _ = write!(self.text, "<path d=\"M{left} {rule}H{right}\"/>");
        let mut middle = inside.top + HEAD_HEIGHT + LINE_HEIGHT / 2.0;
        for entry in &boxed.entries {
            let at = Point { x: inside.left + 12.0, y: middle + TEXT_SIZE * BASELINE };
            self.row(entry.row, &[(entry, at)]);
            middle += LINE_HEIGHT;
        }
    }

    fn labels(&mut self) {
        let picture = self.picture;
        for (link, line) in picture.plan.links.iter().zip(&picture.drawing.lines) {
            self.label(&link.label, line);
        }
        for (state, line) in picture.plan.boxes.iter().zip(&picture.drawing.loops) {
            if let (Some(label), Some(line)) = (&state.own_loop, line) {
                self.label(label, line);
            }
        }
    }

    fn label(&mut self, label: &Label, line: &Line) {
        let grouped = line.label.is_some_and(|rect| self.is_grouped(&rect));
        let class = if grouped { "label grouped" } else { "label" };
        let _ = write!(self.text, "<g class=\"{class}\">");
        if let Some(rect) = &line.label {
            let _ = write!(self.text, "<rect {} rx=\"5\"/>", area_of(rect));
        }
        let rect = line.label.unwrap_or_default();
        let mut at = Point {
            x: rect.center().x,
            y: rect.top + 2.0 + LINE_HEIGHT / 2.0 + TEXT_SIZE * BASELINE,
        };
        let mut lines = label.lines.iter().peekable();
        for &row in &label.rows {
            let mut texts = Vec::new();
            while let Some(line) = lines.next_if(|line| line.row == row) {
                texts.push((line, at));
                at.y += LINE_HEIGHT;
            }
            self.row(row, &texts);
        }
        self.text.push_str("</g>\n");
    }

    /// Whether all of it lies on groups' ground, and on no border.
    fn is_grouped(&self, rect: &Rect) -> bool {
        let groups = &self.picture.groups;
        let mut met = groups.iter().filter(|group| group.overlaps(rect)).peekable();
        met.peek().is_some() && met.all(|group| group.contains(rect))
    }

    /// A row's texts, with its marks.
    fn row(&mut self, row: usize, texts: &[(&Text, Point)]) {
        let edge = &self.diagram.edges[row];
        let class = if self.lit_rows[row] { "row lit" } else { "row" };
        let _ = write!(
            self.text,
            "<g class=\"{class}\" data-row=\"{row}\" data-source=\"{}\" data-target=\"{}\">\
             <title>{}</title>",
            escaped(&self.diagram.states[edge.source].name),
            escaped(&self.diagram.states[edge.target].name),
            escaped(&self.row_title(row))
        );
        for (text, at) in texts {
            let _ = write!(self.text, "<text {}>{}</text>", place(*at), escaped(&text.text));
        }
        self.text.push_str("</g>");
    }

    /// All that a row says, and from where to where it leads.
    fn row_title(&self, row: usize) -> String {
        let edge = &self.diagram.edges[row];
        let name = |state: usize| &self.diagram.states[state].name;
        let way = if edge.internal {
            format!("stays in {}", name(edge.source))
        } else {
            format!("{} → {}", name(edge.source), name(edge.target))
        };
        match full(edge) {
            said if said.is_empty() => way,
            said => format!("{said}\n{way}"),
        }
    }
}

fn area_of(rect: &Rect) -> String {
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        number(rect.left),
        number(rect.top),
        number(rect.width()),
        number(rect.height())
    )
}

fn place(at: Point) -> String {
    format!("x=\"{}\" y=\"{}\"", number(at.x), number(at.y))
}

fn pair(at: Point) -> String {
    format!("{} {}", number(at.x), number(at.y))
}

fn drawn(line: &Line) -> String {
    let mut way = format!("M{}", pair(line.start));
    for step in &line.steps {
        let _ = match *step {
            Step::Line(to) => write!(way, "L{}", pair(to)),
            Step::Turn(corner, to) => write!(way, "Q{} {}", pair(corner), pair(to)),
            Step::Curve(one, other, to) => {
                write!(way, "C{} {} {}", pair(one), pair(other), pair(to))
            }
        };
    }
    let head: Vec<String> = line.head.iter().map(|point| pair(*point)).collect();
    format!("<path d=\"{way}\"/><polygon points=\"{}\"/>", head.join(" "))
}
