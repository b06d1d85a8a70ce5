//! Opening what many events were appended to: closed cleanly, and killed while it wrote.
//!
//! - Each contestant is filled and closed by a process of its own.
//! - Clean: a new process opens it, reads the last event, and closes it, again and again.
//! - Killed: a process appends until it is killed (`SIGKILL`), then a new one opens. It must have
//!   every event that was answered before the kill.
//! - In the end everything is read back.
//!
//! Opening ends when the last event has been read, because some open at first use. The floor is
//! reading the raw file, which has to be read to find its last whole commit. Everything is in
//! memory that the operating system keeps of files.

mod opening;
mod run;
mod writing;

pub(crate) use opening::{Checking, Loading, Opening};
pub(crate) use run::run;
pub(crate) use writing::Writing;

/// How many orders the events are of.
const ORDERS: usize = 10_000;
