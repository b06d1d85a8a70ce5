//! From records back to a machine: the fold that every activation and every look back runs.
//!
//! No guard is asked and no clock is read. Each record names the row it took and the state it came
//! to; the fold takes the row and must come to that state, or it stops with an error that names
//! the record. It never goes on from a guess.

use std::sync::Arc;

use super::answer::Snapshot;
use crate::journal::{
    Codec, CodecError, Fact, Position, Record, Schema, SchemaId, SchemaRow, Sequence, row_label,
    trigger_name,
};
use crate::machine::{Effects, Fsm, Moment, RowId, StateId, Table, Timestamp};
use crate::runtime::Machine;

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

/// The numbers of a stored schema, translated to those of the compiled table.
#[derive(Debug)]
pub(super) struct Translation {
    stored: Arc<Schema>,
    rows: Vec<Option<RowId>>,
}

/// A machine in the making.
#[derive(Debug)]
pub(super) struct Replay<F: Fsm> {
    id: String,
    machine: Option<Snapshot<F, F::Context>>,
}

impl Translation {
    pub(super) fn new(stored: Arc<Schema>, table: &Table) -> Self {
        let rows = stored.rows.iter().map(|row| find(&stored, row, table)).collect();
        Self { stored, rows }
    }

    pub(super) fn stored(&self) -> &Schema {
        &self.stored
    }

    /// A stored row, by names.
    pub(super) fn describe(&self, row: RowId) -> String {
        let Some(stored) = self.stored.row(row) else {
            return format!("{row} of a schema with {} rows", self.stored.rows.len());
        };
        let name = |name: Option<&str>| name.unwrap_or("?").to_owned();
        let source = name(self.stored.source(stored));
        let event = name(self.stored.event(stored));
        let target = name(self.stored.target(stored));
        let label = stored.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"));
        format!("{source} --{event}--> {target}{label}")
    }
}

/// The row of `table` that has the stored row's names. Where a row to a group's history leads if
/// nothing is remembered is not one of them: that may change.
fn find(stored: &Schema, row: &SchemaRow, table: &Table) -> Option<RowId> {
    let (source, event) = (stored.source(row)?, stored.event(row)?);
    let target = stored.target(row)?;
    let found = table.rows.iter().position(|candidate| {
        let candidate_target = candidate.target.unwrap_or(candidate.source);
        let is_same_target = table.state(candidate_target).name == target
            && candidate.target.is_none() == row.target.is_none();
        table.state(candidate.source).name == source
            && trigger_name(table, candidate.trigger) == event
            && (is_same_target || candidate.history.is_some())
            && row_label(table, candidate) == row.label
    });
    found.and_then(|found| u16::try_from(found).ok()).map(RowId)
}

impl<F: Machine> Replay<F> {
    pub(super) const fn new(id: String) -> Self {
        Self { id, machine: None }
    }

    /// The machine as the records so far make it; `None` before its creation.
    pub(super) fn finish(self) -> Option<Snapshot<F, F::Context>> {
        self.machine
    }

    /// The sequence of the record that is to come.
    pub(super) fn next(&self) -> Sequence {
        self.machine.as_ref().map_or(Sequence::START, |machine| machine.sequence).next()
    }

    /// Takes one record.
    pub(super) fn take(
        &mut self,
        record: &Record,
        translation: &Translation,
    ) -> Result<(), ReplayError> {
        let position = record.position;
        if record.sequence != self.next() {
            let (expected, found) = (self.next(), record.sequence);
            return Err(ReplayError::Gap { position, expected, found });
        }
        let machine = match (self.machine.take(), record.fact) {
            (None, Fact::Created) => created(record)?,
            (Some(machine), Fact::Transition { row, state }) if !machine.completed => {
                transition(machine, &self.id, record, (row, state), translation)?
            }
            (Some(machine), Fact::Stopped) if !machine.completed => {
                Snapshot { completed: true, ..machine }
            }
            (before, fact) => return Err(misplaced(position, before.as_ref(), fact)),
        };
        let (sequence, time) = (record.sequence, record.time);
        self.machine = Some(Snapshot { sequence, position, time, ..machine });
        Ok(())
    }
}

fn created<F: Machine>(record: &Record) -> Result<Snapshot<F, F::Context>, ReplayError> {
    let context = Codec::default().decode(&record.payload).map_err(|source| {
        let what = "the context".to_owned();
        ReplayError::Payload { position: record.position, what, source }
    })?;
    Ok(Snapshot {
        state: F::initial(),
        context,
        completed: false,
        sequence: record.sequence,
        position: record.position,
        time: record.time,
    })
}

fn transition<F: Machine>(
    machine: Snapshot<F, F::Context>,
    id: &str,
    record: &Record,
    (stored, recorded): (RowId, StateId),
    translation: &Translation,
) -> Result<Snapshot<F, F::Context>, ReplayError> {
    let position = record.position;
    let describe = || translation.describe(stored);
    let event = decode_event::<F>(record, stored, translation)?;
    let row = translation.rows.get(usize::from(stored.0)).copied().flatten();
    let row = row.ok_or_else(|| ReplayError::UnknownRow { position, row: describe() })?;
    let recorded = translation.stored.state(recorded).unwrap_or("?");
    let other_state = |replayed| ReplayError::OtherState {
        position,
        row: describe(),
        recorded: recorded.to_owned(),
        replayed,
    };

    let before = F::TABLE.state(machine.state.state_id()).name;
    let mut context = machine.context;
    let moment = Moment { now: record.time, id };
    let state = machine
        .state
        .apply(row, &mut context, event, moment, &mut Effects::new())
        .map_err(|_| other_state(before))?;
    let after = F::TABLE.state(state.state_id());
    if after.name != recorded {
        return Err(other_state(after.name));
    }
    Ok(Snapshot { state, context, completed: after.is_final, ..machine })
}

/// The event of a transition record; it must be the one that the record's row names.
pub(super) fn decode_event<F: Machine>(
    record: &Record,
    row: RowId,
    translation: &Translation,
) -> Result<F::Event, ReplayError> {
    let position = record.position;
    let recorded = translation.stored.row(row).and_then(|row| translation.stored.event(row));
    let Some(recorded) = recorded else {
        return Err(ReplayError::UnknownRow { position, row: translation.describe(row) });
    };
    let event = Codec::default().decode(&record.payload).map_err(|source| {
        let what = format!("the event `{recorded}`");
        ReplayError::Payload { position, what, source }
    })?;
    let decoded = F::TABLE.event(F::event_id(&event));
    if decoded != recorded {
        let recorded = recorded.to_owned();
        return Err(ReplayError::OtherEvent { position, recorded, decoded });
    }
    Ok(event)
}

fn misplaced<F, C>(position: Position, before: Option<&Snapshot<F, C>>, fact: Fact) -> ReplayError {
    let expected = match before {
        None => "a creation",
        Some(machine) if machine.completed => "nothing, since the machine was complete,",
        Some(_) => "a transition",
    };
    let found = match fact {
        Fact::Created => "a creation",
        Fact::Transition { .. } => "a transition",
        Fact::Stopped => "a stop",
    };
    ReplayError::Order { position, expected, found }
}

/// The time of a record that comes after one of time `last`, when the clock says `now`.
///
/// A machine's time never runs backwards, even if the system's clock is set back.
pub(super) fn not_before(last: Timestamp, now: Timestamp) -> Timestamp {
    last.max(now)
}
