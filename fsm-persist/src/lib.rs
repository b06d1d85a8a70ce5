//! Journals of `fsm-core` on disks and servers.
//!
//! [`SledJournal`] keeps a journal in a directory, by means of sled, and needs nothing else. It is
//! the cargo feature `sled`, which is on by default.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("orders");
//! use fsm_core::Timestamp;
//! use fsm_core::journal::{Batch, Fact, Journal, MachineKey, Position, Schema, Sequence};
//! use fsm_persist::SledJournal;
//!
//! let journal = SledJournal::open(&path)?;
//! let kind = journal.register(&Schema::bare("Order", &["Cart", "Paid"], &["Pay"])).await?;
//! let order = MachineKey::new(kind.kind, "order-42");
//!
//! let mut batch = Batch::new();
//! let (first, now) = (Sequence(1), Timestamp::EPOCH);
//! batch.push(order.clone(), first, now, kind.schema, Fact::Created, b"context");
//! journal.append(batch).await?; // it survives a loss of power now
//! journal.close().await?;
//!
//! let journal = SledJournal::open(&path)?;
//! assert_eq!(journal.head(), Position(1));
//! assert_eq!(journal.read(&order, Sequence(1), 10).await?[0].payload, "context");
//! # Ok(()) }
//! ```
//!
//! # What is promised
//!
//! | when | then |
//! | --- | --- |
//! | an append is answered, with `Fsync` | it survives kills and loss of power |
//! | an append is answered, with `Flush` | it survives kills; loss of power an interval later |
//! | a batch was not answered | it is there as a whole, or not at all |
//! | a batch does not follow its machines | nothing of it is written; the others go on |
//! | the disk is full or fails or stalls | an error: the outcome is unknown, reopen and see |
//! | stored bytes are changed or moved | reading says where, and gives out nothing wrong |
//! | the end of the log is lost | opening refuses, and says how many records are missing |
//! | the index is lost | opening builds it anew from the log |
//! | a machine has been idle for years | it costs disk, not memory |
//! | the journal is opened | what is behind the last checkpoint is read, not the whole log |
//! | it is open elsewhere | an error that says so |
//! | the directory holds something else | an error that says so, and nothing is touched |
//! | the directory is deleted while it is open | the next append is refused, and says so |
//! | a machine is forgotten, a space deleted | nobody is given any of it, kill or not |
//! | a snapshot is damaged | it is not there, and the records are replayed |
//! | a cursor was moved | it is as durable as an append |
//! | commits are small | their chunks are merged while nothing else is to be done |
//! | a backup is complete | it is a journal, as the source was; until then it says so |
//!
//! # Its care
//!
//! | to | there is |
//! | --- | --- |
//! | know whether it is whole | [`SledJournal::verify`], [`SledJournal::verify_open`] |
//! | mend what is certain | [`SledJournal::repair`]: what it cuts is kept in a file |
//! | save what can be read | [`SledJournal::salvage`], out of sled's raw file if need be |
//! | have a copy | [`SledJournal::backup`] while it is open, [`SledJournal::restore`] |
//! | have it as JSON or Parquet | [`archive`], on every backend, and back |
//!
//! A record may have [`RECORD_BYTES_MAX`] bytes: payload, metadata and id. The bytes of everything
//! stored are drawn in `docs/format.md`; how the promises are tried is in `docs/reliability.md` of
//! the repository.
//!
//! What `forget` and deleting a space erase is gone from every value that the journal reads, and
//! out of every backup that is made or renewed afterwards. sled reuses the space it had on the disk
//! in its own time: until then a forensic look at the raw file may find it. A backup made before
//! still has it.

pub mod archive;
mod progress;
#[cfg(feature = "sled")]
mod sled;

pub use crate::progress::Progress;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use crate::sled::fuzzing;
#[cfg(feature = "sled")]
pub use crate::sled::{
    BackupError, BackupReport, Finding, MachineLoss, OpenError, OpenReport, Part, RECORD_BYTES_MAX,
    RepairError, RepairOptions, RepairReport, SalvageError, SalvageOptions, SalvageReport,
    SledJournal, SledOptions, Verdict, VerifyOptions, VerifyReport,
};
