//! What can go wrong in a journal, by operation.

use std::sync::Arc;

use super::{MachineKey, Position, Sequence};

/// The source of an error that several callers are told of.
pub(crate) type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Why a batch was not appended, or may not have been.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Nothing was written: a record does not follow its machine's last one. Somebody else wrote
    /// to the machine; read it again.
    #[error("{machine} stands at {actual}, and the batch was to write {expected}: read it again")]
    Conflict {
        /// The machine.
        machine: MachineKey,
        /// The sequence of the batch's record.
        expected: Sequence,
        /// The sequence of the machine's last record.
        actual: Sequence,
    },
    /// Nothing was written: a record is larger than the journal can hold.
    #[error(
        "a record of {machine} has {bytes} bytes, and {bytes_max} is the most: make it smaller"
    )]
    TooLarge {
        /// The machine.
        machine: MachineKey,
        /// The size of the record.
        bytes: usize,
        /// The size allowed.
        bytes_max: usize,
    },
    /// Nothing was written: a record names a schema that is not registered.
    #[error("a record of {machine} names a schema that is not registered")]
    UnknownSchema {
        /// The machine.
        machine: MachineKey,
    },
    /// Nothing was written: a record is in a space that there is not.
    #[error("there is no {}: {machine} cannot be in it", .machine.space)]
    UnknownSpace {
        /// The machine.
        machine: MachineKey,
    },
    /// Nothing was written: an earlier batch of the same chain was refused.
    #[error("nothing was written, because what it was decided on was refused: try again")]
    Broken,
    /// Nothing was written: too much waits to be written already. Try again later.
    #[error(
        "more than {records} records or {bytes} bytes wait to be written: nothing was written, \
         try again later"
    )]
    Overloaded {
        /// How many records may wait.
        records: usize,
        /// How many payload bytes may wait.
        bytes: usize,
    },
    /// The batch may or may not be there. The journal has stopped; reopen it to see what is there.
    #[error("the outcome of a commit is unknown, and the journal has stopped: reopen it ({why})")]
    Unknown {
        /// What happened.
        why: String,
        /// What it came from.
        source: Option<Cause>,
    },
    /// Nothing was written: the journal stopped earlier, or was closed.
    #[error("the journal is stopped: reopen it ({why})")]
    Stopped {
        /// Why it stopped.
        why: String,
    },
}

/// Why records could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// What is stored is not what was written.
    #[error("the journal is damaged at {position}{}: {why}", of(.machine.as_ref()))]
    Damaged {
        /// Where the damage was met.
        position: Position,
        /// The machine whose records were being read, if it was one machine's.
        machine: Option<MachineKey>,
        /// What was expected and what was found.
        why: String,
    },
    /// The storage refused.
    #[error("cannot read the journal: {why}")]
    Storage {
        /// What was attempted, and what the storage says.
        why: String,
        /// What it came from.
        source: Option<Cause>,
    },
    /// The journal was closed.
    #[error("the journal is closed: reopen it")]
    Closed,
}

/// Why a schema could not be registered.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// It could not be written.
    #[error("cannot register the schema of `{kind}`: {source}")]
    Append {
        /// The kind.
        kind: String,
        /// What went wrong.
        source: AppendError,
    },
    /// The journal holds more schemas than it can number.
    #[error("cannot register the schema of `{kind}`: the journal has no numbers left")]
    Full {
        /// The kind.
        kind: String,
    },
}

fn of(machine: Option<&MachineKey>) -> String {
    machine.map_or_else(String::new, |machine| format!(" of {machine}"))
}
