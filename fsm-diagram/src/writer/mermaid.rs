//! Mermaid's `stateDiagram-v2`.
//!
//! Mermaid ends a label at a semicolon, at two colons and at a line break, reads `#` as the start
//! of an entity, and passes labels through Markdown and HTML. Its composite states cannot be
//! described, and arrows cannot be coloured.

use super::{Page, aliases, aliases::Aliases};
use crate::highlight::{FILL, STROKE};
use crate::{Diagram, Highlight};

impl Diagram {
    /// The diagram as a Mermaid `stateDiagram-v2`.
    ///
    /// Rows stand in their order. An internal row is written as UML does, inside its state, as
    /// `State : Event [guard] / action`, with the slash even where there is no action. A name that
    /// is a keyword of Mermaid or no plain word stands behind an alias. The docs, the diagram's
    /// name and the words behind [`Edge::line`](crate::Edge::line) and
    /// [`Edge::group`](crate::Edge::group) are not written.
    ///
    /// ```
    /// use fsm_diagram::Diagram;
    ///
    /// let text = "\
    /// stateDiagram-v2
    ///     state \"Open\" as Open
    ///     [*] --> Open
    ///     Open --> Closed : Close [is_idle()] / lock(key)
    ///     Open : Knock /
    ///     Closed --> [*]
    /// ";
    /// assert_eq!(Diagram::parse(text)?.mermaid(), text);
    /// # Ok::<(), fsm_diagram::ParseError>(())
    /// ```
    #[must_use]
    pub fn mermaid(&self) -> String {
        self.mermaid_with(&Highlight::default())
    }

    /// The same, with states and rows lit.
    ///
    /// Mermaid has no way to colour the arrows of a state diagram (`linkStyle` is for flowcharts
    /// alone), so a lit row gives its two states a thick border. Use
    /// [`flowchart_with`](Self::flowchart_with) where the path matters.
    #[must_use]
    pub fn mermaid_with(&self, highlight: &Highlight) -> String {
        // Mermaid's `class` takes the letters of ASCII alone.
        let is_ascii_wanted = !highlight.is_empty();
        let aliases = Aliases::new(self, |name| {
            (name.is_ascii() || !is_ascii_wanted) && aliases::is_word(name, &KEYWORDS)
        });
        let mut page = Page::new("stateDiagram-v2");
        declare(&mut page, self, &aliases);
        for state in super::initials(self) {
            page.line(format_args!("[*] --> {}", aliases.state(state)));
        }
        for edge in &self.edges {
            let source = aliases.state(edge.source);
            if super::is_inside(edge) {
                page.line(format_args!("{source} : {}", escape(&super::internal_label(edge))));
            } else {
                let label = escape(&super::label(edge));
                let colon = if label.is_empty() { "" } else { " : " };
                page.line(format_args!(
                    "{source} --> {}{colon}{label}",
                    aliases.state(edge.target)
                ));
            }
        }
        for state in super::finals(self) {
            page.line(format_args!("{} --> [*]", aliases.state(state)));
        }
        light(&mut page, self, &aliases, highlight);
        page.text
    }
}

/// What a state name cannot be. Mermaid looks for most of them in any case.
const KEYWORDS: [&str; 26] = [
    "accDescr",
    "accTitle",
    "as",
    "class",
    "classDef",
    "click",
    "default",
    "direction",
    "end",
    "fork",
    "graph",
    "hide",
    "href",
    "join",
    "choice",
    "history",
    "left",
    "note",
    "of",
    "right",
    "root",
    "scale",
    "state",
    "stateDiagram",
    "style",
    "subgraph",
];

/// The boxes, and the states that no arrow names or that need a text beside their alias.
fn declare(page: &mut Page, diagram: &Diagram, aliases: &Aliases) {
    for (number, state) in diagram.states.iter().enumerate() {
        if state.group.is_none() {
            let described = has_rows_inside(diagram, number);
            if described || aliases.state(number) != state.name {
                declare_state(page, diagram, aliases, number);
            } else if super::is_alone(diagram, number) {
                page.line(aliases.state(number));
            }
        }
    }
    for group in super::subgroups(diagram, None) {
        declare_group(page, diagram, aliases, group);
    }
}

