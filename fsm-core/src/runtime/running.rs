//! A machine's life, second part: it runs.
//!
//! [Recovering](super::recovering) has brought it to memory; [stopping](super::stopping) will take
//! it out. In between it is offered events: by senders, by its timers, by what it deferred or
//! scheduled, by the effects it had performed. This is the only place where guards are asked.
//!
//! What an event sets off is one: the row it takes, the automatic rows after it, and the deferred
//! events that are taken then. Their records stand in one batch, and a panic in one of them undoes
//! them all. Nothing here waits, and nothing here is seen by anybody until the batch is durable.

use bytes::Bytes;

use super::Machine;
use super::answer::Transition;
use super::duties::{
    Answered, Deferred, Duties, Owed, Repeat, Scheduled, StoredAnswer, StoredDeath,
};
use super::effects::{DeadLetter, EffectKey, Verdict};
use super::gathering::{Gathering, Place};
use super::live::{Live, Taken};
use super::options::Limits;
use crate::journal::{Codec, CodecError, Fact, Metadata, Origin, Position, Sequence};
use crate::machine::{Decision, Effects, Moment, RowId, SETTLE_MAX, StateId, Timestamp};

/// A machine at one moment, with the batch that its records go to.
#[derive(Debug)]
pub(super) struct Running<'a, F: Machine> {
    pub(super) gathering: &'a mut Gathering,
    pub(super) place: Place<'a>,
    pub(super) live: &'a mut Live<F>,
    pub(super) limits: &'a Limits,
    pub(super) time: Timestamp,
    /// Whether somebody watches.
    pub(super) watched: bool,
    /// The effect that was given up, if one was.
    pub(super) dead: Option<DeadLetter>,
    /// The transitions that those who watch are to see, and where their records stand.
    pub(super) seen: Vec<(u32, Transition<F>)>,
}

/// What became of an event.
#[derive(Debug)]
pub(super) enum Offered<F: Machine> {
    /// A row was taken, and what that set off has happened.
    Taken,
    /// It is kept until the state changes.
    Deferred,
    /// It is accepted and changes nothing.
    Ignored,
    /// No row takes it. With the rows whose guards said no.
    Refused {
        event: F::Event,
        candidates: Vec<RowId>,
    },
    /// Too many events are kept already.
    Overloaded {
        event: F::Event,
    },
    Unencodable {
        source: CodecError,
    },
    TooLarge {
        event: F::Event,
        bytes: usize,
    },
}

