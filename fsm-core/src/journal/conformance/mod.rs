//! The suite that every journal must pass, for tests of journals in this house and elsewhere.
//!
//! Say where a journal is kept, and [`run`] does the rest; or run the [`CASES`] by name. A case
//! that does not hold panics and names itself.
//!
//! ```
//! use fsm_core::journal::conformance::{Place, run};
//! use fsm_core::journal::{MemoryJournal, Pending};
//!
//! /// A journal in memory is kept wherever a clone of it is.
//! #[derive(Debug, Default)]
//! struct InMemory(MemoryJournal);
//!
//! impl Place for InMemory {
//!     type Journal = MemoryJournal;
//!
//!     fn open(&self) -> Pending<'_, MemoryJournal> {
//!         Box::pin(async { self.0.clone() })
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! run(InMemory::default).await;
//! # });
//! ```

mod appending;
mod bench;
mod erasing;
mod facts;
mod keeping;
mod reading;
mod reopening;
mod tailing;
mod tenants;

use super::{Journal, Pending};
use bench::{Bench, Case};

/// Where one journal is kept.
pub trait Place {
    /// The journal.
    type Journal: Journal;

    /// Opens the journal: an empty one the first time, and the same one again after it was closed
    /// and dropped.
    fn open(&self) -> Pending<'_, Self::Journal>;
}

/// The names of the cases.
pub const CASES: [&str; 31] = [
    "positions and sequences are dense",
    "an empty batch is appended as nothing",
    "a batch is appended as a whole or not at all",
    "a wrong sequence is a conflict",
    "what rests on a refused batch is refused",
    "a duplicate creation is a conflict",
    "a gap is a conflict",
    "a conflict inside of a batch is one",
    "an unknown schema is refused",
    "concurrent appends are answered in order",
    "an answer that is dropped takes nothing back",
    "spaces have dense sequences of their own",
    "ids may be empty, long and in any script",
    "payloads may be large",
    "facts and metadata come back as they were written",
    "a machine is read in pages",
    "all records are read in pages",
    "registering is idempotent",
    "records are the same after reopening",
    "appending goes on after reopening",
    "a closed journal refuses to append",
    "a position is waited for",
    "a tail has no gap and no double",
    "a named tail goes on after reopening",
    "cursors are kept",
    "snapshots are kept to a number",
    "spaces are kept",
    "a space is read by itself",
    "a deleted space is gone",
    "a forgotten machine is gone",
    "a trimmed machine begins with its base",
];

/// Runs every case, each on a journal of its own in a place that `fresh` makes.
///
/// # Panics
///
/// If a case does not hold: the message names the case and says what was expected.
pub async fn run<P: Place>(fresh: impl Fn() -> P) {
    for case in CASES {
        run_case(case, &fresh()).await;
    }
}

/// Runs the case of this name in a fresh place.
///
/// # Panics
///
/// If the case does not hold, or there is none of this name.
pub async fn run_case<P: Place>(case: &'static str, place: &P) {
    let bench = Bench::new(Case(case), place);
    match case {
        "positions and sequences are dense" => appending::dense(&bench).await,
        "an empty batch is appended as nothing" => appending::empty_batch(&bench).await,
        "a batch is appended as a whole or not at all" => appending::whole(&bench).await,
        "a wrong sequence is a conflict" => appending::wrong_sequence(&bench).await,
        "what rests on a refused batch is refused" => appending::chain(&bench).await,
        "a duplicate creation is a conflict" => appending::duplicate(&bench).await,
        "a gap is a conflict" => appending::gap(&bench).await,
        "a conflict inside of a batch is one" => appending::inside(&bench).await,
        "an unknown schema is refused" => appending::unknown_schema(&bench).await,
        "concurrent appends are answered in order" => appending::in_order(&bench).await,
        "an answer that is dropped takes nothing back" => appending::dropped(&bench).await,
        "spaces have dense sequences of their own" => reading::spaces(&bench).await,
        "ids may be empty, long and in any script" => reading::ids(&bench).await,
        "payloads may be large" => reading::payloads(&bench).await,
        "facts and metadata come back as they were written" => facts::all(&bench).await,
        "a machine is read in pages" => reading::machine_pages(&bench).await,
        "all records are read in pages" => reading::all_pages(&bench).await,
        "registering is idempotent" => reopening::registering(&bench).await,
        "records are the same after reopening" => reopening::same_records(&bench).await,
        "appending goes on after reopening" => reopening::goes_on(&bench).await,
        "a closed journal refuses to append" => reopening::closed(&bench).await,
        "a position is waited for" => tailing::reached(&bench).await,
        "a tail has no gap and no double" => tailing::tail(&bench).await,
        "a named tail goes on after reopening" => tailing::named(&bench).await,
        "cursors are kept" => tailing::cursors(&bench).await,
        "snapshots are kept to a number" => keeping::snapshots(&bench).await,
        "spaces are kept" => tenants::kept(&bench).await,
        "a space is read by itself" => tenants::read(&bench).await,
        "a deleted space is gone" => tenants::deleted(&bench).await,
        "a forgotten machine is gone" => erasing::forgotten(&bench).await,
        "a trimmed machine begins with its base" => erasing::trimmed(&bench).await,
        unknown => panic!("there is no case `{unknown}`: the cases are {CASES:?}"),
    }
}

/// The largest payload that every journal must hold.
pub const PAYLOAD_BYTES: usize = 256 * 1024;
