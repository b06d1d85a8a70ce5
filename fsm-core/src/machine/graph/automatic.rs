//! What a machine does by itself: the states it does not stay in, and where it comes to rest.

use std::collections::VecDeque;

use super::super::ids::StateId;
use super::super::table::{Table, Trigger};
use super::edges::{Graph, at, leaves_at_once};
use super::path::Path;

impl Table {
    /// Whether a machine that comes here goes on at once, whatever its guards say: an
    /// `#[always]` row without a guard leads away, and none before it may settle the matter by
    /// staying (`#[always(if guard => _)]`).
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Order {
    /// #     #[fsm(initial)] #[on(Pay => Paid)] Cart,
    /// #     #[always(=> Packed)] Paid,
    /// #     #[on(Send => Sent)] Packed,
    /// #     #[fsm(final)] Sent,
    /// # }
    /// # enum Event { Pay, Send }
    /// # let table = Order::TABLE;
    /// // #[always(=> Packed)] stands on `Paid`.
    /// assert!(table.is_transient(table.state_named("Paid").unwrap()));
    /// assert!(!table.is_transient(table.state_named("Cart").unwrap()));
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn is_transient(&self, state: StateId) -> bool {
        let standing: Vec<_> = self.rows_from(state).collect();
        !self.state(state).is_final && leaves_at_once(self, &standing)
    }

    /// The states that no machine stays in, in declaration order.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Order {
    /// #     #[fsm(initial)] #[on(Pay => Paid)] Cart,
    /// #     #[always(=> Packed)] Paid,
    /// #     #[on(Send => Sent)] Packed,
    /// #     #[fsm(final)] Sent,
    /// # }
    /// # enum Event { Pay, Send }
    /// # let table = Order::TABLE;
    /// // #[always(=> Packed)] stands on `Paid`.
    /// assert_eq!(table.transient(), [table.state_named("Paid").unwrap()]);
    /// ```
    #[must_use]
    pub fn transient(&self) -> Vec<StateId> {
        self.state_ids().filter(|state| self.is_transient(*state)).collect()
    }

    /// What is certain to follow by itself once the machine is in this state.
    ///
    /// The path goes on as long as one `#[always]` row alone can run, asks no guard and leads to
    /// one state; so it ends where the machine stays, where guards or a history choose the way
    /// ([`settles_in`](Self::settles_in) has all ways), or where it would go round. It is empty if
    /// nothing is certain.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Order {
    /// #     #[fsm(initial)] #[on(Pay => Paid)] Cart,
    /// #     #[always(=> Packed)] Paid,
    /// #     #[on(Send => Sent)] Packed,
    /// #     #[fsm(final)] Sent,
    /// # }
    /// # enum Event { Pay, Send }
    /// # let table = Order::TABLE;
    /// // #[always(=> Packed)] stands on `Paid`.
    /// let follows = table.continuation(table.state_named("Paid").unwrap());
    /// assert_eq!(follows.display(table).to_string(), "Paid --always--> Packed");
    /// assert!(table.continuation(table.entry()).is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn continuation(&self, state: StateId) -> Path {
        let _ = self.state(state);
        let graph = Graph::moving(self);
        let mut path = Path::empty(state);
        while self.is_transient(path.target()) {
            // A transient state has no other rows that can run than those of `#[always]`.
            let [only] = graph.out[at(path.target())][..] else { break };
            let edge = graph.edges[only];
            if path.states().contains(&edge.target) {
                break;
            }
            path.push(edge.row, edge.target);
        }
        path
    }

    /// The states in which a machine that comes here may be when nothing goes on by itself any
    /// more, in declaration order: the state itself, unless it is left at once, and where its
    /// `#[always]` rows may lead, one after the other.
    ///
    /// It is empty if the machine would go round for ever.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Order {
    /// #     #[fsm(initial)] #[on(Pay => Paid)] Cart,
    /// #     #[always(=> Packed)] Paid,
    /// #     #[on(Send => Sent)] Packed,
    /// #     #[fsm(final)] Sent,
    /// # }
    /// # enum Event { Pay, Send }
    /// # let table = Order::TABLE;
    /// // #[always(=> Packed)] stands on `Paid`.
    /// let [paid, packed] = ["Paid", "Packed"].map(|name| table.state_named(name).unwrap());
    /// assert_eq!(table.settles_in(paid), [packed]);
    /// assert_eq!(table.settles_in(packed), [packed]);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn settles_in(&self, state: StateId) -> Vec<StateId> {
        let _ = self.state(state);
        let graph = Graph::moving(self);
        let mut seen = vec![false; graph.states()];
        seen[at(state)] = true;
        let mut queue = VecDeque::from([state]);
        while let Some(state) = queue.pop_front() {
            for edge in graph.leaving(at(state)) {
                let automatic = self.row(edge.row).trigger == Trigger::Always;
                if automatic && !seen[at(edge.target)] {
                    seen[at(edge.target)] = true;
                    queue.push_back(edge.target);
                }
            }
        }
        self.state_ids().filter(|each| seen[at(*each)] && !self.is_transient(*each)).collect()
    }
}
