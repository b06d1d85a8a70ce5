//! Why a command was not carried out.

use std::fmt;

use super::evolution::Incompatible;
use super::replay_error::ReplayError;
use super::stored::Unstorable;
use crate::journal::{AppendError, CodecError, ReadError, RegisterError, Sequence, UpkeepError};
use crate::machine::{Fsm, RowId, Timestamp};

/// Why a machine did not do what it was told.
///
/// `T` is what the call was given and gets back wherever nothing was done with it: the event of a
/// send, the context of a create, `()` of a question.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError<T = ()> {
    /// The machine is in a state in which it does not take this event now.
    #[error("rejected in state `{state}`: {why}")]
    Rejected {
        /// The event.
        given: T,
        /// The name of the state.
        state: &'static str,
        /// Whether there is no row for it, or guards said no.
        why: Why,
    },
    /// There is no such machine: create it first.
    #[error("there is no machine `{id}` of kind `{kind}`: create it first")]
    NotFound {
        /// What the call was given.
        given: T,
        /// The kind.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The machine exists: send to it instead.
    #[error("machine `{id}` of kind `{kind}` exists already")]
    AlreadyExists {
        /// The context.
        given: T,
        /// The kind.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The machine is complete, or was stopped, and takes nothing any more.
    #[error("the machine is complete: it ended in state `{state}`")]
    Completed {
        /// What the call was given.
        given: T,
        /// The name of the state it ended in.
        state: &'static str,
    },
    /// The time given lies before the machine's last record.
    #[error("{at} lies before the machine's last record, which is of {last}")]
    OutOfOrder {
        /// What the call was given.
        given: T,
        /// The time given.
        at: Timestamp,
        /// The time of the machine's last record.
        last: Timestamp,
    },
    /// The machine is not at the sequence that the send expected: somebody else was there first.
    #[error("{expected} was expected of the machine, and it stands at {actual}: look at it again")]
    SequenceMismatch {
        /// What the call was given.
        given: T,
        /// What the call expected.
        expected: Sequence,
        /// The sequence of the machine's last record.
        actual: Sequence,
    },
    /// The time for it ran out.
    #[error("{}", timed_out(*.may_be_applied))]
    Timeout {
        /// Whether it may be carried out nevertheless: it had been begun. If not, it was called
        /// back, and is not carried out.
        may_be_applied: bool,
    },
    /// The machine keeps or has scheduled so many events that there is no room for one more.
    #[error("the machine keeps {events_max} events already, and has no room for another")]
    Full {
        /// What the call was given.
        given: T,
        /// How many events it may keep.
        events_max: usize,
    },
    /// Too many commands are waiting: nothing was done; try again later.
    #[error("too many commands are waiting: nothing was done, try again later")]
    Overloaded {
        /// What the call was given.
        given: T,
    },
    /// A guard or an action panicked. The event is not journaled and is gone; the machine starts
    /// again from its journal.
    #[error("the machine panicked and starts again from its journal: {message}")]
    Crashed {
        /// What the panic said.
        message: String,
    },
    /// The machine's records cannot be replayed, so it is refused until that is mended.
    #[error("the machine is quarantined, because its records cannot be replayed: {why}")]
    Quarantined {
        /// Which record, and what is wrong with it.
        why: String,
    },
    /// The machine is a member of a supervised set, and does not run now: try again later.
    #[error("the machine does not run now, because {why}: try again later")]
    Suspended {
        /// Why.
        why: String,
    },
    /// What was given is larger than the journal can hold; nothing was done.
    #[error(
        "what was sent takes {bytes} bytes, and the journal takes {bytes_max}: make it smaller"
    )]
    TooLarge {
        /// What the call was given.
        given: T,
        /// The bytes of the id and of what was sent.
        bytes: usize,
        /// The bytes allowed.
        bytes_max: usize,
    },
    /// What was given cannot be encoded for the journal; nothing was done.
    #[error("what was sent cannot be journaled: {source}")]
    Codec {
        /// What the codec says.
        source: CodecError,
    },
    /// The machine cannot be written down as a whole now; nothing was done.
    #[error("the machine cannot be written down as a whole: {why}")]
    Unstorable {
        /// Why.
        why: Unstorable,
    },
    /// The records of that moment were erased, and what the machine was then with them.
    #[error("what the machine was before {first} is erased: its records begin there")]
    Erased {
        /// The machine's first record.
        first: Sequence,
    },
    /// The journal could not erase records.
    #[error(transparent)]
    Upkeep(#[from] UpkeepError),
    /// The journal did not take it. Whether it may be there nevertheless, the source says.
    #[error(transparent)]
    Journal(#[from] AppendError),
    /// The machine's records cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The kind could not be registered with the journal.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// What the journal holds of the kind does not fit this code; nothing was done.
    #[error(transparent)]
    Incompatible(#[from] Box<Incompatible>),
    /// The system is shutting down, or is gone: nothing was done.
    #[error("the system is shutting down: nothing was done")]
    ShuttingDown {
        /// What the call was given.
        given: T,
    },
    /// The command was dropped without an answer, so its outcome is unknown: the code of the
    /// machine panicked where no row was taken (in `Clone` or `Serialize`), or the shard ended.
    #[error("the command was dropped without an answer, and its outcome is unknown")]
    Unanswered,
}

impl<T> SendError<T> {
    /// The same error of a call that was given something else.
    pub(super) fn with_given<U>(self, other: impl FnOnce() -> U) -> SendError<U> {
        match self {
            Self::Rejected { state, why, .. } => SendError::Rejected { given: other(), state, why },
            Self::NotFound { kind, id, .. } => SendError::NotFound { given: other(), kind, id },
            Self::AlreadyExists { kind, id, .. } => {
                SendError::AlreadyExists { given: other(), kind, id }
            }
            Self::Completed { state, .. } => SendError::Completed { given: other(), state },
            Self::OutOfOrder { at, last, .. } => SendError::OutOfOrder { given: other(), at, last },
            Self::SequenceMismatch { expected, actual, .. } => {
                SendError::SequenceMismatch { given: other(), expected, actual }
            }
            Self::Timeout { may_be_applied } => SendError::Timeout { may_be_applied },
            Self::Full { events_max, .. } => SendError::Full { given: other(), events_max },
            Self::Overloaded { .. } => SendError::Overloaded { given: other() },
            Self::Crashed { message } => SendError::Crashed { message },
            Self::Quarantined { why } => SendError::Quarantined { why },
            Self::Suspended { why } => SendError::Suspended { why },
            Self::TooLarge { bytes, bytes_max, .. } => {
                SendError::TooLarge { given: other(), bytes, bytes_max }
            }
            Self::Codec { source } => SendError::Codec { source },
            Self::Unstorable { why } => SendError::Unstorable { why },
            Self::Erased { first } => SendError::Erased { first },
            Self::Upkeep(source) => SendError::Upkeep(source),
            Self::Journal(source) => SendError::Journal(source),
            Self::Read(source) => SendError::Read(source),
            Self::Register(source) => SendError::Register(source),
            Self::Incompatible(source) => SendError::Incompatible(source),
            Self::ShuttingDown { .. } => SendError::ShuttingDown { given: other() },
            Self::Unanswered => SendError::Unanswered,
        }
    }
}

/// Why a machine's records do not make a machine now: the errors that have nothing to give back.
#[derive(Clone, Debug)]
pub(super) enum Unavailable {
    Quarantined(String),
    Suspended(String),
    Read(ReadError),
    Register(RegisterError),
    Incompatible(Box<Incompatible>),
}

impl<T> From<Unavailable> for SendError<T> {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::Quarantined(why) => Self::Quarantined { why },
            Unavailable::Suspended(why) => Self::Suspended { why },
            Unavailable::Read(source) => Self::Read(source),
            Unavailable::Register(source) => Self::Register(source),
            Unavailable::Incompatible(source) => Self::Incompatible(source),
        }
    }
}

