//! The rows by their ends and triggers, and the events that a state takes.

use super::super::ids::{EventId, RowId, StateId};
use super::super::table::{Table, Trigger};
use super::edges::Graph;

impl Table {
    /// The rows that stand on a state, in the order in which they are tried, whether they can run
    /// or not.
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
    /// assert_eq!(table.rows_from(StateId(1)).count(), 3);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    pub fn rows_from(&self, state: StateId) -> impl Iterator<Item = RowId> {
        let _ = self.state(state);
        self.row_ids().filter(move |row| self.row(*row).source == state)
    }

    /// The rows that wait for this: an event, a timer, or nothing.
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
    /// let submit = fsm_core::machine::Trigger::Event(table.event_named("Submit").unwrap());
    /// assert_eq!(table.rows_on(submit).count(), 1);
    /// ```
    pub fn rows_on(&self, trigger: Trigger) -> impl Iterator<Item = RowId> {
        self.row_ids().filter(move |row| self.row(*row).trigger == trigger)
    }

    /// The rows that can run and may lead to this state, internal ones not among them.
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
    /// let rows = table.rows_into(StateId(1));
    /// assert_eq!(rows.len(), 1);
    /// assert_eq!(table.describe(rows[0]), "Draft --Submit--> Open");
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn rows_into(&self, state: StateId) -> Vec<RowId> {
        let _ = self.state(state);
        Graph::moving(self).entering(state.0.into()).map(|edge| edge.row).collect()
    }

    /// The rows that can run and may lead from one state straight to the other, internal ones not
    /// among them.
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
    /// assert_eq!(table.rows_between(StateId(1), StateId(2)).len(), 1);
    /// assert!(table.rows_between(StateId(0), StateId(2)).is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn rows_between(&self, source: StateId, target: StateId) -> Vec<RowId> {
        let _ = (self.state(source), self.state(target));
        let graph = Graph::moving(self);
        let edges = graph.leaving(source.0.into()).filter(|edge| edge.target == target);
        edges.map(|edge| edge.row).collect()
    }

    /// The rows of a state that take this event and can run, in the order in which they are tried.
    ///
    /// Their guards and patterns decide which of them it is, and whether it is one at all. Events
    /// that the state defers are not among them: nothing takes them here.
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
    /// let accept = table.event_named("Accept").unwrap();
    /// let rows = table.allowed(StateId(1), accept);
    /// assert_eq!(table.describe(rows[0]), "Open --Accept--> Done");
    /// assert!(table.allowed(StateId(0), accept).is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn allowed(&self, state: StateId, event: EventId) -> Vec<RowId> {
        let _ = self.event(event);
        let mut rows = self.running_rows(state);
        rows.retain(|row| self.row(*row).event() == Some(event));
        rows
    }

    /// The events that some row of a state takes, in the order of their first row there.
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
    /// let events = table.allowed_events(StateId(1));
    /// let names: Vec<_> = events.into_iter().map(|event| table.event(event)).collect();
    /// assert_eq!(names, ["Comment", "Accept", "Reject"]);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn allowed_events(&self, state: StateId) -> Vec<EventId> {
        let mut events = Vec::new();
        for event in self.running_rows(state).iter().filter_map(|row| self.row(*row).event()) {
            if !events.contains(&event) {
                events.push(event);
            }
        }
        events
    }

    /// Whether some row of a state takes this event.
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
    /// let submit = table.event_named("Submit").unwrap();
    /// assert!(table.responds(StateId(0), submit));
    /// assert!(!table.responds(StateId(1), submit));
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn responds(&self, state: StateId, event: EventId) -> bool {
        !self.allowed(state, event).is_empty()
    }
}
