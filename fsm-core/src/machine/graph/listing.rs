//! Which paths can be listed: simple paths, shortest ones, trails, loops and round trips.

use super::super::ids::StateId;
use super::super::table::Table;
use super::components::components;
use super::edges::{Graph, at};
use super::paths::{Goal, Once, Paths, Question};

impl Table {
    /// The simple paths from one state to another: no state comes twice.
    ///
    /// From a state to itself that is the path that stays; the ways back to it are
    /// [`loops_through`](Self::loops_through).
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
    /// let paths = table.paths(StateId(1), StateId(0)).list();
    /// assert!(paths.complete);
    /// assert_eq!(paths.paths[0].display(table).to_string(), "Open --Reject--> Draft");
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    pub fn paths(&self, from: StateId, to: StateId) -> Paths {
        let _ = (self.state(from), self.state(to));
        let question = question(Goal::States(vec![to]), Once::State);
        Paths::new(Graph::moving(self), [from], question)
    }

    /// The simple paths from the initial state to a final one: what a machine's life may be, if it
    /// does nothing twice.
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
    /// assert_eq!(table.straight_paths().count(), 1);
    /// ```
    pub fn straight_paths(&self) -> Paths {
        let question = question(Goal::States(self.finals()), Once::State);
        Paths::new(Graph::moving(self), self.first_state(), question)
    }

    /// The shortest paths from one state to another: all that are as short as
    /// [`shortest_path`](Self::shortest_path).
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
    /// assert_eq!(table.all_shortest_paths(StateId(0), StateId(2)).count(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    pub fn all_shortest_paths(&self, from: StateId, to: StateId) -> Paths {
        let _ = self.state(to);
        let shortest = self.distance(from, to).unwrap_or(0);
        let goal = Goal::States(vec![to]);
        let question = Question { goal, once: Once::State, longest: shortest };
        Paths::new(Graph::moving(self), [from], question)
    }

    /// The trails from one state to another: states may come again, but no row comes twice.
    ///
    /// A trail ends where it first comes to its goal. Internal rows are in trails, since they are
    /// something a machine does. There are many more trails than simple paths.
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
    /// let trails: Vec<_> = table
    ///     .trails(StateId(0), StateId(2))
    ///     .map(|trail| trail.display(table).to_string())
    ///     .collect();
    /// assert_eq!(trails, [
    ///     "Draft --Submit--> Open --Comment--> Open --Accept--> Done",
    ///     "Draft --Submit--> Open --Accept--> Done",
    /// ]);
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    pub fn trails(&self, from: StateId, to: StateId) -> Paths {
        let _ = (self.state(from), self.state(to));
        Paths::new(Graph::new(self), [from], question(Goal::States(vec![to]), Once::Row))
    }

    /// The trails from the initial state to a final one: what a machine's life may be, if it takes
    /// no row twice.
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
    /// assert_eq!(table.full_trails().count(), 2);
    /// ```
    pub fn full_trails(&self) -> Paths {
        let question = question(Goal::States(self.finals()), Once::Row);
        Paths::new(Graph::new(self), self.first_state(), question)
    }

    /// The loops (simple cycles): ways from a state back to it on which no other state comes
    /// twice.
    ///
    /// Each is answered once, from that of its states that is declared first. A row from a state
    /// to itself is a loop; an internal row is not, since it stays.
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
    /// let loops: Vec<_> = table.loops().map(|each| each.display(table).to_string()).collect();
    /// assert_eq!(loops, ["Draft --Submit--> Open --Reject--> Draft"]);
    /// ```
    pub fn loops(&self) -> Paths {
        let graph = Graph::moving(self);
        // Only a state that can be left and reached again is worth a search.
        let mut starts: Vec<_> = components(&graph)
            .into_iter()
            .filter(|component| match component[..] {
                [alone] => graph.leaving(at(alone)).any(|edge| edge.target == alone),
                _ => true,
            })
            .flatten()
            .collect();
        starts.sort_unstable();
        Paths::new(graph, starts, question(Goal::ReturnWithoutEarlier, Once::State))
    }

    /// The loops through a state, from there.
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
    /// let open = table.loops_through(StateId(1)).next().unwrap();
    /// assert_eq!(open.display(table).to_string(), "Open --Reject--> Draft --Submit--> Open");
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    pub fn loops_through(&self, state: StateId) -> Paths {
        let _ = self.state(state);
        Paths::new(Graph::moving(self), [state], question(Goal::Return, Once::State))
    }

    /// The round trips of a state: trails that end where they first come back to it. Other states
    /// may come again, but no row comes twice; an internal row of the state is a round trip.
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
    /// assert_eq!(table.round_trips(StateId(0)).count(), 2); // with and without a comment
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    pub fn round_trips(&self, state: StateId) -> Paths {
        let _ = self.state(state);
        Paths::new(Graph::new(self), [state], question(Goal::Return, Once::Row))
    }

    /// The strongly connected components: sets of states each of which can reach every other of
    /// its set. States of a component in declaration order; no component can reach one before it.
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
    /// assert_eq!(table.components(), [vec![StateId(0), StateId(1)], vec![StateId(2)]]);
    /// ```
    #[must_use]
    pub fn components(&self) -> Vec<Vec<StateId>> {
        components(&Graph::moving(self))
    }
}

const fn question(goal: Goal, once: Once) -> Question {
    Question { goal, once, longest: usize::MAX }
}
