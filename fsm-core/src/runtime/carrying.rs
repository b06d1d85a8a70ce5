//! A live machine carries out a command, and what comes of that: an answer, records, or a crash.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::Machine;
use super::answer::Transition;
use super::command::{Answer, Given, Order, Refusal, Seen, Sent, Terms};
use super::duties::{Due, Repeat, Resting};
use super::effects::DeadLetter;
use super::error::{SendError, Why};
use super::gathering::{Gathering, Place};
use super::live::{Live, not_before};
use super::options::Limits;
use super::panic::panic_message;
use super::running::{Offered, Running};
use crate::journal::{Metadata, Position};
use crate::machine::{Moment, RowId, Timestamp};

/// Transitions, and where in the batch their records stand.
type Shown<F> = Vec<(u32, Transition<F>)>;

/// A new machine, and how its creator sees it.
type Made<F> = (Live<F>, Seen<F>);

/// What a command did.
#[derive(Debug)]
pub(super) struct Outcome<F: Machine> {
    pub(super) answer: Answer<F>,
    /// What most commands do not do.
    pub(super) rare: Option<Box<Rare<F>>>,
}

/// What most commands do not do.
#[derive(Debug)]
pub(super) struct Rare<F: Machine> {
    /// What those who watch are to see, and where the records stand.
    pub(super) seen: Shown<F>,
    /// What a panic said: the machine's memory is not to be used any more.
    pub(super) crashed: Option<String>,
    /// What was happening then, if it was something that was due.
    pub(super) culprit: Option<Due>,
    /// The effect that was given up, if one was.
    pub(super) dead: Option<DeadLetter>,
}

impl<F: Machine> Outcome<F> {
    pub(super) const fn answered(answer: Answer<F>) -> Self {
        Self { answer, rare: None }
    }

    pub(super) fn crashed(message: String) -> Self {
        let rare = Rare { crashed: Some(message), ..Rare::default() };
        Self { answer: Answer::Nobody, rare: Some(Box::new(rare)) }
    }

    /// The same, seen by those who watch.
    fn seen(self, seen: Shown<F>) -> Self {
        if seen.is_empty() {
            return self;
        }
        let rare = self.rare.map_or_else(Rare::default, |rare| *rare);
        Self { rare: Some(Box::new(Rare { seen, ..rare })), ..self }
    }
}

impl<F: Machine> Default for Rare<F> {
    fn default() -> Self {
        Self { seen: Vec::new(), crashed: None, culprit: None, dead: None }
    }
}

impl Gathering {
    /// Creates a machine.
    ///
    /// # Errors
    ///
    /// Why it was not; what was recorded of it is to be cut off.
    pub(super) fn create<F: Machine>(
        &mut self,
        place: Place<'_>,
        limits: &Limits,
        (context, parent): Given<F>,
        time: Timestamp,
    ) -> Result<Made<F>, SendError<F::Context>> {
        let parent = parent.map(|parent| *parent);
        let child = |parent| Box::new(Metadata { parent: Some(parent), ..Metadata::default() });
        let metadata = parent.clone().map(child);
        let crashed = |panic: Box<dyn Any + Send>| {
            let message = panic_message(&*panic);
            SendError::Crashed { message }
        };
        // Encoding is the user's code, and entry actions and automatic rows are.
        catch_unwind(AssertUnwindSafe(|| {
            self.encode(&context).map_err(|source| SendError::Codec { source })?;
            if let Some(bytes) = self.too_large(place.id, metadata.as_deref()) {
                let bytes_max = self.record_bytes_max();
                return Err(SendError::TooLarge { given: context, bytes, bytes_max });
            }
            let moment = Moment { now: time, id: place.id };
            let (mut live, taken) = Live::create(context, moment, parent);
            running(self, place, &mut live, limits, time).created(taken, metadata);
            let seen = live.seen(Position::START).ok_or(SendError::Unanswered)?;
            Ok((live, seen))
        }))
        .unwrap_or_else(|panic| Err(crashed(panic)))
    }

