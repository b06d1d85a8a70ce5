//! Why records do not make a machine.

use super::evolution::Incompatible;
use super::restoring::Unrestorable;
use crate::journal::{CodecError, Position, SchemaId, Sequence};

/// Why records do not make a machine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The record does not follow the one before.
    #[error("the record at {position} has {found}, and {expected} was to come")]
    Gap {
        /// The record.
        position: Position,
        /// The sequence that was to come.
        expected: Sequence,
        /// Its sequence.
        found: Sequence,
    },
    /// A machine's first record is no creation, or a later one is.
    #[error("the record at {position} is {found} where {expected} was to come")]
    Order {
        /// The record.
        position: Position,
        /// What was to come.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The journal does not know the record's schema.
    #[error("the record at {position} was written with {schema}, which the journal does not know")]
    UnknownSchema {
        /// The record.
        position: Position,
        /// Its schema.
        schema: SchemaId,
    },
    /// The code has no such row any more.
    #[error(
        "the record at {position} took the row {row}, which the code does not have: bring it back"
    )]
    UnknownRow {
        /// The record.
        position: Position,
        /// The row, by names.
        row: String,
    },
    /// The payload is no value of the type that the code has now.
    #[error("the payload of the record at {position} ({what}) cannot be decoded: {source}")]
    Payload {
        /// The record.
        position: Position,
        /// What the payload is to be.
        what: String,
        /// What the codec says.
        source: CodecError,
    },
    /// The record was written with a schema that does not fit the code.
    #[error("the record at {position} cannot be read: {source}")]
    Incompatible {
        /// The record.
        position: Position,
        /// What does not fit.
        source: Box<Incompatible>,
    },
    /// The payload decodes to another event than was recorded: the event enum has changed its
    /// order.
    #[error(
        "the record at {position} holds `{recorded}`, but its payload decodes to `{decoded}`: \
         the variants of the event enum have changed their order"
    )]
    OtherEvent {
        /// The record.
        position: Position,
        /// The event recorded.
        recorded: String,
        /// The event decoded.
        decoded: &'static str,
    },
    /// The record is about an event that was deferred or scheduled, and there is none.
    #[error("the record at {position} is about an event kept at {of}, and there is none")]
    NotAwaited {
        /// The record.
        position: Position,
        /// The record that should have kept the event.
        of: Sequence,
    },
    /// The record is the machine as a whole, and the code cannot make it of that.
    #[error("the machine that the record at {position} holds cannot be restored: {source}")]
    Base {
        /// The record.
        position: Position,
        /// Why not.
        source: Unrestorable,
    },
    /// The code takes the row from or to another state than was recorded.
    #[error(
        "the record at {position} ({row}) leads to `{recorded}`, but its replay to `{replayed}`"
    )]
    OtherState {
        /// The record.
        position: Position,
        /// The row, by names.
        row: String,
        /// The state recorded.
        recorded: String,
        /// The state that replay came to, or was in.
        replayed: &'static str,
    },
}
