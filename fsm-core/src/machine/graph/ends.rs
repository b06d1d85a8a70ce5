//! Where a machine begins and where it completes.

use super::super::ids::{RowId, StateId};
use super::super::table::Table;
use super::edges::{Graph, at};

impl Table {
    /// The number of the state a new machine starts in: that of [`initial`](Self::initial).
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
    /// assert_eq!(table.entry(), StateId(0));
    /// assert_eq!(table.state(table.entry()).name, table.initial().name);
    /// ```
    ///
    /// # Panics
    ///
    /// If the table has no states.
    #[must_use]
    pub fn entry(&self) -> StateId {
        assert!(!self.states.is_empty(), "a table without states has no entry");
        self.first_state().unwrap_or(StateId(0))
    }

    /// The number of the state a new machine starts in, if there are states at all.
    pub(super) fn first_state(&self) -> Option<StateId> {
        let marked = self.state_ids().find(|state| self.state(*state).initial);
        marked.or_else(|| self.state_ids().next())
    }

    /// The final states, in declaration order.
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
    /// assert_eq!(table.finals(), [StateId(2)]);
    /// ```
    #[must_use]
    pub fn finals(&self) -> Vec<StateId> {
        self.state_ids().filter(|state| self.state(*state).is_final).collect()
    }

    /// The rows that can run and complete the machine: those that may lead to a final state.
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
    /// let rows = table.exiting();
    /// assert_eq!(rows.len(), 1);
    /// assert_eq!(table.describe(rows[0]), "Open --Accept--> Done");
    /// ```
    #[must_use]
    pub fn exiting(&self) -> Vec<RowId> {
        let edges = Graph::moving(self).edges.into_iter();
        let finals = self.states;
        edges.filter(|edge| finals[at(edge.target)].is_final).map(|edge| edge.row).collect()
    }
}
