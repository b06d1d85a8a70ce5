//! What a machine answers.

use crate::journal::{Metadata, Position, Sequence};
use crate::machine::{Fsm, StateId, Timestamp};

/// What a durable send did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transition<F> {
    /// The state before.
    pub from: StateId,
    /// The state after; the same for an internal row.
    pub to: StateId,
    /// The state after, with its data.
    pub state: F,
    /// Whether a record was journaled. An internal row without an action accepts the event and
    /// records nothing; sequence, position and time are then those of the machine's last record.
    pub recorded: bool,
    /// The record's place in the machine's life.
    pub sequence: Sequence,
    /// The record's place in the journal.
    pub position: Position,
    /// When it happened.
    pub time: Timestamp,
    /// Whether the event is kept until the state changes.
    pub deferred: bool,
}

/// A machine as of one of its records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot<F, C> {
    /// The state.
    pub state: F,
    /// The context.
    pub context: C,
    /// Whether it takes nothing any more: it came to a final state, or was stopped.
    pub completed: bool,
    /// The last record's place in the machine's life.
    pub sequence: Sequence,
    /// The last record's place in the journal.
    pub position: Position,
    /// The last record's time.
    pub time: Timestamp,
}

/// A line of a machine's history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<E> {
    /// The record's place in the machine's life.
    pub sequence: Sequence,
    /// The record's place in the journal.
    pub position: Position,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub happened: Happened<E>,
    /// Why it was written, and what follows from it.
    pub metadata: Metadata,
}

/// What a line of a history tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happened<E> {
    /// The machine was created in this state.
    Created {
        /// The initial state's name.
        state: String,
    },
    /// A row led from one state to another, or to the same.
    Transition {
        /// The name of the state before.
        from: String,
        /// The name of the state after.
        to: String,
        /// The row's label, if it has one.
        label: Option<String>,
        /// The name of the event, or `#after`, `#every` or `#always`.
        trigger: String,
        /// The event, if the row took one.
        event: Option<E>,
    },
    /// The machine was stopped.
    Stopped,
    /// It was written down as a whole: what came before need not be there any more.
    Based {
        /// The state it is in.
        state: String,
    },
    /// An event was kept until the state changes.
    Deferred {
        /// The event.
        event: E,
    },
    /// A deferred event is gone: no row took it when it was offered again.
    Dropped {
        /// The record that deferred it.
        deferred: Sequence,
    },
    /// A timer ran down, and its guards said no.
    Elapsed {
        /// Its first row, by names.
        row: String,
    },
    /// An event is to be sent later.
    Scheduled {
        /// When.
        due: Timestamp,
        /// The event.
        event: E,
    },
    /// A scheduled event is gone: it was called back, or no row took it.
    Unscheduled {
        /// The record that scheduled it.
        scheduled: Sequence,
    },
    /// An effect was performed.
    Performed {
        /// The record whose action returned it.
        sequence: Sequence,
        /// Which of its effects, from 0.
        index: u16,
    },
    /// An effect could not be performed.
    Abandoned {
        /// The record whose action returned it.
        sequence: Sequence,
        /// Which of its effects, from 0.
        index: u16,
        /// Why.
        why: String,
    },
    /// An abandoned effect is to be performed after all.
    Resumed {
        /// The record whose action returned it.
        sequence: Sequence,
        /// Which of its effects, from 0.
        index: u16,
    },
    /// An event with an idempotency key was answered without a transition.
    Answered,
}

impl<F: Fsm> Transition<F> {
    /// The name of the state before.
    #[must_use]
    pub fn from_name(&self) -> &'static str {
        F::TABLE.state(self.from).name
    }

    /// The name of the state after.
    #[must_use]
    pub fn to_name(&self) -> &'static str {
        F::TABLE.state(self.to).name
    }
}
