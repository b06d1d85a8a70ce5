//! From records back to a machine: the fold that every activation and every look back runs.
//!
//! No guard is asked and no clock is read. Each record names the row it took and the state it came
//! to; the fold takes the row and must come to that state, or it stops with an error that names
//! the record. It never goes on from a guess.

use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Machine;
use super::answer::Transition;
use super::duties::{Answered, Deferred, Repeat, Scheduled, StoredAnswer};
use super::error::Why;
use super::live::Live;
use crate::journal::{
    Codec, CodecError, Fact, Metadata, Origin, Position, Record, Schema, SchemaId, SchemaRow,
    Sequence, row_label, trigger_name,
};
use crate::machine::{Effects, EventId, Moment, RowId, StateId, Table, Timestamp, Trigger};

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
    /// The record is about an event that was deferred or scheduled, and there is none.
    #[error("the record at {position} is about an event kept at {of}, and there is none")]
    NotAwaited {
        /// The record.
        position: Position,
        /// The record that should have kept the event.
        of: Sequence,
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
pub(super) struct Replay<F: Machine> {
    id: String,
    answers_max: usize,
    live: Option<Live<F>>,
    position: Position,
}

impl Translation {
    pub(super) fn new(stored: Arc<Schema>, table: &Table) -> Self {
        let rows = stored.rows.iter().map(|row| find(&stored, row, table)).collect();
        Self { stored, rows }
    }

    pub(super) fn stored(&self) -> &Schema {
        &self.stored
    }

    /// The name of a stored event.
    pub(super) fn event(&self, event: EventId) -> Option<&str> {
        self.stored.events.get(usize::from(event.0)).map(String::as_str)
    }

    /// Whether a stored row takes an event; `None` if there is no such row.
    pub(super) fn takes_event(&self, row: RowId) -> Option<bool> {
        let row = self.stored.row(row)?;
        Some(!self.stored.event(row)?.starts_with('#'))
    }

    /// Whether a stored row is taken without anything happening.
    fn is_automatic(&self, row: RowId) -> bool {
        self.stored.row(row).and_then(|row| self.stored.event(row)) == Some("#always")
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
    /// Begins with a machine that remembers this many answers to keyed events.
    pub(super) const fn new(id: String, answers_max: usize) -> Self {
        Self { id, answers_max, live: None, position: Position::START }
    }

    /// The machine as the records so far make it, and the position of the last of them; `None`
    /// before its creation.
    pub(super) fn finish(self) -> Option<(Live<F>, Position)> {
        let position = self.position;
        self.live.map(|mut live| {
            live.tidy();
            (live, position)
        })
    }

    /// The sequence of the record that is to come.
    pub(super) fn next(&self) -> Sequence {
        self.live.as_ref().map_or(Sequence::START, |live| live.sequence).next()
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
        let metadata = record.metadata().map_err(|source| ReplayError::Payload {
            position,
            what: "the metadata".to_owned(),
            source,
        })?;
        let moment = Moment { now: record.time, id: &self.id };
        match (&mut self.live, record.fact) {
            (live @ None, Fact::Created) => {
                let context = decode(record, || "the context".to_owned())?;
                let live = live.insert(Live::create(context, moment, metadata.parent).0);
                limit_effects(live, metadata.effects);
            }
            (Some(live), fact) if fact != Fact::Created => {
                if live.completed && !outlives(fact) {
                    return Err(misplaced(record, "nothing, since the machine was complete,"));
                }
                live.advance(record.time);
                let step = Step { live, record, translation, metadata, moment };
                step.take(self.answers_max)?;
            }
            (None, _) => return Err(misplaced(record, "a creation")),
            (Some(_), _) => return Err(misplaced(record, "a later record")),
        }
        self.position = position;
        Ok(())
    }
}

/// Whether such a record may follow a machine's end.
const fn outlives(fact: Fact) -> bool {
    matches!(
        fact,
        Fact::Performed { .. } | Fact::Abandoned { .. } | Fact::Resumed { .. } | Fact::Answered
    )
}

/// A record on its way into a machine.
struct Step<'a, F: Machine> {
    live: &'a mut Live<F>,
    record: &'a Record,
    translation: &'a Translation,
    metadata: Metadata,
    moment: Moment<'a>,
}

impl<F: Machine> Step<'_, F> {
    fn take(mut self, answers_max: usize) -> Result<(), ReplayError> {
        let from = self.live.state_id();
        if let Some(origin) = self.metadata.origin {
            self.consume(origin)?;
        }
        match self.record.fact {
            Fact::Created => {}
            Fact::Transition { row, state } => self.transition(row, state)?,
            Fact::Stopped => {
                self.live.stop();
                limit_effects(self.live, self.metadata.effects);
            }
            Fact::Deferred { event } => {
                decode_named::<F>(self.record, self.translation.event(event))?;
                let (sequence, event) = (self.record.sequence, copied(&self.record.payload));
                self.live.take_on().deferred.push_back(Deferred { sequence, event });
            }
            Fact::Dropped { deferred } => self.consume(Origin::Deferred(deferred))?,
            Fact::Elapsed { row } => self.elapsed(row)?,
            Fact::Scheduled { due, event } => {
                decode_named::<F>(self.record, self.translation.event(event))?;
                let (sequence, event) = (self.record.sequence, copied(&self.record.payload));
                self.live.take_on().schedule(Scheduled { sequence, due, event });
            }
            Fact::Unscheduled { scheduled } => self.consume(Origin::Scheduled(scheduled))?,
            Fact::Performed { sequence, index } => {
                self.consume(Origin::Effect(sequence, index))?;
            }
            // Code that does not return the effect any more cannot be asked to perform it.
            Fact::Abandoned { sequence, index } => {
                self.live.take_on().abandon(sequence, index);
            }
            Fact::Resumed { sequence, index } => {
                self.live.take_on().resume(sequence, index);
            }
            Fact::Answered => {}
            Fact::Base { .. } => return Err(misplaced(self.record, "a later record")),
        }
        self.remember(from, answers_max)
    }

    fn transition(&mut self, stored: RowId, recorded: StateId) -> Result<(), ReplayError> {
        let position = self.record.position;
        let event = self.translation.takes_event(stored);
        let event = match event {
            Some(true) => Some(decode_event::<F>(self.record, stored, self.translation)?),
            Some(false) => None,
            None => return Err(self.unknown_row(stored)),
        };
        let row = self.row(stored)?;
        let recorded = self.translation.stored().state(recorded).unwrap_or("?");
        let other_state = |replayed| ReplayError::OtherState {
            position,
            row: self.translation.describe(stored),
            recorded: recorded.to_owned(),
            replayed,
        };
        let before = F::TABLE.state(self.live.state_id()).name;
        let taken = self
            .live
            .take(row, event, self.moment, &mut Effects::new())
            .map_err(|_| other_state(before))?;
        let after = F::TABLE.state(taken.state).name;
        if after != recorded {
            return Err(other_state(after));
        }
        limit_effects(self.live, self.metadata.effects);
        if let (Some(Origin::Timer(due)), Trigger::Timer(timer)) =
            (self.metadata.origin, F::TABLE.row(row).trigger)
        {
            self.live.ran_down(timer, due, taken.left, self.moment);
        }
        Ok(())
    }

    fn elapsed(&mut self, stored: RowId) -> Result<(), ReplayError> {
        let row = self.row(stored)?;
        if let Trigger::Timer(timer) = F::TABLE.row(row).trigger
            && let Some(duties) = self.live.duties_mut()
        {
            duties.disarm(timer);
        }
        Ok(())
    }

    /// Whether the record belongs to what the one before set off.
    fn follows(&self) -> bool {
        let automatic = match self.record.fact {
            Fact::Transition { row, .. } => self.translation.is_automatic(row),
            Fact::Dropped { .. } => true,
            _ => false,
        };
        automatic || matches!(self.metadata.origin, Some(Origin::Deferred(_)))
    }

    fn row(&self, stored: RowId) -> Result<RowId, ReplayError> {
        let row = self.translation.rows.get(usize::from(stored.0)).copied().flatten();
        row.ok_or_else(|| self.unknown_row(stored))
    }

    fn unknown_row(&self, stored: RowId) -> ReplayError {
        let (position, row) = (self.record.position, self.translation.describe(stored));
        ReplayError::UnknownRow { position, row }
    }

    /// What the record says has come must have been awaited.
    fn consume(&mut self, origin: Origin) -> Result<(), ReplayError> {
        let awaited = self.live.duties_mut().is_some_and(|duties| duties.consume(origin));
        match origin {
            Origin::Deferred(of) | Origin::Scheduled(of) if !awaited => {
                Err(ReplayError::NotAwaited { position: self.record.position, of })
            }
            // Code that does not return an effect any more has none to be performed.
            _ => Ok(()),
        }
    }

    fn remember(&mut self, from: StateId, answers_max: usize) -> Result<(), ReplayError> {
        let position = self.record.position;
        let Some(key) = self.metadata.key.take() else {
            if self.follows() {
                self.live.extend_answer(position);
            }
            return Ok(());
        };
        let answer = match self.record.fact {
            Fact::Answered => {
                let answer: StoredAnswer = decode(self.record, || "an answer".to_owned())?;
                match answer {
                    StoredAnswer::Ignored => Repeat::Taken(self.live.transition(from, false)),
                    StoredAnswer::Refused { event, guards } => {
                        let state = F::TABLE.state(from).name;
                        let why = self.why(EventId(event), &guards)?;
                        Repeat::Refused { state, why }
                    }
                }
            }
            fact => {
                let deferred = matches!(fact, Fact::Deferred { .. });
                Repeat::Taken(Transition { deferred, ..self.live.transition(from, true) })
            }
        };
        let answer = answer.at(position);
        let answered = Answered { key, answer };
        self.live.take_on().remember(answered, answers_max);
        Ok(())
    }

    fn why(&self, event: EventId, guards: &[u16]) -> Result<Why, ReplayError> {
        let name = self.translation.event(event);
        let known = F::TABLE.events.iter().find(|&&known| Some(known) == name);
        let event = known.copied().unwrap_or("?");
        let rows = guards.iter().map(|&row| self.row(RowId(row)));
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        Ok(Why::of::<F>(event, &rows))
    }
}

