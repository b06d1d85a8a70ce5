//! Durable appends beside a raw file and storage engines, and durable sends beside the append.
//!
//! - [`append`]: batches of 1, 16, 256 and 4,096 events a commit, each commit synced before the
//!   next. Everyone appends the same batches in each round, in another order each time, and after
//!   what the others have left unwritten was synced.
//! - [`footprint`]: what the same appends leave on the disk and in memory.
//! - [`sends`]: sends through a whole system beside the journal's own append.
//!
//! Who the contestants are and how they are used is told in [`stores`](crate::stores).

mod append;
mod footprint;
mod run;
mod sends;

pub(crate) use crate::stores::Failure;
pub(crate) use footprint::Filling;
pub(crate) use run::run;

/// How many machines the appended records are spread over.
const MACHINES: usize = 1_000;
/// How many bytes the payload of an appended record has.
const PAYLOAD_BYTES: usize = 64;
