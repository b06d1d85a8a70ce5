//! The short way of an event: sent on no terms to a machine that has nothing else to do, as most
//! are.
//!
//! It does what [`running`](super::running) does in that case, and nothing is moved that can stay
//! where it is. Whatever is out of the ordinary takes the long way.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tokio::sync::oneshot;

use super::Machine;
use super::answer::Transition;
use super::command::{Answer, Sent};
use super::error::SendError;
use super::gathering::{Gathering, Place};
use super::machines::Machines;
use super::panic::panic_message;
use super::queue::Seat;
use super::replay::not_before;
use super::running::owing;
use super::slot::{Phase, Slot};
use crate::journal::{Fact, MachineId, Registered};
use crate::machine::{Decision, Effects, Moment, StateId, Timestamp};

/// What an event did on the short way.
#[derive(Clone, Copy, Debug)]
enum Done {
    /// It changed the machine, which was in this state.
    Changed(StateId),
    /// It was accepted and changed nothing.
    Ignored(StateId),
    /// It was refused, and nobody asked.
    Refused,
}

/// A machine after an event.
#[derive(Clone, Copy, Debug)]
struct Stepped {
    done: Done,
    /// Whether it is to be looked after.
    is_busy: bool,
}

/// How an event goes the short way.
struct Step<'a, F: Machine> {
    gathering: &'a mut Gathering,
    effects: &'a mut Effects<F::Effect>,
    now: Timestamp,
    registered: &'a Option<Registered>,
    /// Whether somebody waits for its answer.
    is_heard: bool,
}

/// The cast that takes the short way just now, for whoever finds a panic.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    slot: usize,
    /// Where its record stands.
    begun: u32,
}

impl<F: Machine> Machines<F> {
    /// Lets a live machine take an event that nobody waits for, if that is an ordinary one;
    /// otherwise gives it back. Who calls it catches panics, of many casts at once, and tells
    /// [`stumbled`](Self::stumbled) of them.
    #[inline(always)]
    pub(super) fn take_cast(
        &mut self,
        slot: usize,
        event: F::Event,
        gathering: &mut Gathering,
        now: Timestamp,
    ) -> Result<(), F::Event> {
        let begun = gathering.end();
        self.under_way = Some(UnderWay { slot, begun });
        let (effects, registered) = (&mut self.effects, &self.registered);
        let step = Step { gathering, effects, now, registered, is_heard: false };
        let stepped = step.take(&mut self.slots[slot], event);
        self.under_way = None;
        let Stepped { is_busy, .. } = stepped?;
        if !gathering.is_volatile() {
            self.hold_since(slot, begun, Answer::Nobody, gathering);
        }
        if is_busy {
            self.look_after(slot);
        }
        Ok(())
    }

    /// The cast under way panicked: its machine has crashed.
    ///
    /// # Panics
    ///
    /// With the same panic if no cast is under way: then it was not the user's code.
    #[cold]
    pub(super) fn stumbled(
        &mut self,
        panic: Box<dyn Any + Send>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        let Some(UnderWay { slot, begun }) = self.under_way.take() else {
            resume_unwind(panic);
        };
        gathering.cut(begun);
        self.crashed(slot, &panic_message(&*panic), None, now);
    }

    /// Lets a live machine take an event, if that is an ordinary one; otherwise gives it back.
    pub(super) fn take_send(
        &mut self,
        slot: usize,
        event: F::Event,
        answer: oneshot::Sender<Sent<F>>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) -> Result<(), (F::Event, oneshot::Sender<Sent<F>>)> {
        let begun = gathering.end();
        let (effects, registered) = (&mut self.effects, &self.registered);
        let step = Step { gathering, effects, now, registered, is_heard: true };
        match step.guarded(&mut self.slots[slot], event) {
            Ok(Ok(done)) => {
                self.hold_since(slot, begun, Answer::Send(answer, Ok(done)), gathering);
                self.look_after_busy(slot);
            }
            Ok(Err(event)) => return Err((event, answer)),
            Err(message) => {
                gathering.cut(begun);
                let sent = Err(SendError::Crashed { message: message.clone() });
                self.hold(slot, Answer::Send(answer, sent));
                self.crashed(slot, &message, None, now);
            }
        }
        Ok(())
    }

    /// Where a machine sits, if it is in memory or on its way there.
    pub(super) fn seat(&self, id: &MachineId) -> Option<Seat> {
        let &slot = self.by_id.get(id)?;
        let vacated = self.slots[slot].vacated;
        Some(Seat { slot: u32::try_from(slot).ok()?, vacated })
    }

