//! Where snapshots of machines are kept: a shorter way to what replay would make.

use std::fmt;

use bytes::Bytes;

use super::{AppendError, MachineKey, Pending, Position, ReadError, SchemaId, Sequence};

/// A machine as it was at one of its records.
///
/// Nothing rests on it: whoever has one and finds anything about it doubtful drops it and replays
/// the records instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The machine.
    pub machine: MachineKey,
    /// The record that it was taken behind.
    pub sequence: Sequence,
    /// Where that record stands in the journal.
    pub position: Position,
    /// The schema of the code that took it.
    pub schema: SchemaId,
    /// The machine, encoded.
    pub payload: Bytes,
}

/// The snapshots of a journal's machines.
///
/// A journal gives out what was saved, bit for bit, or nothing: what it finds damaged it treats as
/// not there. A snapshot need not be durable when it is saved, and may be gone after a loss of
/// power.
pub trait Snapshots: fmt::Debug + Send + Sync {
    /// Keeps a snapshot, and the `keep - 1` newest of the machine's other ones; `keep` is at
    /// least 1.
    ///
    /// # Cancel safety
    ///
    /// The snapshot is handed over when `save` is called.
    fn save(
        &self,
        snapshot: StoredSnapshot,
        keep: usize,
    ) -> Pending<'static, Result<(), AppendError>>;

    /// The machine's newest snapshot that was taken at this sequence or before.
    fn load<'a>(
        &'a self,
        machine: &'a MachineKey,
        up_to: Sequence,
    ) -> Pending<'a, Result<Option<StoredSnapshot>, ReadError>>;

    /// Drops all snapshots of the machine.
    fn discard(&self, machine: &MachineKey) -> Pending<'static, Result<(), AppendError>>;
}