    /// Lets a live machine carry out an order. `moment` is the time that the order gives, if it
    /// gives one, and the time now.
    pub(super) fn carry_out<F: Machine>(
        &mut self,
        place: Place<'_>,
        live: &mut Live<F>,
        limits: &Limits,
        moment: (Option<Timestamp>, Timestamp),
        order: Order<F>,
    ) -> Outcome<F> {
        let time = match moment {
            (Some(at), _) if at < live.time && order.is_change() => {
                let refusal = Refusal::OutOfOrder { at, last: live.time };
                return Outcome::answered(order.refused(refusal));
            }
            (Some(at), _) => at,
            (None, now) => not_before(live.time, now),
        };
        if live.completed && !order.outlives() {
            if let Order::Send { terms: Some(terms), .. } = &order
                && let Some(known) = repeated(live, terms)
            {
                return again(order, known);
            }
            let state = F::TABLE.state(live.state_id()).name;
            return Outcome::answered(order.refused(Refusal::Completed { state }));
        }
        match order {
            Order::Create { .. } => {
                let refusal = Refusal::AlreadyExists { kind: F::TABLE.name, id: place.id.clone() };
                Outcome::answered(order.refused(refusal))
            }
            Order::State { answer } => match live.seen(Position::START) {
                Some(seen) => Outcome::answered(Answer::Seen(answer, Ok(seen))),
                None => Outcome::crashed("the machine has no state".to_owned()),
            },
            Order::Send { event, answer, terms } => {
                self.send((place, live, limits, time), event, answer, terms)
            }
            order => self.carry_out_rest((place, live, limits, time), order),
        }
    }

    fn carry_out_rest<F: Machine>(
        &mut self,
        (place, live, limits, time): At<'_, F>,
        order: Order<F>,
    ) -> Outcome<F> {
        let sequence = live.sequence.next();
        let mut running = running(self, place, live, limits, time);
        let answer = match order {
            Order::Stop { answer } => {
                running.stop();
                match live.seen(Position::START) {
                    Some(seen) => Answer::Seen(answer, Ok(seen)),
                    None => Answer::Nobody,
                }
            }
            Order::Schedule { event, due, answer } => {
                let planned = match running.schedule(event, due, None) {
                    Offered::Deferred => Ok(sequence),
                    offered => Err(self.refusal(offered, live, limits.scheduled_max)),
                };
                Answer::Planned(answer, planned)
            }
            Order::Unschedule { scheduled, answer } => {
                Answer::Changed(answer, Ok(running.unschedule(scheduled)))
            }
            // The effect went to who was to perform it, and there is no record to have it from.
            Order::Resume { answer, .. } if running.gathering.is_volatile() => {
                Answer::Changed(answer, Ok(false))
            }
            Order::Resume { sequence, index, answer } => {
                Answer::Changed(answer, Ok(running.resume(sequence, index)))
            }
            Order::Release { answer } => Answer::Changed(answer, Ok(false)),
            Order::Condense { answer } => Answer::Based(answer, running.condense()),
            Order::Ended { sequence, index, verdict } => {
                let mut dead = None;
                let ended = catch_unwind(AssertUnwindSafe(|| {
                    running.ended(sequence, index, *verdict);
                    dead = running.dead;
                    running.seen
                }));
                return finished(ended, None, dead);
            }
            Order::Wake { .. }
            | Order::Watch { .. }
            | Order::Attend { .. }
            | Order::Suspend
            | Order::Forget { .. }
            | Order::Create { .. }
            | Order::State { .. }
            | Order::Send { .. } => Answer::Nobody,
        };
        Outcome::answered(answer)
    }

    /// Lets timers and scheduled events happen that are due.
    pub(super) fn fire<F: Machine>(
        &mut self,
        place: Place<'_>,
        live: &mut Live<F>,
        limits: &Limits,
        now: Timestamp,
        resting: &[Resting],
    ) -> Outcome<F> {
        let (time, happening) = (not_before(live.time, now), Cell::new(None));
        let fired = catch_unwind(AssertUnwindSafe(|| {
            let mut running = running(self, place, live, limits, time);
            running.fire(resting, &happening);
            running.seen
        }));
        finished(fired, happening.get(), None)
    }

    fn send<F: Machine>(
        &mut self,
        (place, live, limits, time): At<'_, F>,
        event: F::Event,
        answer: Option<oneshot::Sender<Sent<F>>>,
        terms: Option<Box<Terms>>,
    ) -> Outcome<F> {
        let mut metadata = None;
        if let Some(terms) = terms {
            if terms.withdrawal.as_ref().is_some_and(|withdrawal| !withdrawal.begin()) {
                return Outcome::answered(Answer::Nobody);
            }
            let order = |terms| Order::Send { event, answer, terms };
            if let Some(known) = repeated(live, &terms) {
                return again(order(None), known);
            }
            match terms.expected {
                Some(expected) if expected != live.sequence => {
                    let refusal = Refusal::SequenceMismatch { expected, actual: live.sequence };
                    return Outcome::answered(order(None).refused(refusal));
                }
                _ => metadata = Some(Box::new(terms.metadata)),
            }
            return self.send_plain((place, live, limits, time), order(None), metadata);
        }
        let order = Order::Send { event, answer, terms: None };
        self.send_plain((place, live, limits, time), order, metadata)
    }

