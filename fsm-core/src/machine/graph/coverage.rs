//! A few paths from the initial state that together take every row: what a test has to run.

use std::collections::VecDeque;

use super::super::ids::{GroupId, RowId, StateId};
use super::super::table::{History, Table};
use super::edges::{Edge, Graph, at};
use super::path::Path;

/// A path that has this many rows ends with the row it has just covered, since of a path of
/// thousands of rows that fails at the end nobody learns much.
const LONG: usize = 64;

/// Paths that together take every row that can be taken: see [`Table::coverage`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coverage {
    /// The paths. Each begins in the initial state and takes a row that no path before it takes.
    pub paths: Vec<Path>,
    /// The rows that no path takes, in table order: they cannot run, their source cannot be
    /// reached, or only a history leads there and none of the paths has it remember that.
    pub uncovered: Vec<RowId>,
}

impl Table {
    /// A small set of paths from the initial state that together take every row, internal ones
    /// included.
    ///
    /// Each path goes to the nearest row that is not covered yet, and on from there, until there
    /// is none ahead. That is greedy: the set is small, not always the smallest. A path that
    /// ends in a state that is left at once goes on as long as it is certain how.
    ///
    /// Guards are not asked: it is for whoever runs the paths to find contexts and events that
    /// satisfy them. A row to a group's history goes where the path has left that group last, as
    /// a machine would, or, if nothing is remembered, to the row's target.
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
    /// let coverage = table.coverage();
    /// assert!(coverage.uncovered.is_empty());
    /// let paths: Vec<_> =
    ///     coverage.paths.iter().map(|path| path.display(table).to_string()).collect();
    /// assert_eq!(paths, [
    ///     "Draft --Submit--> Open --Comment--> Open --Accept--> Done",
    ///     "Draft --Submit--> Open --Reject--> Draft",
    /// ]);
    /// ```
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut cover = Cover::new(self);
        if let Some(start) = self.first_state() {
            while cover.walk(start) {}
        }
        let uncovered = self.row_ids().filter(|row| !cover.covered[usize::from(row.0)]).collect();
        Coverage { paths: cover.paths, uncovered }
    }
}

struct Cover<'a> {
    table: &'a Table,
    graph: Graph,
    paths: Vec<Path>,
    covered: Vec<bool>,
    /// Rows that could not be come to, because a history led elsewhere.
    given_up: Vec<bool>,
}

impl<'a> Cover<'a> {
    fn new(table: &'a Table) -> Self {
        let mut graph = Graph::new(table);
        // A path decides itself where a history leads: it is planned with the target alone.
        let planned = |edge: &Edge| {
            let row = table.row(edge.row);
            row.history.is_none() || row.target.is_none_or(|target| target == edge.target)
        };
        for places in graph.out.iter_mut() {
            places.retain(|place| planned(&graph.edges[*place]));
        }
        let rows = table.rows.len();
        let (covered, given_up) = (vec![false; rows], vec![false; rows]);
        Self { table, graph, paths: Vec::new(), covered, given_up }
    }

    /// Adds a path, or answers that there is nothing more to cover.
    fn walk(&mut self, start: StateId) -> bool {
        let mut path = Path::empty(start);
        // How long the path was when it last covered something.
        let mut useful = 0;
        while let Some(plan) = self.plan(path.target()) {
            let arrived = self.follow(&mut path, &plan, &mut useful);
            if !arrived || path.len() >= LONG {
                break;
            }
        }
        path.truncate(useful);
        if useful > 0 {
            for (row, target) in certain(self.table, path.target()) {
                path.push(row, target);
            }
            self.paths.push(path);
        }
        // A path that covers nothing has given a row up, unless there was no plan at all.
        useful > 0 || self.plan(start).is_some()
    }

    /// The shortest way that ends with a row not covered yet.
    fn plan(&self, from: StateId) -> Option<Vec<Edge>> {
        let mut last: Vec<Option<usize>> = vec![None; self.graph.states()];
        let mut seen = vec![false; self.graph.states()];
        seen[at(from)] = true;
        let mut queue = VecDeque::from([from]);
        while let Some(state) = queue.pop_front() {
            for &place in &self.graph.out[at(state)] {
                let edge = self.graph.edges[place];
                let row = usize::from(edge.row.0);
                if !self.covered[row] && !self.given_up[row] {
                    return Some(self.way(from, edge, &last));
                }
                if !std::mem::replace(&mut seen[at(edge.target)], true) {
                    last[at(edge.target)] = Some(place);
                    queue.push_back(edge.target);
                }
            }
        }
        None
    }

    fn way(&self, from: StateId, end: Edge, last: &[Option<usize>]) -> Vec<Edge> {
        let mut way = vec![end];
        let mut state = end.source;
        while let (true, Some(place)) = (state != from, last[at(state)]) {
            let edge = self.graph.edges[place];
            way.push(edge);
            state = edge.source;
        }
        way.reverse();
        way
    }

    /// Takes the rows of the plan; answers whether it led where it was to lead.
    fn follow(&mut self, path: &mut Path, plan: &[Edge], useful: &mut usize) -> bool {
        for (place, edge) in plan.iter().enumerate() {
            let target = landing(self.table, path, edge);
            path.push(edge.row, target);
            if !std::mem::replace(&mut self.covered[usize::from(edge.row.0)], true) {
                *useful = path.len();
            }
            if target != edge.target && place + 1 < plan.len() {
                if *useful == 0 {
                    self.given_up[usize::from(plan[plan.len() - 1].row.0)] = true;
                }
                return false;
            }
        }
        true
    }
}

/// The rows that are certain to follow, each with where it leads.
fn certain(table: &Table, state: StateId) -> Vec<(RowId, StateId)> {
    let path = table.continuation(state);
    path.rows().iter().copied().zip(path.states()[1..].iter().copied()).collect()
}

/// Where an edge leads a machine that has taken this path.
fn landing(table: &Table, path: &Path, edge: &Edge) -> StateId {
    let remembered = table.row(edge.row).history.and_then(|group| {
        let left = left_in(table, path, group)?;
        match table.group(group).history {
            Some(History::Deep) => Some(left),
            // The child of the group: if it is a group itself, it is entered anew.
            Some(History::Shallow) | None => {
                let inside = table.groups_of(left).take_while(|each| *each != group);
                inside.last().map_or(Some(left), |child| table.group(child).initial)
            }
        }
    });
    remembered.unwrap_or(edge.target)
}

/// The state in which the group was last left: rows that ask its history stand outside of it, so
/// that is the last of its states on the path.
fn left_in(table: &Table, path: &Path, group: GroupId) -> Option<StateId> {
    let is_inside = |state: &StateId| table.groups_of(*state).any(|each| each == group);
    path.states().iter().copied().rfind(is_inside)
}
