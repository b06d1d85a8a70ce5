//! Which states can be reached from which.

use std::collections::VecDeque;

use super::super::ids::StateId;
use super::super::table::Table;
use super::edges::{Graph, at};

impl Table {
    /// The states that can be reached from this one, itself included, in declaration order.
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
    /// assert_eq!(table.reachable(StateId(0)).len(), 3);
    /// assert_eq!(table.reachable(StateId(2)), [StateId(2)]);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn reachable(&self, from: StateId) -> Vec<StateId> {
        let _ = self.state(from);
        self.that(&ahead(&Graph::moving(self), [from]), Option::is_some)
    }

    /// The states that no machine can be in: those that cannot be reached from the initial state.
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
    /// assert!(table.unreachable().is_empty());
    /// ```
    #[must_use]
    pub fn unreachable(&self) -> Vec<StateId> {
        self.that(&self.depths(), Option::is_none)
    }

    /// Whether there is a way from one state to the other. Every state reaches itself, by staying.
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
    /// assert!(table.can_reach(StateId(0), StateId(2)));
    /// assert!(!table.can_reach(StateId(2), StateId(0)));
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn can_reach(&self, from: StateId, to: StateId) -> bool {
        let _ = self.state(to);
        self.reachable(from).contains(&to)
    }

    /// The states that can reach this one, itself included, in declaration order.
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
    /// assert_eq!(table.reaching(StateId(0)), [StateId(0), StateId(1)]);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn reaching(&self, to: StateId) -> Vec<StateId> {
        let _ = self.state(to);
        self.that(&behind(&Graph::moving(self), [to]), Option::is_some)
    }

    /// The states from which the machine can still complete: those that can reach a final state.
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
    /// assert_eq!(table.completing().len(), 3);
    /// ```
    #[must_use]
    pub fn completing(&self) -> Vec<StateId> {
        self.that(&behind(&Graph::moving(self), self.finals()), Option::is_some)
    }

    /// The states that are not final and have no way out: every row stays, or leads back at once.
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
    /// assert!(table.dead_ends().is_empty());
    /// ```
    #[must_use]
    pub fn dead_ends(&self) -> Vec<StateId> {
        let graph = Graph::moving(self);
        let leads_out = |state: &StateId| graph.leaving(at(*state)).any(|e| e.target != *state);
        self.state_ids().filter(|each| !self.state(*each).is_final && !leads_out(each)).collect()
    }

    /// For each state, how many rows it is away from the initial state at least; `None` if it
    /// cannot be reached. The layers of a drawing.
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
    /// assert_eq!(table.depths(), [Some(0), Some(1), Some(2)]);
    /// ```
    #[must_use]
    pub fn depths(&self) -> Vec<Option<usize>> {
        ahead(&Graph::moving(self), self.first_state())
    }

    /// The states for whose distance this holds.
    fn that(&self, distances: &[Option<usize>], holds: fn(&Option<usize>) -> bool) -> Vec<StateId> {
        self.state_ids().filter(|state| holds(&distances[at(*state)])).collect()
    }
}

/// How far each state is from the nearest of these, in rows, going forward.
pub(super) fn ahead(graph: &Graph, from: impl IntoIterator<Item = StateId>) -> Vec<Option<usize>> {
    spread(graph.states(), from, |state| graph.leaving(state).map(|edge| edge.target))
}

/// How far each state is from the nearest of these, in rows, going back.
fn behind(graph: &Graph, to: impl IntoIterator<Item = StateId>) -> Vec<Option<usize>> {
    spread(graph.states(), to, |state| graph.entering(state).map(|edge| edge.source))
}

fn spread<I: Iterator<Item = StateId>>(
    states: usize,
    from: impl IntoIterator<Item = StateId>,
    neighbours: impl Fn(usize) -> I,
) -> Vec<Option<usize>> {
    let mut distances = vec![None; states];
    let mut queue = VecDeque::new();
    for state in from {
        distances[at(state)] = Some(0);
        queue.push_back((at(state), 0));
    }
    while let Some((state, distance)) = queue.pop_front() {
        for next in neighbours(state) {
            if distances[at(next)].is_none() {
                distances[at(next)] = Some(distance + 1);
                queue.push_back((at(next), distance + 1));
            }
        }
    }
    distances
}
