//! The journal on sled.
//!
//! A log of chunks, each a bounded value, written by one thread; an index that the log rebuilds;
//! and a mark beside the database that knows how far the log was durable. `docs/format.md` has
//! every byte.
//!
//! ```text
//! append -> queue -> writer: commit (check, pack) -> store -> fdatasync -> mark -> answers
//!                      |                                 ^
//!                      +-- index: run, manifest ---------+
//! read   -> heads of the index -> chunk -> chunk before -> ...
//! ```

mod backup;
mod carve;
mod carve_message;
mod change;
mod changing;
mod chunk;
mod commit;
mod copying;
mod cursor;
mod cut;
mod directory;
mod documents;
mod erasure;
mod error;
mod growth;
mod heads;
mod histories;
mod index;
mod journal;
mod layout;
mod manifest;
mod mark;
mod meta;
mod open;
mod options;
mod packed;
mod ports;
mod progress;
mod queue;
mod read;
mod rebuild;
mod repair;
mod rescue;
mod rewrite;
mod run;
mod salvage;
mod scan;
mod shared;
mod snapshot;
mod space_read;
mod spaces;
mod store;
mod tasks;
mod trail;
mod varint;
mod verify;
mod verify_report;
mod verifying;
mod walk;
mod writer;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
#[path = "../fuzzing.rs"]
pub mod fuzzing;

pub use backup::{BackupError, BackupReport};
pub use error::OpenError;
pub use journal::SledJournal;
pub use open::OpenReport;
pub use options::SledOptions;
pub use repair::{RepairError, RepairOptions, RepairReport};
pub use salvage::{MachineLoss, SalvageError, SalvageOptions, SalvageReport};
pub use verify::VerifyOptions;
pub use verify_report::{Finding, Part, Verdict, VerifyReport};

/// The most bytes that a record may have, with its id.
pub const RECORD_BYTES_MAX: usize = layout::RECORD_BYTES_MAX - layout::RECORD_OVERHEAD_BYTES;
