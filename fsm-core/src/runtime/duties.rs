//! What a machine has still to do without being sent anything: timers, scheduled and deferred
//! events, effects it owes; and what it remembers of the events with idempotency keys.
//!
//! All of it follows from the machine's records, so a machine that is read back has it again.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Machine;
use super::answer::Transition;
use super::message::{Child, Message, Tell, unpack};
use crate::journal::{Origin, Parent, Position, Sequence};
use crate::machine::{Effects, EventId, Fsm, Item, RowId, StateId, TimerId, Timestamp};

/// What a machine has still to do.
#[derive(Debug)]
pub(super) struct Duties<F: Machine> {
    pub(super) timers: Vec<ArmedTimer>,
    /// Those due first stand first; of those due at once, those scheduled first.
    pub(super) scheduled: Vec<Scheduled>,
    /// In the order of their arrival.
    pub(super) deferred: VecDeque<Deferred>,
    /// In the order in which their actions returned them, and are to be performed.
    pub(super) owed: VecDeque<Owed<F::Effect>>,
    /// Effects that could not be performed.
    pub(super) abandoned: Vec<Owed<F::Effect>>,
    /// Who is told of the machine's end.
    pub(super) parent: Option<Parent>,
    /// What stops the machines that this one spawned.
    pub(super) children: Vec<Child>,
    /// What was answered to keyed events, oldest first.
    pub(super) answered: VecDeque<Answered<F>>,
}

/// A timer that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ArmedTimer {
    pub(super) timer: TimerId,
    pub(super) due: Timestamp,
}

/// An event that is to be sent to the machine later.
#[derive(Clone, Debug)]
pub(super) struct Scheduled {
    pub(super) sequence: Sequence,
    pub(super) due: Timestamp,
    pub(super) event: Bytes,
}

/// An event that is kept until the state changes.
#[derive(Clone, Debug)]
pub(super) struct Deferred {
    pub(super) sequence: Sequence,
    pub(super) event: Bytes,
}

/// An effect that is to be performed.
#[derive(Clone, Debug)]
pub(super) struct Owed<E> {
    pub(super) sequence: Sequence,
    pub(super) index: u16,
    /// `None` once it was handed out.
    pub(super) effect: Option<Owing<E>>,
}

/// What is owed.
#[derive(Clone, Debug)]
pub(super) enum Owing<E> {
    /// Something that the kind's handler performs.
    Effect(E),
    /// Something for another machine.
    Message(Arc<dyn Message>),
}

/// What was answered to an event with an idempotency key.
#[derive(Clone, Debug)]
pub(super) struct Answered<F: Fsm> {
    pub(super) key: String,
    pub(super) answer: Repeat<F>,
}

/// An answer that can be given again.
#[derive(Clone, Debug)]
pub(super) enum Repeat<F: Fsm> {
    Taken(Transition<F>),
    /// With the event, unless the code does not have it any more, and the rows whose guards said
    /// no.
    Refused {
        state: StateId,
        event: Option<EventId>,
        guards: Vec<RowId>,
    },
}

/// The stored form of an answer without a transition.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum StoredAnswer {
    Ignored,
    /// The event's number, and the rows whose guards said no.
    Refused {
        event: u16,
        guards: Vec<u16>,
    },
}

/// The stored form of an effect that was given up.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredDeath {
    pub(super) effect: String,
    pub(super) why: String,
    pub(super) attempts: u32,
    pub(super) permanent: bool,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Timer(ArmedTimer),
    Scheduled(Timestamp, Sequence),
}

/// Something that panicked when it was due, and is left alone for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resting {
    pub(super) due: Due,
    pub(super) until: Timestamp,
}

impl Due {
    /// When.
    pub(super) const fn at(self) -> Timestamp {
        match self {
            Self::Timer(armed) => armed.due,
            Self::Scheduled(due, _) => due,
        }
    }

    /// In which order what is due happens: by time, timers before scheduled events.
    const fn order(self) -> (Timestamp, bool, u64) {
        match self {
            Self::Timer(armed) => (armed.due, false, armed.timer.0 as u64),
            Self::Scheduled(due, sequence) => (due, true, sequence.0),
        }
    }
}

