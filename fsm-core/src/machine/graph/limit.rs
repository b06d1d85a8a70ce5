//! How many paths are listed, and whether that was all.

use super::path::Path;

/// How many paths are listed, and how long they may be.
///
/// ```
/// use fsm_core::machine::graph::Limit;
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
/// let one = table.loops().limit(Limit { paths: 1, ..Limit::default() }).list();
/// assert!(one.complete);
/// let none = table.loops().limit(Limit { length: 1, ..Limit::default() }).list();
/// assert!(none.paths.is_empty() && !none.complete); // the one loop has two rows
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// How many paths at most. The default is 1,000: more than anybody reads or runs, and listed
    /// in less than a second in a graph in which every state leads to each of thirty others.
    pub paths: usize,
    /// How many rows a path has at most. The default is 64: no simple path through a machine of
    /// up to 65 states is longer, so it cuts only what nobody could follow.
    pub length: usize,
}

/// Paths that were listed, and whether they are all there are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Enumeration {
    /// The paths, in the order in which they were found.
    pub paths: Vec<Path>,
    /// Whether these are all: no limit cut any off.
    pub complete: bool,
}

impl Default for Limit {
    fn default() -> Self {
        Self { paths: 1_000, length: 64 }
    }
}