/// More effects than were recorded are of code that came later: they were never owed.
fn limit_effects<F: Machine>(live: &mut Live<F>, recorded: u16) {
    let sequence = live.sequence;
    if let Some(duties) = live.duties_mut() {
        duties.owed.retain(|owed| owed.sequence != sequence || owed.index < recorded);
    }
}

/// A copy that does not keep what was read with it in memory.
fn copied(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// The value in a record's payload.
pub(super) fn decode<T: DeserializeOwned>(
    record: &Record,
    what: impl FnOnce() -> String,
) -> Result<T, ReplayError> {
    Codec::default().decode(&record.payload).map_err(|source| ReplayError::Payload {
        position: record.position,
        what: what(),
        source,
    })
}

/// The event of a transition record; it must be the one that the record's row names.
pub(super) fn decode_event<F: Machine>(
    record: &Record,
    row: RowId,
    translation: &Translation,
) -> Result<F::Event, ReplayError> {
    let recorded = translation.stored().row(row).and_then(|row| translation.stored().event(row));
    if recorded.is_none() {
        let (position, row) = (record.position, translation.describe(row));
        return Err(ReplayError::UnknownRow { position, row });
    }
    decode_named::<F>(record, recorded)
}

/// The event in a record's payload, which must be the one of this name.
pub(super) fn decode_named<F: Machine>(
    record: &Record,
    recorded: Option<&str>,
) -> Result<F::Event, ReplayError> {
    let recorded = recorded.unwrap_or("?");
    let event: F::Event = decode(record, || format!("the event `{recorded}`"))?;
    let decoded = F::TABLE.event(F::event_id(&event));
    if decoded != recorded {
        let (position, recorded) = (record.position, recorded.to_owned());
        return Err(ReplayError::OtherEvent { position, recorded, decoded });
    }
    Ok(event)
}

const fn misplaced(record: &Record, expected: &'static str) -> ReplayError {
    ReplayError::Order { position: record.position, expected, found: record.fact.name() }
}

/// The time of a record that comes after one of time `last`, when the clock says `now`.
///
/// A machine's time never runs backwards, even if the system's clock is set back.
#[inline]
pub(super) fn not_before(last: Timestamp, now: Timestamp) -> Timestamp {
    last.max(now)
}
