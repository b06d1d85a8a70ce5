//! The search behind every list of paths: depth first, one at a time, without dead ends.
//!
//! Before a state's rows are tried, it is found out which of them can still lead to a goal without
//! what the path has already used, by going back from the goals. Only those are tried, so that
//! every turn of the search ends in a path, and the time to the next path is at most the length of
//! a path times the size of the graph. The method is that of R. C. Read and R. E. Tarjan, "Bounds
//! on backtrack algorithms for listing cycles, paths, and spanning trees", Networks 5 (1975). For
//! loops, D. B. Johnson's (1975) is faster by the length of a path; this one lists paths, trails
//! and loops alike, and knows when a limit on the length cuts something off.

use std::collections::VecDeque;

use super::super::ids::{RowId, StateId};
use super::edges::{Edge, Graph, at};
use super::limit::{Enumeration, Limit};
use super::path::Path;

/// Paths, one at a time, in depth-first order: rows that stand first in the table come first.
///
/// They are searched for as they are asked for, within a [`Limit`]; [`list`](Self::list) answers
/// all of them together with whether they are all.
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
/// let mut paths = table.straight_paths();
/// let first = paths.next().unwrap();
/// assert_eq!(first.display(table).to_string(), "Draft --Submit--> Open --Accept--> Done");
/// assert_eq!(paths.next(), None);
/// assert!(paths.is_complete());
/// ```
#[derive(Clone, Debug)]
#[must_use = "paths are searched for as they are asked for"]
pub struct Paths {
    graph: Graph,
    question: Question,
    limit: Limit,
    /// Where a search is still to start.
    starts: VecDeque<StateId>,
    /// The path under way: the states it has come to, each with the edges still to try there.
    frames: Vec<Frame>,
    /// How many have been answered.
    answered: usize,
    /// Whether a limit has cut something off.
    cut: bool,
    /// Whether the search has ended.
    ended: bool,
}

/// Which paths are asked for.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// Where a path ends; in a round trip, where it began.
    pub(super) goal: Goal,
    /// What a path has once only.
    pub(super) once: Once,
    /// How long the paths asked for are at most. Unlike a limit, this cuts nothing off.
    pub(super) longest: usize,
}

/// Where a path ends.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// At the first of these that it comes to.
    States(Vec<StateId>),
    /// Where it began.
    Return,
    /// Where it began, without a state of a smaller number: then each loop is found from its
    /// first state alone.
    ReturnWithoutEarlier,
}

/// What a path has once only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Once {
    /// Each state.
    State,
    /// Each row.
    Row,
}

#[derive(Clone, Debug)]
struct Frame {
    state: StateId,
    /// The row that led here; `None` where the path begins.
    row: Option<RowId>,
    /// The edges to try, the last first.
    edges: Vec<Edge>,
}

impl Paths {
    pub(super) fn new(
        graph: Graph,
        starts: impl IntoIterator<Item = StateId>,
        question: Question,
    ) -> Self {
        Self {
            graph,
            question,
            limit: Limit::default(),
            starts: starts.into_iter().collect(),
            frames: Vec::new(),
            answered: 0,
            cut: false,
            ended: false,
        }
    }

    /// The same paths within another limit. To be set before the first path is asked for.
    pub const fn limit(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    /// Whether the paths answered are all: the search has come to its end, and no limit has cut
    /// anything off. So it is `false` until [`next`](Iterator::next) has answered `None`.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.ended && !self.cut
    }

    /// All paths that are left, and whether that is all of them.
    #[must_use]
    pub fn list(mut self) -> Enumeration {
        let paths = self.by_ref().collect();
        Enumeration { paths, complete: self.is_complete() }
    }

