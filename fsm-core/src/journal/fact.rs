//! What a record says.

use super::Sequence;
use crate::machine::{EventId, RowId, StateId, Timestamp};

/// What happened to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// It was created, in its kind's initial state. The payload is its context.
    Created,
    /// It took a row. The payload is the event; empty if the row takes none.
    Transition {
        /// The row taken.
        row: RowId,
        /// The state it came to: the pair assertion of every replay.
        state: StateId,
    },
    /// It was stopped for good before it was complete. No payload.
    Stopped,
    /// An event was kept until the state changes. The payload is the event.
    Deferred {
        /// Which event.
        event: EventId,
    },
    /// A kept event was offered again, and no row took it: it is gone. No payload.
    Dropped {
        /// The record that kept it.
        deferred: Sequence,
    },
    /// A timer ran down, and the guards of its rows said no. No payload.
    Elapsed {
        /// The first row of the timer in the machine's state.
        row: RowId,
    },
    /// An event is to be sent to the machine later. The payload is the event.
    Scheduled {
        /// When.
        due: Timestamp,
        /// Which event.
        event: EventId,
    },
    /// An event that was to be sent later is gone: it was called back, or no row took it when its
    /// time had come. No payload.
    Unscheduled {
        /// The record that scheduled it.
        scheduled: Sequence,
    },
    /// An effect was performed. No payload.
    Performed {
        /// The record whose action returned it.
        sequence: Sequence,
        /// Which of that record's effects, from 0.
        index: u16,
    },
    /// An effect could not be performed, and is not tried any more. The payload says why.
    Abandoned {
        /// The record whose action returned it.
        sequence: Sequence,
        /// Which of that record's effects, from 0.
        index: u16,
    },
    /// An abandoned effect is to be performed after all. No payload.
    Resumed {
        /// The record whose action returned it.
        sequence: Sequence,
        /// Which of that record's effects, from 0.
        index: u16,
    },
    /// An event with an idempotency key was answered without a transition: it was accepted and
    /// changed nothing, or it was refused. The payload is the answer, for whoever sends it again.
    Answered,
    /// What the machine is, whole: the records before need not be there any more. The payload is
    /// the machine.
    Base {
        /// The state it is in.
        state: StateId,
    },
}

/// A fact as a number and two more, for journals to store: `Fact::code` and `Fact::from_code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactCode {
    /// Which fact it is. Numbers are never used anew.
    pub tag: u8,
    /// What it holds, 0 where it holds nothing.
    pub numbers: [u64; 2],
}

impl Fact {
    /// The fact as numbers.
    #[must_use]
    pub const fn code(self) -> FactCode {
        let (tag, numbers) = match self {
            Self::Created => (0, [0, 0]),
            Self::Transition { row, state } => (1, [row.0 as u64, state.0 as u64]),
            Self::Stopped => (2, [0, 0]),
            Self::Deferred { event } => (3, [event.0 as u64, 0]),
            Self::Dropped { deferred } => (4, [deferred.0, 0]),
            Self::Elapsed { row } => (5, [row.0 as u64, 0]),
            Self::Scheduled { due, event } => (6, [due.micros().cast_unsigned(), event.0 as u64]),
            Self::Unscheduled { scheduled } => (7, [scheduled.0, 0]),
            Self::Performed { sequence, index } => (8, [sequence.0, index as u64]),
            Self::Abandoned { sequence, index } => (9, [sequence.0, index as u64]),
            Self::Resumed { sequence, index } => (10, [sequence.0, index as u64]),
            Self::Answered => (11, [0, 0]),
            Self::Base { state } => (12, [state.0 as u64, 0]),
        };
        FactCode { tag, numbers }
    }

    /// The fact that these numbers stand for; `None` if they are no fact's.
    #[must_use]
    pub fn from_code(code: FactCode) -> Option<Self> {
        let [first, second] = code.numbers;
        let small = |number: u64| u16::try_from(number).ok();
        let fact = match code.tag {
            0 => Self::Created,
            1 => Self::Transition { row: RowId(small(first)?), state: StateId(small(second)?) },
            2 => Self::Stopped,
            3 => Self::Deferred { event: EventId(small(first)?) },
            4 => Self::Dropped { deferred: Sequence(first) },
            5 => Self::Elapsed { row: RowId(small(first)?) },
            6 => Self::Scheduled {
                due: Timestamp::from_micros(first.cast_signed()),
                event: EventId(small(second)?),
            },
            7 => Self::Unscheduled { scheduled: Sequence(first) },
            8 => Self::Performed { sequence: Sequence(first), index: small(second)? },
            9 => Self::Abandoned { sequence: Sequence(first), index: small(second)? },
            10 => Self::Resumed { sequence: Sequence(first), index: small(second)? },
            11 => Self::Answered,
            12 => Self::Base { state: StateId(small(first)?) },
            _ => return None,
        };
        // Numbers that the fact has no place for are damage.
        (fact.code() == code).then_some(fact)
    }

    /// What it is, in a word or two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "a creation",
            Self::Transition { .. } => "a transition",
            Self::Stopped => "a stop",
            Self::Deferred { .. } => "a deferred event",
            Self::Dropped { .. } => "the end of a deferred event",
            Self::Elapsed { .. } => "a timer whose guards said no",
            Self::Scheduled { .. } => "a scheduled event",
            Self::Unscheduled { .. } => "the end of a scheduled event",
            Self::Performed { .. } => "a performed effect",
            Self::Abandoned { .. } => "an abandoned effect",
            Self::Resumed { .. } => "a resumed effect",
            Self::Answered => "an answer",
            Self::Base { .. } => "a base",
        }
    }
}