    /// Lets a machine take an event on the sender's thread: the answer, or the event if that has to
    /// be queued. Nothing is journaled.
    pub(super) fn send_directly(
        &mut self,
        seat: Seat,
        event: F::Event,
        now: Timestamp,
    ) -> Result<Sent<F>, F::Event> {
        let slot = usize::try_from(seat.slot).unwrap_or(usize::MAX);
        if self.slots.get(slot).is_none_or(|slot| slot.vacated != seat.vacated) {
            return Err(event);
        }
        let gathering = &mut self.nothing;
        let (effects, registered) = (&mut self.effects, &self.registered);
        let step = Step { gathering, effects, now, registered, is_heard: true };
        let stepped = step.guarded(&mut self.slots[slot], event);
        self.slots[slot].used = now;
        let answer = match stepped {
            Ok(done) => Ok(done?),
            Err(message) => {
                self.crashed(slot, &message, None, now);
                Err(SendError::Crashed { message })
            }
        };
        if self.look_after_busy(slot) {
            // Something of it is due, or to be performed, which is for the shard.
            self.lane.queue.ring();
        }
        Ok(answer)
    }

    /// Looks after a machine that has come to its end or has taken something on; says whether it
    /// has.
    #[inline]
    pub(super) fn look_after_busy(&mut self, slot: usize) -> bool {
        let is_busy = matches!(&self.slots[slot].phase, Phase::Live(live) if live.is_busy());
        if is_busy {
            self.look_after(slot);
        }
        is_busy
    }
}

impl<F: Machine> Step<'_, F> {
    /// [`take`](Self::take) and the answer, or what a panic said. It leaves behind the memory of
    /// the machine and its records, which the caller drops.
    fn guarded(
        self,
        slot: &mut Slot<F>,
        event: F::Event,
    ) -> Result<Result<Transition<F>, F::Event>, String> {
        let answered = || {
            let Stepped { done, .. } = self.take(slot, event)?;
            let Phase::Live(live) = &slot.phase else { unreachable!("it has just taken an event") };
            Ok(match done {
                Done::Changed(from) => live.transition(from, true),
                Done::Ignored(from) => live.transition(from, false),
                Done::Refused => unreachable!("the long way answers refusals"),
            })
        };
        catch_unwind(AssertUnwindSafe(answered)).map_err(|panic| panic_message(&*panic))
    }

    /// Decides, encodes, applies and records, all in place.
    // `fsm-bench actors` tells: out of line, which two callers make it, a cast costs half as much
    // again.
    #[inline(always)]
    fn take(self, slot: &mut Slot<F>, event: F::Event) -> Result<Stepped, F::Event> {
        let Self { gathering, effects, now, registered, is_heard } = self;
        if const { F::TABLE.has_automatic_rows() } {
            return Err(event);
        }
        let Slot { id, phase: Phase::Live(live), watchers: None, .. } = slot else {
            return Err(event);
        };
        let (Some(state), false) = (live.state(), live.is_busy()) else { return Err(event) };
        let time = not_before(live.time, now);
        let moment = Moment { now: time, id };
        let from = state.state_id();
        let row = match state.decide(&live.context, &event, moment) {
            Decision::Take(row) => row,
            Decision::Ignore(_) => {
                return Ok(Stepped { done: Done::Ignored(from), is_busy: false });
            }
            Decision::Refuse | Decision::RefuseQuietly if !is_heard => {
                return Ok(Stepped { done: Done::Refused, is_busy: false });
            }
            // The long way says why.
            Decision::Refuse | Decision::RefuseQuietly | Decision::Defer => return Err(event),
        };
        let is_volatile = gathering.is_volatile();
        if !is_volatile
            && (gathering.encode(&event).is_err() || gathering.too_large(id, None).is_some())
        {
            return Err(event);
        }
        live.advance(time);
        let taken = match live.take(row, Some(event), moment, effects) {
            Ok(taken) => taken,
            Err(wrong) => panic!("`decide` and `apply` disagree: {wrong}"),
        };
        if !is_volatile && let Some(place) = Place::new(id, *registered, false) {
            let fact = Fact::Transition { row, state: taken.state };
            gathering.record(place, live, fact, owing(None, taken.effects).as_deref());
        }
        Ok(Stepped { done: Done::Changed(from), is_busy: live.is_busy() })
    }
}