    fn send_plain<F: Machine>(
        &mut self,
        (place, live, limits, time): At<'_, F>,
        order: Order<F>,
        metadata: Option<Box<Metadata>>,
    ) -> Outcome<F> {
        let Order::Send { event, answer, .. } = order else {
            return Outcome::answered(Answer::Nobody);
        };
        let from = live.state_id();
        // What a panic leaves behind is dropped: the machine, and the records of this event.
        // Nothing else was in reach of the closure.
        let offered = catch_unwind(AssertUnwindSafe(|| {
            let mut running = running(self, place, live, limits, time);
            let offered = running.offer(event, metadata);
            (offered, running.seen)
        }));
        let (offered, seen) = match offered {
            Ok(offered) => offered,
            Err(panic) => {
                let message = panic_message(&*panic);
                let sent = Err(SendError::Crashed { message: message.clone() });
                return Outcome { answer: to(answer, || sent), ..Outcome::crashed(message) };
            }
        };
        let answer = match offered {
            Offered::Taken => to(answer, || Ok(live.transition(from, true))),
            Offered::Ignored => to(answer, || Ok(live.transition(from, false))),
            Offered::Deferred => {
                to(answer, || Ok(Transition { deferred: true, ..live.transition(from, true) }))
            }
            refused => to(answer, || Err(self.refusal(refused, live, limits.deferred_max))),
        };
        Outcome::answered(answer).seen(seen)
    }

    fn refusal<F: Machine>(
        &self,
        offered: Offered<F>,
        live: &Live<F>,
        events_max: usize,
    ) -> SendError<F::Event> {
        match offered {
            Offered::Refused { event, candidates } => rejected(live, event, &candidates),
            Offered::Overloaded { event } => SendError::Full { given: event, events_max },
            Offered::Unencodable { source } => SendError::Codec { source },
            Offered::TooLarge { event, bytes } => {
                SendError::TooLarge { given: event, bytes, bytes_max: self.record_bytes_max() }
            }
            Offered::Taken | Offered::Deferred | Offered::Ignored => SendError::Unanswered,
        }
    }
}

/// A machine at one moment.
type At<'a, F> = (Place<'a>, &'a mut Live<F>, &'a Limits, Timestamp);

const fn running<'a, F: Machine>(
    gathering: &'a mut Gathering,
    place: Place<'a>,
    live: &'a mut Live<F>,
    limits: &'a Limits,
    time: Timestamp,
) -> Running<'a, F> {
    let watched = place.watched;
    Running { gathering, place, live, limits, time, watched, dead: None, seen: Vec::new() }
}

/// The answer to an event that no row takes; `candidates` are the rows whose guards said no.
pub(super) fn rejected<F: Machine>(
    live: &Live<F>,
    event: F::Event,
    candidates: &[RowId],
) -> SendError<F::Event> {
    let why = Why::of::<F>(F::TABLE.event(F::event_id(&event)), candidates);
    SendError::Rejected { given: event, state: F::TABLE.state(live.state_id()).name, why }
}

fn to<F: Machine>(
    answer: Option<oneshot::Sender<Sent<F>>>,
    sent: impl FnOnce() -> Sent<F>,
) -> Answer<F> {
    answer.map_or(Answer::Nobody, |answer| Answer::Send(answer, sent()))
}

/// What was answered to the event before, if it has the key of one before.
fn repeated<F: Machine>(live: &Live<F>, terms: &Terms) -> Option<Repeat<F>> {
    let key = terms.metadata.key.as_ref()?;
    Some(live.duties()?.answer_to(key)?.answer.clone())
}

/// Answers as before.
fn again<F: Machine>(order: Order<F>, repeat: Repeat<F>) -> Outcome<F> {
    let Order::Send { event, answer, .. } = order else {
        return Outcome::answered(Answer::Nobody);
    };
    Outcome::answered(to(answer, || match repeat {
        Repeat::Taken(done) => Ok(done),
        Repeat::Refused { state, event: refused, guards } => {
            let state = F::TABLE.state(state).name;
            let why = Why::of::<F>(refused.map_or("?", |refused| F::TABLE.event(refused)), &guards);
            Err(SendError::Rejected { given: event, state, why })
        }
    }))
}

fn finished<F: Machine>(
    done: Result<Shown<F>, Box<dyn Any + Send>>,
    culprit: Option<Due>,
    dead: Option<DeadLetter>,
) -> Outcome<F> {
    let rare = match done {
        Ok(seen) if seen.is_empty() && dead.is_none() => return Outcome::answered(Answer::Nobody),
        Ok(seen) => Rare { seen, dead, ..Rare::default() },
        Err(panic) => Rare { crashed: Some(panic_message(&*panic)), culprit, ..Rare::default() },
    };
    Outcome { answer: Answer::Nobody, rare: Some(Box::new(rare)) }
}