fn has_rows_inside(diagram: &Diagram, state: usize) -> bool {
    diagram.edges.iter().any(|edge| edge.source == state && super::is_inside(edge))
}

/// A description takes the place of a name that is not stated, so it is stated.
fn declare_state(page: &mut Page, diagram: &Diagram, aliases: &Aliases, state: usize) {
    let word = aliases.state(state);
    let name = &diagram.states[state].name;
    if word != name || has_rows_inside(diagram, state) {
        page.line(format_args!("state \"{}\" as {word}", quoted(name)));
    } else {
        page.line(word);
    }
}

fn declare_group(page: &mut Page, diagram: &Diagram, aliases: &Aliases, group: usize) {
    let (word, name) = (aliases.group(group), &diagram.groups[group].name);
    if word == name {
        page.open(format_args!("state {word} {{"));
    } else {
        page.open(format_args!("state \"{}\" as {word} {{", quoted(name)));
    }
    for state in super::members(diagram, group) {
        declare_state(page, diagram, aliases, state);
    }
    for inside in super::subgroups(diagram, Some(group)) {
        declare_group(page, diagram, aliases, inside);
    }
    if let Some(initial) = diagram.groups[group].initial {
        page.line(format_args!("[*] --> {}", aliases.state(initial)));
    }
    for state in &diagram.groups[group].finals {
        page.line(format_args!("{} --> [*]", aliases.state(*state)));
    }
    page.close("}");
}

fn light(page: &mut Page, diagram: &Diagram, aliases: &Aliases, highlight: &Highlight) {
    let mut path: Vec<usize> = highlight
        .edges
        .iter()
        .filter_map(|edge| diagram.edges.get(*edge))
        .flat_map(|edge| [edge.source, edge.target])
        .filter(|state| !highlight.has_state(*state))
        .collect();
    path.sort_unstable();
    path.dedup();
    let mut class = |name: &str, look: &str, states: &[usize]| {
        let words: Vec<_> = states
            .iter()
            .filter(|state| **state < diagram.states.len())
            .map(|state| aliases.state(*state))
            .collect();
        if !words.is_empty() {
            page.line(format_args!("classDef {name} {look}"));
            page.line(format_args!("class {} {name}", words.join(",")));
        }
    };
    class("passed", &format!("stroke:{STROKE},stroke-width:3px"), &path);
    let look = format!("fill:{FILL},stroke:{STROKE},stroke-width:3px,color:#000");
    class("lit", &look, &highlight.states);
}

/// A name between quotes.
fn quoted(name: &str) -> String {
    escape(&crate::label::on_one_line(name)).replace('"', "#quot;")
}

/// The label with an entity for whatever Mermaid would not show as it is.
pub(super) fn escape(label: &str) -> String {
    let mut escaped = String::with_capacity(label.len());
    let mut before = ' ';
    let mut chars = label.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' => escaped.push_str("#35;"),
            ';' => escaped.push_str("#59;"),
            ':' => escaped.push_str("#58;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            // Markdown, which Mermaid applies to every label: stress, code, escapes.
            '*' => escaped.push_str("#42;"),
            '`' => escaped.push_str("#96;"),
            '~' => escaped.push_str("#126;"),
            '\\' => escaped.push_str("#92;"),
            '_' if !before.is_alphanumeric() => escaped.push_str("#95;"),
            // Markdown: a list, if the label begins so, and a link.
            '-' | '+' if escaped.is_empty() => {
                escaped.push_str(if c == '-' { "#45;" } else { "#43;" })
            }
            '.' | ')' if is_number(&escaped) => {
                escaped.push_str(if c == '.' { "#46;" } else { "#41;" })
            }
            '(' if before == ']' => escaped.push_str("#40;"),
            // HTML reads `&times` in `&timestamp`, and entities may follow.
            '&' if !is_blank(chars.clone().find(|next| *next != '&')) => escaped.push_str("#amp;"),
            // A directive may begin anywhere.
            '%' if before == '%' => escaped.push_str("#37;"),
            other => escaped.push(other),
        }
        before = c;
    }
    escaped
}

fn is_blank(c: Option<char>) -> bool {
    c.is_none_or(char::is_whitespace)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