impl<F: Machine> Running<'_, F> {
    /// The machine was just created: records that, and takes automatic rows.
    pub(super) fn created(&mut self, taken: Taken, metadata: Option<Box<Metadata>>) {
        self.record(Fact::Created, owing(metadata, taken.effects));
        self.settle(true);
    }

    /// Offers the machine an event, and lets it do what that sets off.
    pub(super) fn offer(&mut self, event: F::Event, metadata: Option<Box<Metadata>>) -> Offered<F> {
        let (offered, left) = self.offer_one(event, metadata);
        if let Offered::Taken = offered {
            self.settle(left);
        }
        offered
    }

    /// Has an event sent to the machine later. The record's sequence names it.
    pub(super) fn schedule(
        &mut self,
        event: F::Event,
        due: Timestamp,
        metadata: Option<Box<Metadata>>,
    ) -> Offered<F> {
        let waiting = self.live.duties().map_or(0, |duties| duties.scheduled.len());
        if waiting >= self.limits.scheduled_max {
            return Offered::Overloaded { event };
        }
        let encoded = match self.encode(&event, metadata.as_deref()) {
            Ok(encoded) => encoded,
            Err(unfit) => return unfit.with(event),
        };
        self.live.advance(self.time);
        let sequence = self.live.sequence;
        self.live.take_on().schedule(Scheduled { sequence, due, event: encoded });
        self.record(Fact::Scheduled { due, event: F::event_id(&event) }, metadata);
        Offered::Deferred
    }

    /// Calls back what was to be sent later; says whether it was still to be.
    pub(super) fn unschedule(&mut self, scheduled: Sequence) -> bool {
        let waits =
            |duties: &Duties<F>| duties.scheduled.iter().any(|each| each.sequence == scheduled);
        if !self.live.duties().is_some_and(waits) {
            return false;
        }
        self.end_of(Origin::Scheduled(scheduled));
        true
    }

    /// Stops the machine for good.
    pub(super) fn stop(&mut self) {
        self.live.advance(self.time);
        let effects = self.live.stop();
        self.record(Fact::Stopped, owing(None, effects));
    }

    /// Performs again what was abandoned; says whether it was.
    pub(super) fn resume(&mut self, sequence: Sequence, index: u16) -> bool {
        if !self.live.duties_mut().is_some_and(|duties| duties.resume(sequence, index)) {
            return false;
        }
        self.live.advance(self.time);
        self.record(Fact::Resumed { sequence, index }, None);
        true
    }

    /// An effect has been performed, or has been given up.
    pub(super) fn ended(&mut self, sequence: Sequence, index: u16, verdict: Verdict<F::Event>) {
        let origin = Origin::Effect(sequence, index);
        let is_it = |owed: &Owed<F::Effect>| (owed.sequence, owed.index) == (sequence, index);
        if !self.live.duties().is_some_and(|duties| duties.owed.iter().any(is_it)) {
            // It has ended before, and this is the end of a repetition.
            return;
        }
        let (event, attempts) = match verdict {
            Verdict::Done { event: Some(event), attempts } => (event, attempts),
            Verdict::Done { event: None, .. } => return self.end_of(origin),
            Verdict::Dead(letter) => return self.abandon(sequence, index, &letter),
        };
        if self.live.completed {
            return self.end_of(origin);
        }
        let why = match self.offer(event, coming_from(origin)) {
            Offered::Taken | Offered::Deferred => return,
            Offered::Ignored | Offered::Refused { .. } => return self.end_of(origin),
            Offered::Overloaded { .. } => "its answer finds too many events kept".to_owned(),
            Offered::Unencodable { source } => format!("its answer: {source}"),
            Offered::TooLarge { bytes, .. } => {
                format!("its answer takes {bytes} bytes, too many for the journal")
            }
        };
        let key = EffectKey::new(F::TABLE.name, self.place.id.clone(), sequence, index.into());
        let letter = DeadLetter::new(key, &"answered", why, attempts, true, self.time);
        self.abandon(sequence, index, &letter);
    }

    /// Takes automatic rows until none can be taken, and offers deferred events again whenever a
    /// state was left, until everything has come to rest.
    pub(super) fn settle(&mut self, mut left: bool) {
        let mut taken = 0;
        loop {
            if const { F::TABLE.has_automatic_rows() } {
                left |= self.take_automatic_rows(&mut taken);
            }
            let deferred = self.live.duties().map_or(0, |duties| duties.deferred.len());
            if !left || deferred == 0 || self.live.completed {
                return;
            }
            left = self.offer_deferred();
        }
    }

    fn take_automatic_rows(&mut self, taken: &mut usize) -> bool {
        let moment = Moment { now: self.time, id: self.place.id };
        let mut left = false;
        loop {
            let Some(state) = self.live.state() else { return left };
            let Decision::Take(row) = state.decide_always(&self.live.context, moment) else {
                return left;
            };
            assert!(
                *taken < SETTLE_MAX,
                "{SETTLE_MAX} automatic rows in a row, and still one to take in `{}`: their \
                 guards lead round in a circle",
                F::TABLE.state(state.state_id()).name
            );
            *taken += 1;
            self.live.advance(self.time);
            let done = self.take(row, None);
            let metadata = owing(None, done.effects);
            self.transition(row, done.state, metadata);
            self.live.extend_answer(Position::START);
            left |= done.left;
        }
    }

    /// Offers what was deferred, in the order of its arrival, until one of them leaves the state;
    /// says whether one did.
    fn offer_deferred(&mut self) -> bool {
        let waiting = self.live.duties().into_iter().flat_map(|duties| &duties.deferred);
        let waiting: Vec<_> = waiting.cloned().collect();
        for Deferred { sequence, event } in waiting {
            let origin = Origin::Deferred(sequence);
            let Ok(event) = Codec::default().decode(&event) else {
                self.end_of(origin);
                continue;
            };
            let metadata = coming_from(origin);
            let (offered, left) = self.offer_one(event, metadata);
            match offered {
                Offered::Taken if left => return true,
                Offered::Taken | Offered::Deferred => {}
                _ => self.end_of(origin),
            }
            // An internal row may have changed what automatic rows ask for.
            if const { F::TABLE.has_automatic_rows() } && self.take_automatic_rows(&mut 0) {
                return true;
            }
        }
        false
    }

    /// Offers an event; says what became of it, and whether the state was left.
    fn offer_one(
        &mut self,
        event: F::Event,
        metadata: Option<Box<Metadata>>,
    ) -> (Offered<F>, bool) {
        let moment = Moment { now: self.time, id: self.place.id };
        let Some(state) = self.live.state() else { unreachable!("a crashed machine is dropped") };
        let from = state.state_id();
        let row = match state.decide(&self.live.context, &event, moment) {
            Decision::Take(row) => row,
            Decision::Defer => return (self.defer(event, from, metadata), false),
            Decision::Ignore(_) => {
                self.ignored(from, metadata);
                return (Offered::Ignored, false);
            }
            Decision::Refuse | Decision::RefuseQuietly => {
                let candidates = state.candidates(&event);
                self.refused(&event, &candidates, from, metadata);
                return (Offered::Refused { event, candidates }, false);
            }
        };
        match self.encode_in_place(&event, metadata.as_deref()) {
            Ok(()) => {}
            Err(unfit) => return (unfit.with(event), false),
        }
        self.live.advance(self.time);
        if let Some(origin) = origin_of(&metadata)
            && let Some(duties) = self.live.duties_mut()
        {
            duties.consume(origin);
        }
        let taken = self.take(row, Some(event));
        let key = key_of(&metadata);
        let follows = matches!(origin_of(&metadata), Some(Origin::Deferred(_)));
        self.transition(row, taken.state, owing(metadata, taken.effects));
        if follows {
            self.live.extend_answer(Position::START);
        }
        self.remember(key, |live| Repeat::Taken(live.transition(from, true)));
        (Offered::Taken, taken.left)
    }

    fn defer(
        &mut self,
        event: F::Event,
        from: StateId,
        metadata: Option<Box<Metadata>>,
    ) -> Offered<F> {
        if let Some(Origin::Deferred(_)) = origin_of(&metadata) {
            return Offered::Deferred;
        }
        let kept = self.live.duties().map_or(0, |duties| duties.deferred.len());
        if kept >= self.limits.deferred_max {
            return Offered::Overloaded { event };
        }
        let encoded = match self.encode(&event, metadata.as_deref()) {
            Ok(encoded) => encoded,
            Err(unfit) => return unfit.with(event),
        };
        self.live.advance(self.time);
        let sequence = self.live.sequence;
        let duties = self.live.take_on();
        if let Some(origin) = origin_of(&metadata) {
            duties.consume(origin);
        }
        duties.deferred.push_back(Deferred { sequence, event: encoded });
        let key = key_of(&metadata);
        self.record(Fact::Deferred { event: F::event_id(&event) }, metadata);
        self.remember(key, |live| {
            Repeat::Taken(Transition { deferred: true, ..live.transition(from, true) })
        });
        Offered::Deferred
    }

    /// Takes a row whose record has begun.
    ///
    /// # Panics
    ///
    /// If the row does not leave the state: then `decide` and `apply` of the machine disagree.
    pub(super) fn take(&mut self, row: RowId, event: Option<F::Event>) -> Taken {
        let moment = Moment { now: self.time, id: self.place.id };
        match self.live.take(row, event, moment, &mut Effects::new()) {
            Ok(taken) => taken,
            Err(wrong) => panic!("`decide` and `apply` disagree: {wrong}"),
        }
    }

    /// What came from there has come to nothing: records that it is over.
    pub(super) fn end_of(&mut self, origin: Origin) {
        if let Some(duties) = self.live.duties_mut() {
            duties.consume(origin);
        }
        let fact = match origin {
            Origin::Deferred(deferred) => Fact::Dropped { deferred },
            Origin::Scheduled(scheduled) => Fact::Unscheduled { scheduled },
            Origin::Effect(sequence, index) => Fact::Performed { sequence, index },
            Origin::Timer(_) => return,
        };
        self.live.advance(self.time);
        self.record(fact, None);
        if let Origin::Deferred(_) = origin {
            self.live.extend_answer(Position::START);
        }
    }

    fn abandon(&mut self, sequence: Sequence, index: u16, letter: &DeadLetter) {
        if let Some(duties) = self.live.duties_mut() {
            duties.abandon(sequence, index);
        }
        let DeadLetter { effect, why, attempts, permanent, .. } = letter;
        let stored = StoredDeath {
            effect: effect.clone(),
            why: why.clone(),
            attempts: *attempts,
            permanent: *permanent,
        };
        // Text and numbers can be encoded.
        let _ = self.gathering.encode(&stored);
        self.live.advance(self.time);
        self.record(Fact::Abandoned { sequence, index }, None);
        self.dead = Some(letter.clone());
    }

    /// An event with a key was accepted and changed nothing: that is its answer from now on.
    fn ignored(&mut self, from: StateId, metadata: Option<Box<Metadata>>) {
        let Some(key) = key_of(&metadata) else { return };
        self.record_answer(&StoredAnswer::Ignored, metadata);
        self.remember(Some(key), |live| Repeat::Taken(live.transition(from, false)));
    }

    /// An event with a key was refused: that is its answer from now on.
    fn refused(
        &mut self,
        event: &F::Event,
        candidates: &[RowId],
        from: StateId,
        metadata: Option<Box<Metadata>>,
    ) {
        let Some(key) = key_of(&metadata) else { return };
        let id = F::event_id(event);
        let guards = candidates.iter().map(|row| row.0).collect();
        self.record_answer(&StoredAnswer::Refused { event: id.0, guards }, metadata);
        let guards = candidates.to_vec();
        self.remember(Some(key), |_| Repeat::Refused { state: from, event: Some(id), guards });
    }

    fn record_answer(&mut self, answer: &StoredAnswer, metadata: Option<Box<Metadata>>) {
        // Numbers can be encoded.
        let _ = self.gathering.encode(answer);
        self.live.advance(self.time);
        self.record(Fact::Answered, metadata);
    }

    /// Remembers the answer to an event with a key.
    fn remember(&mut self, key: Option<String>, answer: impl FnOnce(&Live<F>) -> Repeat<F>) {
        let Some(key) = key else { return };
        let answer = answer(self.live);
        self.live.take_on().remember(Answered { key, answer }, self.limits.answers_max);
    }

    fn encode_in_place(
        &mut self,
        event: &F::Event,
        metadata: Option<&Metadata>,
    ) -> Result<(), Unfit> {
        self.gathering.encode(event).map_err(Unfit::Codec)?;
        match self.gathering.too_large(self.place.id, metadata) {
            Some(bytes) => Err(Unfit::TooLarge(bytes)),
            None => Ok(()),
        }
    }

    /// Encodes an event for its record, and as something to be kept in memory.
    fn encode(&mut self, event: &F::Event, metadata: Option<&Metadata>) -> Result<Bytes, Unfit> {
        if self.gathering.is_volatile() {
            let mut bytes = Vec::new();
            Codec::default().encode(event, &mut bytes).map_err(Unfit::Codec)?;
            return Ok(bytes.into());
        }
        self.encode_in_place(event, metadata)?;
        Ok(Bytes::copy_from_slice(self.gathering.encoded()))
    }

    /// Records a transition, which those who watch are to see.
    pub(super) fn transition(
        &mut self,
        row: RowId,
        state: StateId,
        metadata: Option<Box<Metadata>>,
    ) {
        let offset = self.gathering.end();
        self.record(Fact::Transition { row, state }, metadata);
        if self.watched {
            let from = F::TABLE.row(row).source;
            self.seen.push((offset, self.live.transition(from, true)));
        }
    }

    pub(super) fn record(&mut self, fact: Fact, metadata: Option<Box<Metadata>>) {
        self.gathering.record(self.place, self.live, fact, metadata.as_deref());
    }
}

/// The metadata of an event that comes from there.
pub(super) fn coming_from(origin: Origin) -> Option<Box<Metadata>> {
    Some(Box::new(Metadata { origin: Some(origin), ..Metadata::default() }))
}

/// The metadata of a record that owes so many effects.
pub(super) fn owing(metadata: Option<Box<Metadata>>, effects: u16) -> Option<Box<Metadata>> {
    if effects == 0 {
        return metadata;
    }
    let mut metadata = metadata.unwrap_or_default();
    metadata.effects = effects;
    Some(metadata)
}

fn key_of(metadata: &Option<Box<Metadata>>) -> Option<String> {
    metadata.as_ref()?.key.clone()
}

fn origin_of(metadata: &Option<Box<Metadata>>) -> Option<Origin> {
    metadata.as_ref()?.origin
}

/// Why an event does not become a record.
enum Unfit {
    Codec(CodecError),
    TooLarge(usize),
}

impl Unfit {
    fn with<F: Machine>(self, event: F::Event) -> Offered<F> {
        match self {
            Self::Codec(source) => Offered::Unencodable { source },
            Self::TooLarge(bytes) => Offered::TooLarge { event, bytes },
        }
    }
}
