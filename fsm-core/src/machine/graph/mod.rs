//! Questions to a table as a graph: what is reachable, by which way, and what goes round.
//!
//! The answers rest on the table alone: no guard is asked, and no machine is needed. They are for
//! tools that draw, document, check or test a machine.
//!
//! ```
//! use fsm_core::Fsm;
//!
//! #[derive(Fsm)]
//! #[fsm(event = Event)]
//! enum Review {
//!     #[fsm(initial)]
//!     #[on(Submit => Open)]
//!     Draft,
//!     #[on(Comment => _)]
//!     #[on(Accept => Done)]
//!     #[on(Reject => Draft)]
//!     Open,
//!     #[fsm(final)]
//!     Done,
//! }
//!
//! enum Event { Submit, Comment, Accept, Reject }
//!
//! let table = Review::TABLE;
//! let state = |name| table.state_named(name).unwrap();
//! let (draft, open, done) = (state("Draft"), state("Open"), state("Done"));
//!
//! assert_eq!(table.reachable(open), [draft, open, done]);
//! assert_eq!(table.allowed_events(draft), [table.event_named("Submit").unwrap()]);
//!
//! let way = table.shortest_path(draft, done).unwrap();
//! assert_eq!(way.display(table).to_string(), "Draft --Submit--> Open --Accept--> Done");
//!
//! let loops = table.loops().list();
//! assert!(loops.complete);
//! let around = loops.paths[0].display(table).to_string();
//! assert_eq!(around, "Draft --Submit--> Open --Reject--> Draft");
//! ```
//!
//! # What counts as a way
//!
//! * **A row that can run** ([`Table::can_run`]). A row does not if its source is final, if an
//!   unguarded row before it takes the same pattern, or if it waits for an event or a timer in a
//!   state that is left at once ([`Table::is_transient`]). Such rows are in no answer.
//! * **An internal row** (`=> _`) stays, so it is in no simple path and is no loop: its state is
//!   neither left nor entered. It is something a machine does, so trails and coverage have it.
//!   A row from a state to itself (`Open => Open`) does leave and enter, and is a loop of one row.
//! * **Parallel rows** (same source, same target) are ways of their own: a path names its rows.
//! * **A row to a group's history** leads to its `target`, and to every state of the group that is
//!   not final, since any of them may be remembered. So one row may be several [`Edge`]s.
//! * **Guards** are not asked: a path may be one that no machine can take, since no context
//!   satisfies all its guards. The answers err to the side of "possible".
//! * **Timers** are rows like those of events: something has to happen, time has to pass. The rows
//!   of `#[always]` follow by themselves; [`Path::steps`] tells the two apart.
//!
//! # What bounds the answers
//!
//! The paths of a graph may be more than can be listed: a complete graph of thirty states has more
//! than 10^30 between any two of them. [`Paths`] is lazy and bounded by a [`Limit`], and says
//! whether it was cut short. The time to the next path is polynomial, whatever the graph.

mod allowed;
mod automatic;
mod components;
mod coverage;
mod determined;
mod edges;
mod ends;
mod limit;
mod listing;
mod lookup;
mod path;
mod paths;
mod reach;
mod shortest;

pub use coverage::Coverage;
pub use determined::Next;
pub use edges::Edge;
pub use limit::{Enumeration, Limit};
pub use path::{Path, PathDisplay, Step};
pub use paths::Paths;

#[cfg(doc)]
use super::table::Table;
