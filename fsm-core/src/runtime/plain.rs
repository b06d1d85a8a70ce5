//! The short way of an event: sent on no terms to a machine that has nothing else to do, as most
//! are.
//!
//! It does what [`running`](super::running) does in that case, and nothing is moved that can stay
//! where it is. Whatever is out of the ordinary takes the long way.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tokio::sync::oneshot;

use super::Machine;
use super::carrying::rejected;
use super::command::{Answer, Sent};
use super::error::SendError;
use super::gathering::{Gathering, Place};
use super::live::not_before;
use super::machines::Machines;
use super::panic::{let_go, panic_message};
use super::queue::Seat;
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
}

/// An event that the short way did not take.
#[derive(Debug)]
enum Untaken<E> {
    /// No row takes it.
    Refused(E),
    /// It is for the long way.
    Unordinary(E),
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
        let step = Step { gathering, effects, now, registered };
        let stepped = step.take(&mut self.slots[slot], event);
        self.under_way = None;
        let is_busy = match stepped {
            Ok(Stepped { is_busy, .. }) => is_busy,
            // Nobody asked.
            Err(Untaken::Refused(event)) => {
                let_go(event);
                return Ok(());
            }
            Err(Untaken::Unordinary(event)) => return Err(event),
        };
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
        let step = Step { gathering, effects, now, registered };
        match step.guarded(&mut self.slots[slot], event) {
            Ok(Ok(sent)) => {
                self.hold_since(slot, begun, Answer::Send(answer, sent), gathering);
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
        let step = Step { gathering, effects, now, registered };
        let stepped = step.guarded(&mut self.slots[slot], event);
        self.slots[slot].used = now;
        let answer = match stepped {
            Ok(sent) => sent?,
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
    ) -> Result<Result<Sent<F>, F::Event>, String> {
        let answered = || {
            let stepped = match self.take(slot, event) {
                Err(Untaken::Unordinary(event)) => return Err(event),
                Ok(Stepped { done, .. }) => Ok(done),
                Err(Untaken::Refused(event)) => Err(event),
            };
            let Phase::Live(live) = &slot.phase else { return Ok(Err(SendError::Unanswered)) };
            Ok(match stepped {
                Ok(Done::Changed(from)) => Ok(live.transition(from, true)),
                Ok(Done::Ignored(from)) => Ok(live.transition(from, false)),
                Err(event) => {
                    let candidates = live.state().map_or_else(Vec::new, |it| it.candidates(&event));
                    Err(rejected(live, event, &candidates))
                }
            })
        };
        catch_unwind(AssertUnwindSafe(answered)).map_err(|panic| panic_message(&*panic))
    }

    /// Decides, encodes, applies and records, all in place.
    // `fsm-bench actors` tells: out of line, which two callers make it, a cast costs half as much
    // again.
    #[inline(always)]
    fn take(self, slot: &mut Slot<F>, event: F::Event) -> Result<Stepped, Untaken<F::Event>> {
        let Self { gathering, effects, now, registered } = self;
        if const { F::TABLE.has_automatic_rows() } {
            return Err(Untaken::Unordinary(event));
        }
        let Slot { id, phase: Phase::Live(live), watchers: None, .. } = slot else {
            return Err(Untaken::Unordinary(event));
        };
        let (Some(state), false) = (live.state(), live.is_busy()) else {
            return Err(Untaken::Unordinary(event));
        };
        let time = not_before(live.time, now);
        let moment = Moment { now: time, id };
        let from = state.state_id();
        let row = match state.decide(&live.context, &event, moment) {
            Decision::Take(row) => row,
            Decision::Ignore(_) => {
                return Ok(Stepped { done: Done::Ignored(from), is_busy: false });
            }
            Decision::Refuse | Decision::RefuseQuietly => return Err(Untaken::Refused(event)),
            Decision::Defer => return Err(Untaken::Unordinary(event)),
        };
        let is_volatile = gathering.is_volatile();
        if !is_volatile
            && (gathering.encode(&event).is_err() || gathering.too_large(id, None).is_some())
        {
            return Err(Untaken::Unordinary(event));
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
