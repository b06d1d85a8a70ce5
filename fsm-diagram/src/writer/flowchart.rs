//! Mermaid's flowchart.
//!
//! A flowchart knows no start and no end, so these are circles without a text, one for the
//! machine and one inside each group that says where it begins.

use super::{Page, aliases, aliases::Aliases, mermaid::escape};
use crate::highlight::{FILL, STROKE};
use crate::{Diagram, Highlight};

impl Diagram {
    /// The diagram as a Mermaid flowchart.
    ///
    /// An internal row is a dotted arrow from its state to itself; any other row has a drawn-out
    /// line. The start is an empty circle, the end an empty double circle. What
    /// [`mermaid`](Self::mermaid) leaves out is left out here too.
    ///
    /// ```
    /// use fsm_diagram::Diagram;
    ///
    /// let text = "\
    /// flowchart TD
    ///     start((\" \")) --> Open
    ///     Open -->|\"Close [is_idle()]\"| Closed
    ///     Open -.->|\"Knock\"| Open
    ///     Closed --> stop(((\" \")))
    /// ";
    /// assert_eq!(Diagram::parse(text)?.flowchart(), text);
    /// # Ok::<(), fsm_diagram::ParseError>(())
    /// ```
    #[must_use]
    pub fn flowchart(&self) -> String {
        self.flowchart_with(&Highlight::default())
    }

    /// The same, with states and rows lit.
    #[must_use]
    pub fn flowchart_with(&self, highlight: &Highlight) -> String {
        let aliases = Aliases::new(self, is_plain);
        let page = Page::new("flowchart TD");
        let mut chart = Chart { diagram: self, aliases, page, links: 0, lit: Vec::new() };
        chart.declare();
        chart.starts();
        for (number, edge) in self.edges.iter().enumerate() {
            let label = escape(&super::label(edge)).replace('"', "#quot;");
            let arrow = if super::is_inside(edge) { "-.->" } else { "-->" };
            let label = if label.is_empty() { label } else { format!("|\"{label}\"|") };
            if highlight.has_edge(number) {
                chart.lit.push(chart.links.to_string());
            }
            let source = chart.aliases.state(edge.source).to_owned();
            let target = chart.aliases.state(edge.target).to_owned();
            chart.link(&format!("{source} {arrow}{label} {target}"));
        }
        chart.ends();
        chart.light(highlight);
        chart.page.text
    }
}

/// What a node's id cannot be.
const KEYWORDS: [&str; 16] = [
    "call",
    "class",
    "classDef",
    "click",
    "default",
    "direction",
    "end",
    "flowchart",
    "graph",
    "href",
    "interpolate",
    "linkStyle",
    "style",
    "subgraph",
    "accTitle",
    "accDescr",
];

/// Mermaid takes only some of the world's letters for an id, so those beyond ASCII stand in a text.
fn is_plain(name: &str) -> bool {
    name.is_ascii() && aliases::is_word(name, &KEYWORDS)
}

struct Chart<'a> {
    diagram: &'a Diagram,
    aliases: Aliases,
    page: Page,
    /// How many arrows there are so far: `linkStyle` counts them.
    links: usize,
    /// The numbers of the arrows that are lit.
    lit: Vec<String>,
}

impl Chart<'_> {
    fn link(&mut self, line: &str) {
        self.page.line(line);
        self.links += 1;
    }

    fn declare(&mut self) {
        for state in 0..self.diagram.states.len() {
            let aliased = self.aliases.state(state) != self.diagram.states[state].name;
            let outside = self.diagram.states[state].group.is_none();
            if outside && (aliased || super::is_alone(self.diagram, state)) {
                let node = self.node(state);
                self.page.line(node);
            }
        }
        for group in super::subgroups(self.diagram, None) {
            self.declare_group(group);
        }
    }

    fn declare_group(&mut self, group: usize) {
        let (word, name) = (self.aliases.group(group), &self.diagram.groups[group].name);
        self.page.open(format_args!("subgraph {}", titled(word, name)));
        for state in super::members(self.diagram, group) {
            let node = self.node(state);
            self.page.line(node);
        }
        for inside in super::subgroups(self.diagram, Some(group)) {
            self.declare_group(inside);
        }
        if let Some(initial) = self.diagram.groups[group].initial {
            let start = self.aliases.another("start");
            let line = format!("{start}((\" \")) --> {}", self.aliases.state(initial));
            self.link(&line);
        }
        let finals = &self.diagram.groups[group].finals;
        self.stop(finals);
        self.page.close("end");
    }

    fn node(&self, state: usize) -> String {
        titled(self.aliases.state(state), &self.diagram.states[state].name)
    }

    fn starts(&mut self) {
        let mut circle = "((\" \"))";
        let initials: Vec<_> = super::initials(self.diagram).collect();
        if !initials.is_empty() {
            let start = self.aliases.another("start");
            for state in initials {
                let line = format!("{start}{circle} --> {}", self.aliases.state(state));
                self.link(&line);
                circle = "";
            }
        }
    }

    fn ends(&mut self) {
        let finals: Vec<_> = super::finals(self.diagram).collect();
        self.stop(&finals);
    }

    /// A double circle that these states lead to.
    fn stop(&mut self, finals: &[usize]) {
        let mut circle = "(((\" \")))";
        if !finals.is_empty() {
            let stop = self.aliases.another("stop");
            for state in finals {
                let line = format!("{} --> {stop}{circle}", self.aliases.state(*state));
                self.link(&line);
                circle = "";
            }
        }
    }

    fn light(&mut self, highlight: &Highlight) {
        let words: Vec<_> = highlight
            .states
            .iter()
            .filter(|state| **state < self.diagram.states.len())
            .map(|state| self.aliases.state(*state))
            .collect();
        if !words.is_empty() {
            let look = format!("fill:{FILL},stroke:{STROKE},stroke-width:3px,color:#000");
            self.page.line(format_args!("classDef lit {look}"));
            self.page.line(format_args!("class {} lit", words.join(",")));
        }
        if !self.lit.is_empty() {
            let look = format!("stroke:{STROKE},stroke-width:3px");
            self.page.line(format_args!("linkStyle {} {look}", self.lit.join(",")));
        }
    }
}

fn titled(word: &str, name: &str) -> String {
    if word == name {
        return word.to_owned();
    }
    let name = escape(&crate::label::on_one_line(name)).replace('"', "#quot;");
    format!("{word}[\"{name}\"]")
}