impl<F: Machine> Duties<F> {
    /// Starts a timer, anew if it runs.
    pub(super) fn arm(&mut self, timer: TimerId, due: Timestamp) {
        self.disarm(timer);
        self.timers.push(ArmedTimer { timer, due });
    }

    /// Stops a timer.
    pub(super) fn disarm(&mut self, timer: TimerId) {
        self.timers.retain(|armed| armed.timer != timer);
    }

    /// Has the event sent later.
    pub(super) fn schedule(&mut self, scheduled: Scheduled) {
        let later = |other: &Scheduled| other.due > scheduled.due;
        let place = self.scheduled.iter().position(later).unwrap_or(self.scheduled.len());
        self.scheduled.insert(place, scheduled);
    }

    /// Takes back what was to be sent later; says whether it was still to be.
    pub(super) fn unschedule(&mut self, sequence: Sequence) -> bool {
        let place = self.scheduled.iter().position(|each| each.sequence == sequence);
        place.map(|place| self.scheduled.remove(place)).is_some()
    }

    /// Takes a kept event out; says whether it was still kept.
    pub(super) fn release(&mut self, sequence: Sequence) -> bool {
        let place = self.deferred.iter().position(|each| each.sequence == sequence);
        place.and_then(|place| self.deferred.remove(place)).is_some()
    }

    /// Takes over the effects of a record, and, if it is the machine's last, what its end has
    /// others told; says how many there are.
    pub(super) fn owe(
        &mut self,
        sequence: Sequence,
        effects: Effects<F::Effect>,
        is_last: bool,
    ) -> u16 {
        let mut owing = Vec::new();
        for item in effects.into_items() {
            match item {
                Item::Effect(effect) => owing.push(Owing::Effect(effect)),
                Item::Parcel(parcel) => {
                    let Some(message) = unpack(&*parcel) else { continue };
                    self.children.extend(message.child());
                    owing.push(Owing::Message(message));
                }
            }
        }
        if is_last {
            let parent = self.parent.take().filter(|parent| !parent.event.is_empty());
            let tell = parent.map(|parent| Arc::new(Tell(parent)) as Arc<dyn Message>);
            let stops = std::mem::take(&mut self.children).into_iter();
            let stops = stops.map(|child| Arc::new(child) as Arc<dyn Message>);
            owing.extend(tell.into_iter().chain(stops).map(Owing::Message));
        }
        let mut index = 0;
        for effect in owing {
            self.owed.push_back(Owed { sequence, index, effect: Some(effect) });
            // More than 65,535 effects of one transition share the last number: a mistake that
            // shows, instead of one that overflows.
            index = index.saturating_add(1);
        }
        index
    }

    /// An effect is performed; says whether it was owed.
    pub(super) fn performed(&mut self, sequence: Sequence, index: u16) -> bool {
        let is_it = |owed: &Owed<F::Effect>| owed.sequence == sequence && owed.index == index;
        let Some(place) = self.owed.iter().position(is_it) else { return false };
        self.owed.remove(place);
        true
    }

    /// An effect is not to be performed any more, unless it is resumed; says whether it was owed.
    pub(super) fn abandon(&mut self, sequence: Sequence, index: u16) -> bool {
        let is_it = |owed: &Owed<F::Effect>| owed.sequence == sequence && owed.index == index;
        let place = self.owed.iter().position(is_it);
        let owed = place.and_then(|place| self.owed.remove(place));
        let found = owed.is_some();
        self.abandoned.extend(owed);
        found
    }

    /// An abandoned effect is to be performed after all, after those that are owed; says whether
    /// it was abandoned.
    pub(super) fn resume(&mut self, sequence: Sequence, index: u16) -> bool {
        let is_it = |owed: &Owed<F::Effect>| owed.sequence == sequence && owed.index == index;
        let Some(place) = self.abandoned.iter().position(is_it) else { return false };
        let owed = self.abandoned.remove(place);
        self.owed.push_back(owed);
        true
    }

