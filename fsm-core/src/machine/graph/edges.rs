//! The rows as edges from state to state, and which of them can run at all.

use std::collections::HashSet;

use super::super::ids::{RowId, StateId};
use super::super::table::{Row, Table, Trigger};

/// One way a row may go. A row to a group's history has one for each state it may lead to, every
/// other row has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The row.
    pub row: RowId,
    /// The state it leaves.
    pub source: StateId,
    /// The state it leads to: its source if the row is internal.
    pub target: StateId,
}

/// The edges of a table, found by either end.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    /// In table order; of a row to a history, the one to its `target` first.
    pub(super) edges: Vec<Edge>,
    /// For each state, the places in `edges` of those that leave it.
    pub(super) out: Vec<Vec<usize>>,
    /// For each state, the places in `edges` of those that lead to it.
    pub(super) into: Vec<Vec<usize>>,
}

impl Table {
    /// All edges of the rows that can run, internal rows included, in table order: what another
    /// graph library needs to know.
    ///
    /// ```
    /// # use fsm_core::{Fsm, StateId};
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Review {
    /// #     #[fsm(initial)] #[on(Submit => Open)] Draft,
    /// #     #[on(Comment => _)] #[on(Accept => Done)] #[on(Reject => Draft)] Open,
    /// #     #[fsm(final)] Done,
    /// # }
    /// # enum Event { Submit, Comment, Accept, Reject }
    /// # let table = Review::TABLE;
    /// let edges = table.edges();
    /// assert_eq!(edges.len(), 4);
    /// assert_eq!((edges[0].source, edges[0].target), (StateId(0), StateId(1)));
    /// assert_eq!((edges[1].source, edges[1].target), (StateId(1), StateId(1))); // Comment => _
    /// ```
    #[must_use]
    pub fn edges(&self) -> Vec<Edge> {
        Graph::new(self).edges
    }

    /// Whether there is a moment at which this row may be taken, guards and reachability aside.
    ///
    /// It is not if its source is final; if an unguarded row of the same source, trigger and
    /// pattern stands before it; or if it waits for an event or a timer in a state that is left at
    /// once ([`is_transient`](Self::is_transient)), as a row "from every state" may do.
    ///
    /// ```
    /// # use fsm_core::{Fsm};
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Review {
    /// #     #[fsm(initial)] #[on(Submit => Open)] Draft,
    /// #     #[on(Comment => _)] #[on(Accept => Done)] #[on(Reject => Draft)] Open,
    /// #     #[fsm(final)] Done,
    /// # }
    /// # enum Event { Submit, Comment, Accept, Reject }
    /// # let table = Review::TABLE;
    /// assert!(table.row_ids().all(|row| table.can_run(row)));
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn can_run(&self, row: RowId) -> bool {
        self.running_rows(self.row(row).source).contains(&row)
    }

    /// The rows of a state that can run, in the order in which they are tried.
    pub(super) fn running_rows(&self, state: StateId) -> Vec<RowId> {
        running(self, &self.rows_from(state).collect::<Vec<_>>())
    }
}

impl Row {
    /// Whether the row stays (`=> _`): its state is neither left nor entered.
    ///
    /// ```
    /// # use fsm_core::{Fsm};
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Review {
    /// #     #[fsm(initial)] #[on(Submit => Open)] Draft,
    /// #     #[on(Comment => _)] #[on(Accept => Done)] #[on(Reject => Draft)] Open,
    /// #     #[fsm(final)] Done,
    /// # }
    /// # enum Event { Submit, Comment, Accept, Reject }
    /// # let table = Review::TABLE;
    /// assert!(table.row(fsm_core::RowId(1)).is_internal());
    /// assert!(!table.row(fsm_core::RowId(0)).is_internal());
    /// ```
    #[must_use]
    pub const fn is_internal(&self) -> bool {
        self.target.is_none() && self.history.is_none()
    }
}

impl Graph {
    /// The graph of all rows that can run.
    pub(super) fn new(table: &Table) -> Self {
        Self::of(table, |_| true)
    }

    /// The graph of the rows that leave their state, be it to enter it again.
    pub(super) fn moving(table: &Table) -> Self {
        Self::of(table, |row| !row.is_internal())
    }

    fn of(table: &Table, keep: impl Fn(&Row) -> bool) -> Self {
        let states = table.states.len();
        let mut standing = vec![Vec::new(); states];
        for row in table.row_ids() {
            standing[at(table.row(row).source)].push(row);
        }
        let mut rows: Vec<_> = standing.iter().flat_map(|rows| running(table, rows)).collect();
        // A table made by hand need not have the rows of a state together.
        rows.sort_unstable();
        let kept = rows.into_iter().filter(|row| keep(table.row(*row)));
        let edges: Vec<_> = kept.flat_map(|row| edges_of(table, row)).collect();
        let (mut out, mut into) = (vec![Vec::new(); states], vec![Vec::new(); states]);
        for (place, edge) in edges.iter().enumerate() {
            out[at(edge.source)].push(place);
            into[at(edge.target)].push(place);
        }
        Self { edges, out, into }
    }

    /// How many states there are.
    pub(super) const fn states(&self) -> usize {
        self.out.len()
    }

    /// The edges that leave a state.
    pub(super) fn leaving(&self, state: usize) -> impl Iterator<Item = &Edge> {
        self.out[state].iter().map(|place| &self.edges[*place])
    }

    /// The edges that lead to a state.
    pub(super) fn entering(&self, state: usize) -> impl Iterator<Item = &Edge> {
        self.into[state].iter().map(|place| &self.edges[*place])
    }
}

/// The place of a state.
pub(super) const fn at(state: StateId) -> usize {
    state.0 as usize
}

/// Of the rows of one state, in order, those that can run.
fn running(table: &Table, standing: &[RowId]) -> Vec<RowId> {
    let at_once = leaves_at_once(table, standing);
    // What an unguarded row takes never comes to the rows behind it. Patterns are compared as text:
    // that two texts mean the same is not known here, and then both count as able to run.
    let mut taken = HashSet::new();
    let mut can_run = |row: &RowId| {
        let row = table.row(*row);
        let free = !taken.contains(&(row.trigger, row.pattern));
        if row.guard.is_none() {
            taken.insert((row.trigger, row.pattern));
        }
        free && !table.state(row.source).is_final && (!at_once || row.trigger == Trigger::Always)
    };
    standing.iter().copied().filter(|row| can_run(row)).collect()
}

/// Whether the rows of one state lead away from it by themselves, whatever the guards say.
///
/// An automatic row that stays and does nothing ends the settling, so what stands behind it is not
/// certain any more.
pub(super) fn leaves_at_once(table: &Table, standing: &[RowId]) -> bool {
    let rows = standing.iter().map(|row| table.row(*row));
    let mut automatic = rows.filter(|row| row.trigger == Trigger::Always);
    let settles = |row: &Row| row.is_internal() && row.action.is_none();
    let first = automatic.find(|row| row.guard.is_none() || settles(row));
    first.is_some_and(|row| !row.is_internal())
}

fn edges_of(table: &Table, number: RowId) -> Vec<Edge> {
    let row = table.row(number);
    let mut targets: Vec<_> = row.target.into_iter().collect();
    if let Some(group) = row.history {
        // A final state is never left, so no group remembers it.
        let remembered = table.state_ids().filter(|state| {
            !table.state(*state).is_final && table.groups_of(*state).any(|each| each == group)
        });
        targets.extend(remembered.filter(|state| Some(*state) != row.target));
    }
    if row.is_internal() {
        targets.push(row.source);
    }
    targets.into_iter().map(|target| Edge { row: number, source: row.source, target }).collect()
}
