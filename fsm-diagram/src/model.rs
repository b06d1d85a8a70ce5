//! What a state diagram shows, in no language yet.

/// A state diagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagram {
    /// The machine's name; empty if it has none.
    pub name: String,
    /// The states, in the order in which they are declared or first named.
    pub states: Vec<State>,
    /// The groups (superstates), a group behind the one around it.
    pub groups: Vec<Group>,
    /// The rows, in order.
    pub edges: Vec<Edge>,
}

/// A state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Its name.
    pub name: String,
    /// What it is for; empty if nobody says.
    pub docs: String,
    /// Whether a new machine starts here.
    pub initial: bool,
    /// Whether a machine that comes here is complete.
    pub is_final: bool,
    /// The innermost group it belongs to: its place in [`Diagram::groups`].
    pub group: Option<usize>,
    /// The line of the file that names it first, counted from 1; 0 if it was not read from a file.
    pub line: usize,
}

/// A group of states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The group around it: its place in [`Diagram::groups`].
    pub parent: Option<usize>,
    /// The state that an arrow to the group leads to: its place in [`Diagram::states`].
    pub initial: Option<usize>,
    /// The states with an arrow to an end inside the group: the group is done, not the machine.
    pub finals: Vec<usize>,
}

/// A row: an arrow from state to state, with what is written on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    /// Where it starts: a place in [`Diagram::states`].
    pub source: usize,
    /// Where it leads: a place in [`Diagram::states`].
    pub target: usize,
    /// Whether it stays: an internal row, which neither leaves nor enters its state.
    pub internal: bool,
    /// What makes it run: an event's name, `after 30s`, `every 5s`, or empty for `#[always]`.
    pub trigger: String,
    /// The text of the guard.
    pub guard: Option<String>,
    /// The text of the action.
    pub action: Option<String>,
    /// The group whose box the arrow was drawn from: such an arrow stands once for each state in
    /// the group. `None` for an arrow that was drawn from its own state.
    pub group: Option<usize>,
    /// The line of the file it was read from, counted from 1; 0 if it was not read from a file.
    pub line: usize,
}

impl Diagram {
    /// The groups of a state, the innermost first.
    ///
    /// ```
    /// use fsm_diagram::{Diagram, Group, State};
    ///
    /// let diagram = Diagram {
    ///     states: vec![State { name: "Paid".to_owned(), group: Some(1), ..State::default() }],
    ///     groups: vec![
    ///         Group { name: "Open".to_owned(), ..Group::default() },
    ///         Group { name: "Late".to_owned(), parent: Some(0), ..Group::default() },
    ///     ],
    ///     ..Diagram::default()
    /// };
    /// assert_eq!(diagram.groups_of(0).collect::<Vec<_>>(), [1, 0]);
    /// ```
    pub fn groups_of(&self, state: usize) -> impl Iterator<Item = usize> {
        let innermost = self.states.get(state).and_then(|state| state.group);
        let around = |group: &usize| self.groups.get(*group).and_then(|group| group.parent);
        // A diagram made by hand may have groups in a circle.
        std::iter::successors(innermost, around).take(self.groups.len())
    }

    /// A row in a few words, `Cart --Pay--> Paid`; empty if there is no such row.
    #[must_use]
    pub fn describe(&self, edge: usize) -> String {
        let Some(edge) = self.edges.get(edge) else { return String::new() };
        let name = |state: usize| self.states.get(state).map_or("", |state| state.name.as_str());
        let trigger = if edge.trigger.is_empty() { "always" } else { &edge.trigger };
        format!("{} --{trigger}--> {}", name(edge.source), name(edge.target))
    }
}