    /// An event came from there: it has come, and does not come again. Says whether it was to.
    pub(super) fn consume(&mut self, origin: Origin) -> bool {
        match origin {
            Origin::Deferred(sequence) => self.release(sequence),
            Origin::Scheduled(sequence) => self.unschedule(sequence),
            Origin::Effect(sequence, index) => self.performed(sequence, index),
            Origin::Timer(_) => true,
        }
    }

    /// Remembers an answer, and forgets the oldest if there are more than `answers_max`.
    pub(super) fn remember(&mut self, answered: Answered<F>, answers_max: usize) {
        self.answered.push_back(answered);
        while self.answered.len() > answers_max {
            self.answered.pop_front();
        }
    }

    /// What was answered to this key.
    pub(super) fn answer_to(&self, key: &str) -> Option<&Answered<F>> {
        self.answered.iter().find(|answered| answered.key == key)
    }

    /// Record `sequence` belongs to what the last remembered event set off, if it follows it:
    /// then that event's answer tells of it.
    pub(super) fn extend_answer(
        &mut self,
        sequence: Sequence,
        done: impl FnOnce() -> Transition<F>,
    ) {
        if let Some(last) = self.answered.back_mut()
            && let Repeat::Taken(answer) = &mut last.answer
            && answer.recorded
            && answer.sequence.next() == sequence
        {
            *answer = Transition { from: answer.from, ..done() };
        }
    }

    /// An answer is about to be given whose record came to stand at `position`, unless it was given
    /// before; says where the record stands.
    pub(super) fn placed(&mut self, sequence: Sequence, position: Position) -> Position {
        for answered in self.answered.iter_mut().rev() {
            if let Repeat::Taken(done) = &mut answered.answer
                && done.sequence == sequence
            {
                if done.position == Position::START {
                    done.position = position;
                }
                return done.position;
            }
        }
        position
    }

    /// What is due first, if it is due by now, of what need not rest until later.
    pub(super) fn due(&self, now: Timestamp, resting: &[Resting]) -> Option<Due> {
        self.awaited(resting)
            .filter(|&(_, at)| at <= now)
            .min_by_key(|&(due, _)| due.order())
            .map(|(due, _)| due)
    }

    /// When something is due first.
    pub(super) fn next_due(&self, resting: &[Resting]) -> Option<Timestamp> {
        self.awaited(resting).map(|(_, at)| at).min()
    }

    /// What is awaited, and when it is to happen.
    fn awaited<'a>(&'a self, resting: &'a [Resting]) -> impl Iterator<Item = (Due, Timestamp)> {
        let timers = self.timers.iter().map(|armed| Due::Timer(*armed));
        let scheduled = |each: &Scheduled| Due::Scheduled(each.due, each.sequence);
        let all = timers.chain(self.scheduled.iter().map(scheduled));
        all.map(|due| {
            let rest = resting.iter().find(|resting| resting.due == due);
            (due, rest.map_or(due.at(), |rest| due.at().max(rest.until)))
        })
    }

    /// The machine has ended: what would still come does not come. Effects stay owed.
    pub(super) fn complete(&mut self) {
        self.timers.clear();
        self.scheduled.clear();
        self.deferred.clear();
    }

    /// Whether there is nothing to do and nothing to remember.
    pub(super) fn is_empty(&self) -> bool {
        self.owed.is_empty()
            && self.timers.is_empty()
            && self.scheduled.is_empty()
            && self.deferred.is_empty()
            && self.abandoned.is_empty()
            && self.answered.is_empty()
            && self.parent.is_none()
            && self.children.is_empty()
    }
}

impl<F: Fsm> Repeat<F> {
    /// The same, of a record at this position.
    pub(super) fn at(self, position: Position) -> Self {
        match self {
            Self::Taken(done) => Self::Taken(Transition { position, ..done }),
            refused @ Self::Refused { .. } => refused,
        }
    }
}

impl<F: Machine> Default for Duties<F> {
    fn default() -> Self {
        Self {
            timers: Vec::new(),
            scheduled: Vec::new(),
            deferred: VecDeque::new(),
            owed: VecDeque::new(),
            abandoned: Vec::new(),
            parent: None,
            children: Vec::new(),
            answered: VecDeque::new(),
        }
    }
}