    /// The next path, whatever their number.
    fn search(&mut self) -> Option<Path> {
        loop {
            let Some(frame) = self.frames.last_mut() else {
                let start = self.starts.pop_front()?;
                if self.ends_at(start) {
                    return Some(Path::empty(start));
                }
                self.enter(start, None);
                continue;
            };
            let Some(edge) = frame.edges.pop() else {
                self.frames.pop();
                continue;
            };
            let arrived = match self.question.goal {
                Goal::States(_) => self.ends_at(edge.target),
                Goal::Return | Goal::ReturnWithoutEarlier => edge.target == self.frames[0].state,
            };
            if arrived {
                return Some(self.path_with(edge));
            }
            self.enter(edge.target, Some(edge.row));
        }
    }

    /// Whether a path that does not return ends here.
    fn ends_at(&self, state: StateId) -> bool {
        matches!(&self.question.goal, Goal::States(goals) if goals.contains(&state))
    }

    fn path_with(&self, last: Edge) -> Path {
        let mut path = Path::empty(self.frames[0].state);
        for frame in &self.frames {
            if let Some(row) = frame.row {
                path.push(row, frame.state);
            }
        }
        path.push(last.row, last.target);
        path
    }

    /// Makes the path under way one state longer.
    fn enter(&mut self, state: StateId, row: Option<RowId>) {
        self.frames.push(Frame { state, row, edges: Vec::new() });
        let used = Used::of(self);
        let distances = used.distances(self);
        let so_far = self.frames.len();
        let mut edges = Vec::new();
        for edge in self.graph.leaving(at(state)).filter(|edge| !used.rows[at_row(edge.row)]) {
            let Some(rest) = distances[at(edge.target)] else { continue };
            let length = so_far + rest;
            if length > self.question.longest {
                continue;
            }
            if length > self.limit.length {
                self.cut = true;
                continue;
            }
            edges.push(*edge);
        }
        edges.reverse();
        if let Some(frame) = self.frames.last_mut() {
            frame.edges = edges;
        }
    }
}

impl Iterator for Paths {
    type Item = Path;

    fn next(&mut self) -> Option<Path> {
        if self.ended {
            return None;
        }
        let found = self.search();
        // A path beyond the limit is searched for all the same: only so it is known whether the
        // limit cut anything off.
        let too_many = found.is_some() && self.answered == self.limit.paths;
        if found.is_none() || too_many {
            self.cut |= too_many;
            self.ended = true;
            return None;
        }
        self.answered += 1;
        found
    }
}

impl std::iter::FusedIterator for Paths {}

/// What the path under way must not use again.
struct Used {
    states: Vec<bool>,
    rows: Vec<bool>,
}

impl Used {
    fn of(paths: &Paths) -> Self {
        let mut states = vec![false; paths.graph.states()];
        let rows_end = paths.graph.edges.last().map_or(0, |edge| at_row(edge.row) + 1);
        let mut rows = vec![false; rows_end];
        for frame in &paths.frames {
            match (paths.question.once, frame.row) {
                (Once::State, _) => states[at(frame.state)] = true,
                (Once::Row, Some(row)) => rows[at_row(row)] = true,
                (Once::Row, None) => {}
            }
        }
        if let Goal::ReturnWithoutEarlier = paths.question.goal {
            states[..at(paths.frames[0].state)].fill(true);
        }
        Self { states, rows }
    }

    /// For each state, how many rows it is away from a goal, without what is used.
    fn distances(&self, paths: &Paths) -> Vec<Option<usize>> {
        let graph = &paths.graph;
        let mut distances = vec![None; graph.states()];
        let goals = match &paths.question.goal {
            Goal::States(goals) => &goals[..],
            Goal::Return | Goal::ReturnWithoutEarlier => &[paths.frames[0].state],
        };
        let mut queue = VecDeque::new();
        for goal in goals {
            distances[at(*goal)] = Some(0);
            queue.push_back((at(*goal), 0));
        }
        while let Some((state, distance)) = queue.pop_front() {
            for edge in graph.entering(state).filter(|edge| !self.rows[at_row(edge.row)]) {
                let source = at(edge.source);
                if distances[source].is_none() && !self.states[source] {
                    distances[source] = Some(distance + 1);
                    queue.push_back((source, distance + 1));
                }
            }
        }
        distances
    }
}

const fn at_row(row: RowId) -> usize {
    row.0 as usize
}
