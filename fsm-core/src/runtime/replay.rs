//! From records back to a machine: the fold that every activation and every look back runs.
//!
//! No guard is asked and no clock is read. Each record names the row it took and the state it came
//! to; the fold takes the row and must come to that state, or it stops with an error that names
//! the record. It never goes on from a guess.

use super::Machine;
use super::answer::Transition;
use super::decoding::{decode, decode_context, decode_event, kept_event};
use super::duties::{Answered, Deferred, Repeat, Scheduled, StoredAnswer};
use super::live::Live;
use super::replay_error::ReplayError;
use super::restoring::Restoring;
use super::translation::Translation;
use crate::journal::{Fact, Metadata, Origin, Position, Record, Sequence};
use crate::machine::{Effects, Moment, RowId, StateId, Trigger};

/// A machine in the making.
#[derive(Debug)]
pub(super) struct Replay<F: Machine> {
    id: String,
    answers_max: usize,
    live: Option<Live<F>>,
    position: Position,
}

impl<F: Machine> Replay<F> {
    /// Begins with a machine that remembers this many answers to keyed events.
    pub(super) const fn new(id: String, answers_max: usize) -> Self {
        Self { id, answers_max, live: None, position: Position::START }
    }

    /// Goes on behind the record at `position` with the machine that those up to it make.
    pub(super) fn resume(self, live: Live<F>, position: Position) -> Self {
        Self { live: Some(live), position, ..self }
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
        if let Fact::Base { .. } = record.fact
            && record.sequence >= self.next()
        {
            // Whatever was before, erased or not, it is all in there.
            let restoring = Restoring::of(record, translation, &self.id, self.answers_max);
            let restored = restoring.base(record, self.live.as_ref());
            self.live = Some(restored.map_err(|source| ReplayError::Base { position, source })?);
            self.position = position;
            return Ok(());
        }
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
                let context = decode_context::<F>(record, translation)?;
                let live = live.insert(Live::create(context, moment, metadata.parent).0);
                limit_effects(live, metadata.effects);
            }
            (Some(live), fact) if fact != Fact::Created => {
                if live.completed && !outlives(fact) {
                    return Err(misplaced(record, "nothing, since the machine was complete,"));
                }
                live.follow(record.time);
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
                let event = kept_event::<F>(self.record, event, self.translation)?;
                let sequence = self.record.sequence;
                self.live.take_on().deferred.push_back(Deferred { sequence, event });
            }
            Fact::Dropped { deferred } => self.consume(Origin::Deferred(deferred))?,
            Fact::Elapsed { row } => self.elapsed(row)?,
            Fact::Scheduled { due, event } => {
                let event = kept_event::<F>(self.record, event, self.translation)?;
                let sequence = self.record.sequence;
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
            Fact::Base { .. } => return Err(misplaced(self.record, "a base by itself")),
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
        let row = match &event {
            Some(event) => self.translation.row_taking::<F>(stored, F::event_id(event)),
            None => self.translation.row(stored),
        };
        let row = row.ok_or_else(|| self.unknown_row(stored))?;
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
        self.translation.row(stored).ok_or_else(|| self.unknown_row(stored))
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
                        let refusal = self.translation.refusal::<F>(Some(event), &guards);
                        let (event, guards) = refusal.map_err(|row| self.unknown_row(row))?;
                        Repeat::Refused { state: from, event, guards }
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
}

/// More effects than were recorded are of code that came later: they were never owed.
fn limit_effects<F: Machine>(live: &mut Live<F>, recorded: u16) {
    let sequence = live.sequence;
    if let Some(duties) = live.duties_mut() {
        duties.owed.retain(|owed| owed.sequence != sequence || owed.index < recorded);
    }
}

const fn misplaced(record: &Record, expected: &'static str) -> ReplayError {
    ReplayError::Order { position: record.position, expected, found: record.fact.name() }
}
