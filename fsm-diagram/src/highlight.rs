//! What stands out in a picture.

/// The states and rows that a picture shows in colour: where a machine is, and how it came there.
///
/// ```
/// use fsm_diagram::Highlight;
///
/// // The machine is in the third state, and went over the first and the fourth row.
/// let highlight = Highlight { states: vec![2], edges: vec![0, 3] };
/// assert!(highlight.has_edge(3) && !highlight.has_edge(2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Highlight {
    /// The states that are lit, the current one above all: places in `Diagram::states`.
    pub states: Vec<usize>,
    /// The rows that are lit, the path that was taken: places in `Diagram::edges`.
    pub edges: Vec<usize>,
}

impl Highlight {
    /// Whether nothing stands out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty() && self.edges.is_empty()
    }

    /// Whether the state is lit.
    #[must_use]
    pub fn has_state(&self, state: usize) -> bool {
        self.states.contains(&state)
    }

    /// Whether the row is lit.
    #[must_use]
    pub fn has_edge(&self, edge: usize) -> bool {
        self.edges.contains(&edge)
    }
}

/// The colour of a lit state's inside.
pub(crate) const FILL: &str = "#ffe082";

/// The colour of a lit state's border and of a lit row.
pub(crate) const STROKE: &str = "#e65100";
