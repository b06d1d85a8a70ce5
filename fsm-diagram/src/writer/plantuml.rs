//! PlantUML's state diagram.
//!
//! PlantUML passes labels through its Creole markup, and takes text without a start, an end or a
//! declared state for a sequence diagram.

use super::{Page, aliases, aliases::Aliases};
use crate::highlight::{FILL, STROKE};
use crate::{Diagram, Edge, Highlight};

impl Diagram {
    /// The diagram as PlantUML.
    ///
    /// An internal row is written as UML does, inside its state, as
    /// `State : Event [guard] / action`, with the slash even where there is no action. The
    /// diagram's name is its title. The docs are not written.
    ///
    /// ```
    /// use fsm_diagram::Diagram;
    ///
    /// let text = "\
    /// @startuml
    /// title Door
    /// hide empty description
    /// [*] --> Open
    /// Open --> Closed : Close [is_idle()]
    /// Open : Knock /
    /// Closed --> [*]
    /// @enduml
    /// ";
    /// assert_eq!(Diagram::parse(text)?.plantuml(), text);
    /// # Ok::<(), fsm_diagram::ParseError>(())
    /// ```
    #[must_use]
    pub fn plantuml(&self) -> String {
        self.plantuml_with(&Highlight::default())
    }

    /// The same, with states and rows lit.
    ///
    /// An internal row has no arrow to be lit.
    #[must_use]
    pub fn plantuml_with(&self, highlight: &Highlight) -> String {
        let aliases = Aliases::new(self, |name| aliases::is_word(name, &KEYWORDS));
        let mut page = Page::new("@startuml");
        page.depth = 0;
        let name = crate::label::on_one_line(&self.name);
        if !name.is_empty() {
            page.line(format_args!("title {}", escape(&name)));
        }
        page.line("hide empty description");
        let mut boxes = Boxes { diagram: self, aliases: &aliases, highlight, page };
        boxes.declare();
        let mut page = boxes.page;
        for state in super::initials(self) {
            page.line(format_args!("[*] --> {}", aliases.state(state)));
        }
        for (number, edge) in self.edges.iter().enumerate() {
            page.line(row(edge, &aliases, highlight.has_edge(number)));
        }
        for state in super::finals(self) {
            page.line(format_args!("{} --> [*]", aliases.state(state)));
        }
        page.line("@enduml");
        page.text
    }
}

/// What a state's word cannot be without being taken for a command, in one version or another.
const KEYWORDS: [&str; 28] = [
    "as",
    "caption",
    "center",
    "end",
    "endlegend",
    "footer",
    "fork",
    "frame",
    "header",
    "hide",
    "json",
    "left",
    "legend",
    "mainframe",
    "newpage",
    "note",
    "page",
    "remove",
    "restore",
    "right",
    "scale",
    "show",
    "skinparam",
    "sprite",
    "state",
    "title",
    "top",
    "together",
];

fn row(edge: &Edge, aliases: &Aliases, lit: bool) -> String {
    let source = aliases.state(edge.source);
    if super::is_inside(edge) {
        return format!("{source} : {}", escape(&super::internal_label(edge)));
    }
    let label = escape(&super::label(edge));
    let colon = if label.is_empty() { "" } else { " : " };
    let arrow = if lit { format!("-[{STROKE},bold]->") } else { "-->".to_owned() };
    format!("{source} {arrow} {}{colon}{label}", aliases.state(edge.target))
}

struct Boxes<'a> {
    diagram: &'a Diagram,
    aliases: &'a Aliases,
    highlight: &'a Highlight,
    page: Page,
}

impl Boxes<'_> {
    fn declare(&mut self) {
        // Without an arrow from or to `[*]` only a declared state tells what kind of diagram it is.
        let states = &self.diagram.states;
        let is_sure = states.iter().any(|state| state.initial || state.is_final);
        for (number, state) in states.iter().enumerate() {
            let needed = !is_sure
                || self.aliases.state(number) != state.name
                || self.highlight.has_state(number)
                || super::is_alone(self.diagram, number);
            if needed && state.group.is_none() {
                self.declare_state(number);
            }
        }
        for group in super::subgroups(self.diagram, None) {
            self.declare_group(group);
        }
    }

    fn declare_state(&mut self, state: usize) {
        let titled = titled(self.aliases.state(state), &self.diagram.states[state].name);
        let look = if self.highlight.has_state(state) {
            format!(" {FILL};line:{};line.bold", STROKE.trim_start_matches('#'))
        } else {
            String::new()
        };
        self.page.line(format_args!("state {titled}{look}"));
    }

    fn declare_group(&mut self, group: usize) {
        let each = &self.diagram.groups[group];
        self.page.open(format_args!("state {} {{", titled(self.aliases.group(group), &each.name)));
        for state in super::members(self.diagram, group) {
            self.declare_state(state);
        }
        for inside in super::subgroups(self.diagram, Some(group)) {
            self.declare_group(inside);
        }
        if let Some(initial) = each.initial {
            self.page.line(format_args!("[*] --> {}", self.aliases.state(initial)));
        }
        for state in &each.finals {
            self.page.line(format_args!("{} --> [*]", self.aliases.state(*state)));
        }
        self.page.close("}");
    }
}

fn titled(word: &str, name: &str) -> String {
    if word == name {
        return word.to_owned();
    }
    // A name in quotes ends at the next quote, whatever stands before it.
    let name = escape(&crate::label::on_one_line(name)).replace('"', "&#34;");
    format!("\"{name}\" as {word}")
}

/// The label with a character reference for whatever Creole would take for markup.
fn escape(label: &str) -> String {
    let mut escaped = String::with_capacity(label.len());
    let mut before = ' ';
    let mut chars = label.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let first = escaped.is_empty();
        let coded = match c {
            // Stress, lines and rules are written with two of these.
            '*' | '/' | '"' | '-' | '_' | '[' | '.' | '=' => {
                next == c || (first && matches!(c, '*' | '=' | '-' | '.'))
            }
            '~' => true,
            // A tag, an icon, a sprite, or a `<<` that becomes a single character.
            '<' => !matches!(next, ' ' | '=' | '-'),
            '>' => before == '>' || next == '>',
            // A colour, or a list, if the label begins so.
            '#' | '|' => first,
            '&' => next == '#',
            '%' => next.is_ascii_alphabetic(),
            // A comment may begin anywhere.
            '\'' => first || before == '/',
            _ => false,
        };
        if c == '\\' {
            // A character reference to the backslash breaks PlantUML.
            escaped.push_str("<U+005C>");
        } else if coded {
            escaped.push_str(&format!("&#{};", u32::from(c)));
        } else {
            escaped.push(c);
        }
        before = c;
    }
    escaped
}
