//! Shortest paths: by rows, or by what has to happen.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::ids::StateId;
use super::super::table::{Table, Trigger};
use super::edges::{Edge, Graph, at};
use super::path::Path;

/// What a path costs: what has to happen, then how many rows it has.
type Cost = (usize, usize);

impl Table {
    /// The shortest path from one state to another, by rows; of several, the one whose rows stand
    /// first. `None` if there is no way. From a state to itself it is empty.
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
    /// let path = table.shortest_path(StateId(1), StateId(0)).unwrap();
    /// assert_eq!(path.display(table).to_string(), "Open --Reject--> Draft");
    /// assert_eq!(table.shortest_path(StateId(2), StateId(0)), None);
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn shortest_path(&self, from: StateId, to: StateId) -> Option<Path> {
        let _ = self.state(to);
        Tree::grow(self, from, |_| 0).path(to)
    }

    /// The shortest paths from a state, one to each state that can be reached, in declaration
    /// order: the empty one to the state itself is among them.
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
    /// let lengths: Vec<_> = table.shortest_paths(StateId(0)).iter().map(|p| p.len()).collect();
    /// assert_eq!(lengths, [0, 1, 2]);
    /// ```
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub fn shortest_paths(&self, from: StateId) -> Vec<Path> {
        let tree = Tree::grow(self, from, |_| 0);
        self.state_ids().filter_map(|to| tree.path(to)).collect()
    }

    /// How many rows it takes at least from one state to another; `None` if there is no way.
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
    /// assert_eq!(table.distance(StateId(0), StateId(2)), Some(2));
    /// assert_eq!(table.distance(StateId(2), StateId(0)), None);
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn distance(&self, from: StateId, to: StateId) -> Option<usize> {
        self.shortest_path(from, to).map(|path| path.len())
    }

    /// The path from one state to another on which the fewest things have to happen: rows of
    /// `#[always]` cost nothing. Of several, the shortest.
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
    /// let path = table.fewest_steps(table.entry(), table.finals()[0]).unwrap();
    /// assert_eq!((path.len(), path.steps(table).len()), (3, 2));
    /// ```
    ///
    /// # Panics
    ///
    /// If a number is not one of this table's.
    #[must_use]
    pub fn fewest_steps(&self, from: StateId, to: StateId) -> Option<Path> {
        let _ = self.state(to);
        let happens = |trigger| usize::from(trigger != Trigger::Always);
        Tree::grow(self, from, |edge| happens(self.row(edge.row).trigger)).path(to)
    }
}

/// The cheapest ways from a state to all others.
struct Tree {
    graph: Graph,
    root: StateId,
    /// For each state, the place of the edge that leads to it.
    last: Vec<Option<usize>>,
}

impl Tree {
    /// E. W. Dijkstra's search. Of equal costs, what was found first stays.
    fn grow(table: &Table, root: StateId, weigh: impl Fn(&Edge) -> usize) -> Self {
        let _ = table.state(root);
        let graph = Graph::moving(table);
        let mut last = vec![None; graph.states()];
        let mut costs: Vec<Option<Cost>> = vec![None; graph.states()];
        costs[at(root)] = Some((0, 0));
        let mut found = 0_usize;
        let mut queue = BinaryHeap::from([Reverse(((0, 0), found, root))]);
        while let Some(Reverse((cost, _, state))) = queue.pop() {
            if costs[at(state)].is_some_and(|known| known < cost) {
                continue;
            }
            for &place in &graph.out[at(state)] {
                let edge = &graph.edges[place];
                let next = (cost.0 + weigh(edge), cost.1 + 1);
                if costs[at(edge.target)].is_none_or(|known| next < known) {
                    costs[at(edge.target)] = Some(next);
                    last[at(edge.target)] = Some(place);
                    found += 1;
                    queue.push(Reverse((next, found, edge.target)));
                }
            }
        }
        Self { graph, root, last }
    }

    fn path(&self, to: StateId) -> Option<Path> {
        let mut edges = Vec::new();
        let mut state = to;
        while state != self.root {
            let edge = &self.graph.edges[self.last[at(state)]?];
            edges.push(edge);
            state = edge.source;
        }
        let mut path = Path::empty(self.root);
        for edge in edges.into_iter().rev() {
            path.push(edge.row, edge.target);
        }
        Some(path)
    }
}
