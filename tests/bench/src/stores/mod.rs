//! What `journal`, `replay` and `open` compare: our journal, the floor and storage engines.
//!
//! - Ours: [`SledJournal`](fsm_persist::SledJournal) as it is opened without options.
//! - The floor: one file, appended to, with a checksum and an `fdatasync` a commit.
//! - The engines as a user would turn to them: one key an event under its position, all keys of a
//!   commit in one batch or transaction, with the engine's own defaults but for what makes a commit
//!   durable. fjall syncs with `fdatasync`, as ours does; redb as it always does; SQLite has a
//!   write-ahead log and `synchronous` set to `FULL`; sled's `flush` is no sync, so the file `db`
//!   is synced after it.
//!
//! One key an event is the least that an engine can be asked for, and it is less than what ours
//! does: it cannot read one machine's events by itself and checks no sequence. That favours the
//! engines. Where appends are compared, each engine takes part a second time with what it takes to
//! read one machine: a second key an event, its position under its machine and sequence (in SQLite
//! an index of those columns). Sequences are checked by ours alone, and by SQLite's index.
//!
//! Nobody is believed. What is written is tallied as it is made, everyone reads back what it has,
//! after it was closed and opened again, and whoever does not come to the same tally has failed
//! ([`tally`]).
//!
//! - [`store`]: what a contestant can do. [`contestant`]: who there is.
//! - [`ours`], [`raw`], [`sled`], [`fjall`], [`redb`], [`sqlite`]: one each.
//! - [`encoded`]: the bytes of an event, for whoever keeps bytes. [`batches`]: what is appended.
//! - [`disk`]: what a directory takes. [`standings`]: what comes of the rounds.

mod batches;
mod contestant;
mod disk;
mod encoded;
mod fjall;
mod ours;
mod raw;
mod redb;
mod sled;
mod sqlite;
mod standings;
mod store;
mod tally;

pub(crate) use batches::{Batches, mix};
pub(crate) use contestant::Contestant;
pub(crate) use disk::disk_bytes;
pub(crate) use ours::REGISTERED;
pub(crate) use standings::{Standings, shuffled};
pub(crate) use store::{Failure, Seen, Store};
pub(crate) use tally::{Tally, check};
