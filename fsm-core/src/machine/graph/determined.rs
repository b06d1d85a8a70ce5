//! Where a trigger leads from a state, as far as it is known without asking guards.

use super::super::ids::StateId;
use super::super::table::{Table, Trigger};
use super::edges::{Graph, at};

/// What [`Table::next_state`] answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// No row stands there: an event is refused, a timer has nothing to do.
    Refused,
    /// Whichever row it is, it leads to this state, and one of the rows asks no guard.
    Determined(StateId),
    /// Whichever row it is, it leads to this state, but all of them ask guards: if none says yes,
    /// the event is refused.
    Guarded(StateId),
    /// Guards, patterns or a history decide between these states, in declaration order.
    Ambiguous(Vec<StateId>),
}

impl Table {
    /// Where a trigger leads from a state, as far as it is known without asking guards.
    ///
    /// An internal row leads to the state itself. A pattern that asks something of the event's
    /// fields counts as one that matches.
    ///
    /// ```
    /// use fsm_core::machine::graph::Next;
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
    /// # use fsm_core::machine::Trigger;
    /// let [submit, reject] =
    ///     ["Submit", "Reject"].map(|name| Trigger::Event(table.event_named(name).unwrap()));
    /// assert_eq!(table.next_state(StateId(0), submit), Next::Determined(StateId(1)));
    /// assert_eq!(table.next_state(StateId(1), reject), Next::Determined(StateId(0)));
    /// assert_eq!(table.next_state(StateId(0), reject), Next::Refused);
    /// ```
    ///
    /// # Panics
    ///
    /// If the state's number is not one of this table's.
    #[must_use]
    pub fn next_state(&self, state: StateId, trigger: Trigger) -> Next {
        let _ = self.state(state);
        self.next_in(&Graph::new(self), state, trigger)
    }

    /// The state a trigger leads to, if that is known without asking guards: the target of
    /// [`Next::Determined`].
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
    /// # use fsm_core::machine::Trigger;
    /// let comment = Trigger::Event(table.event_named("Comment").unwrap());
    /// assert_eq!(table.determined(StateId(1), comment), Some(StateId(1))); // stays
    /// assert_eq!(table.determined(StateId(0), comment), None); // refused
    /// ```
    ///
    /// # Panics
    ///
    /// If the state's number is not one of this table's.
    #[must_use]
    pub fn determined(&self, state: StateId, trigger: Trigger) -> Option<StateId> {
        match self.next_state(state, trigger) {
            Next::Determined(target) => Some(target),
            Next::Refused | Next::Guarded(_) | Next::Ambiguous(_) => None,
        }
    }

    /// The states and triggers for which guards, patterns or a history decide where they lead.
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
    /// assert!(table.ambiguous().is_empty());
    /// ```
    #[must_use]
    pub fn ambiguous(&self) -> Vec<(StateId, Trigger)> {
        let graph = Graph::new(self);
        let mut found = Vec::new();
        for state in self.state_ids() {
            for trigger in self.triggers_in(&graph, state) {
                if matches!(self.next_in(&graph, state, trigger), Next::Ambiguous(_)) {
                    found.push((state, trigger));
                }
            }
        }
        found
    }

    /// What must happen for the machine to leave what it does in this state, if it is one thing
    /// only: the trigger that all rows there that can run have in common.
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
    /// let submit = fsm_core::machine::Trigger::Event(table.event_named("Submit").unwrap());
    /// assert_eq!(table.only_trigger(StateId(0)), Some(submit));
    /// assert_eq!(table.only_trigger(StateId(1)), None);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn only_trigger(&self, state: StateId) -> Option<Trigger> {
        let rows = self.running_rows(state);
        let mut triggers = rows.iter().map(|row| self.row(*row).trigger);
        let first = triggers.next()?;
        triggers.all(|trigger| trigger == first).then_some(first)
    }

    fn next_in(&self, graph: &Graph, state: StateId, trigger: Trigger) -> Next {
        let mut targets = Vec::new();
        let mut guarded = true;
        for edge in graph.leaving(at(state)) {
            let row = self.row(edge.row);
            if row.trigger == trigger {
                targets.push(edge.target);
                guarded &= row.guard.is_some();
            }
        }
        targets.sort_unstable();
        targets.dedup();
        match (&targets[..], guarded) {
            ([], _) => Next::Refused,
            ([target], false) => Next::Determined(*target),
            ([target], true) => Next::Guarded(*target),
            _ => Next::Ambiguous(targets),
        }
    }

    fn triggers_in(&self, graph: &Graph, state: StateId) -> Vec<Trigger> {
        let mut triggers = Vec::new();
        for edge in graph.leaving(at(state)) {
            let trigger = self.row(edge.row).trigger;
            if !triggers.contains(&trigger) {
                triggers.push(trigger);
            }
        }
        triggers
    }
}