impl From<ReplayError> for Unavailable {
    fn from(error: ReplayError) -> Self {
        Self::Quarantined(error.to_string())
    }
}

impl From<ReadError> for Unavailable {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<RegisterError> for Unavailable {
    fn from(error: RegisterError) -> Self {
        Self::Register(error)
    }
}

impl From<Box<Incompatible>> for Unavailable {
    fn from(error: Box<Incompatible>) -> Self {
        Self::Incompatible(error)
    }
}

/// Why an event was rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No row of the state takes this event.
    NoRow {
        /// The event's name.
        event: &'static str,
    },
    /// There are rows, but their guards said no.
    Guards {
        /// The event's name.
        event: &'static str,
        /// The source text of the guards that said no, in the order in which they were asked.
        guards: Vec<&'static str>,
    },
}

impl Why {
    /// Why an event of this name was refused by these rows, whose patterns match it.
    pub(super) fn of<F: Fsm>(event: &'static str, candidates: &[RowId]) -> Self {
        let guards = candidates.iter().filter_map(|&row| F::TABLE.row(row).guard);
        let guards: Vec<_> = guards.collect();
        if guards.is_empty() { Self::NoRow { event } } else { Self::Guards { event, guards } }
    }
}

const fn timed_out(may_be_applied: bool) -> &'static str {
    if may_be_applied {
        "the time ran out while it was being carried out: look at the machine"
    } else {
        "the time ran out before it was begun: it is not carried out"
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRow { event } => write!(f, "no row takes `{event}` here"),
            Self::Guards { event, guards } => {
                write!(f, "`{event}` is taken here only if `{}`", guards.join("`, or if `"))
            }
        }
    }
}
