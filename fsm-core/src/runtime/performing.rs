//! What becomes of the effects of a shard's machines: they are handed out, one a machine at a time,
//! and their ends come back as commands.
//!
//! An effect is handed out when the record that owes it is durable. A machine's effects are
//! performed in their order; those of different machines side by side. What the kind's handler is
//! to do goes to its [workers](super::effects), which have the limits; what is for another machine
//! is delivered to it. Only so many are handed out as fit into a shard's memory; the others wait in
//! the order in which they came.

use std::collections::{HashSet, VecDeque};
use std::future::ready;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;

use super::Machine;
use super::command::{Command, Order};
use super::duties::Owing;
use super::effects::{EffectKey, Verdict, Workers};
use super::kind::Kind;
use super::machines::Machines;
use super::post::Mail;
use super::slot::{Phase, Placed, Slot};
use crate::journal::{MachineId, Pending};

/// How many effects of a kind a shard has handed out at most.
const HANDED_OUT_MAX: usize = 1_024;

/// The effects of a kind that a shard has handed out.
#[derive(Debug)]
pub(super) struct Performing<F: Machine> {
    workers: Option<Workers<F>>,
    mail: Mail,
    handed_out: FuturesUnordered<HandedOut<F>>,
    /// Slots of machines that have an effect to be handed out when there is room, each once.
    ready: VecDeque<usize>,
    is_ready: HashSet<usize>,
}

/// An effect under way.
struct HandedOut<F: Machine> {
    key: EffectKey,
    /// That of the machine that owes it.
    tenure: u64,
    verdict: Pending<'static, Option<Verdict<F::Event>>>,
    /// Wakes who waits for the verdict.
    waker: Option<Waker>,
    /// Whether its machine was forgotten meanwhile.
    is_off: bool,
}

impl<F: Machine> Performing<F> {
    pub(super) fn new(kind: &Kind<F>) -> Self {
        let (workers, mail) = (kind.workers().cloned(), kind.mail().clone());
        let (handed_out, is_ready) = (FuturesUnordered::new(), HashSet::new());
        Self { workers, mail, handed_out, ready: VecDeque::new(), is_ready }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.handed_out.is_empty()
    }

    fn begin(&self, key: EffectKey, tenure: u64, owing: Owing<F::Effect>) -> HandedOut<F> {
        let verdict: Pending<'static, _> = match (owing, self.workers.clone()) {
            (Owing::Effect(effect), Some(workers)) => {
                let key = key.clone();
                Box::pin(async move {
                    let performing = workers.room().await?.begin(key, effect);
                    // One that blocks its thread is not waited for when it is cut off.
                    match select(performing, pin!(workers.cut_off())).await {
                        Either::Left(((_, verdict), _)) => verdict,
                        Either::Right(_) => None,
                    }
                })
            }
            (Owing::Message(message), _) => {
                let (mail, key) = (self.mail.clone(), key.clone());
                Box::pin(async move { mail.deliver(message, key).await })
            }
            // Refused by `System::machine`, which wants a handler for a kind with effects.
            (Owing::Effect(_), None) => Box::pin(std::future::pending()),
        };
        HandedOut { key, tenure, verdict, waker: None, is_off: false }
    }
}

impl<F: Machine> Machines<F> {
    /// Has the machine's next effect performed, if it owes one and none is being performed.
    pub(super) fn perform(&mut self, slot: usize) {
        if !self.owes(slot) {
            return;
        }
        if self.performing.handed_out.len() >= HANDED_OUT_MAX {
            if self.performing.is_ready.insert(slot) {
                self.performing.ready.push_back(slot);
            }
            return;
        }
        self.hand_out(slot);
    }

    /// The end of an effect, as a command for its machine; `None` if it was cut off.
    pub(super) fn poll_performing(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(MachineId, Command<F>)>> {
        let ended = self.performing.handed_out.poll_next_unpin(cx);
        let Poll::Ready(Some((key, tenure, verdict, is_off))) = ended else {
            return Poll::Pending;
        };
        self.hand_out_ready();
        if is_off {
            return Poll::Ready(None);
        }
        if self.kind.is_volatile() && !self.is_still(&key.machine, tenure) {
            // Whoever has its name now has begun anew, and owes what has the same key.
            return Poll::Ready(None);
        }
        let (id, index) = (key.machine, u16::try_from(key.index).unwrap_or(u16::MAX));
        let Some(verdict) = verdict else {
            self.cut_off(&id);
            return Poll::Ready(None);
        };
        let verdict = Box::new(verdict);
        let order = Order::Ended { sequence: key.sequence, index, verdict };
        Poll::Ready(Some((id.clone(), Command::letter(id, None, order))))
    }

    /// The machine in the slot is to be forgotten: calls off the effect of it that is under way.
    pub(super) fn call_off(&mut self, slot: usize) {
        let Slot { id, performing, .. } = &mut self.slots[slot];
        if performing.take().is_none() {
            return;
        }
        for handed_out in self.performing.handed_out.iter_mut() {
            if handed_out.key.machine == *id {
                // What performs it is dropped here.
                handed_out.verdict = Box::pin(ready(None));
                handed_out.is_off = true;
                handed_out.waker.take().into_iter().for_each(Waker::wake);
            }
        }
    }

    fn is_still(&self, id: &MachineId, tenure: u64) -> bool {
        self.by_id.get(id).is_some_and(|&slot| self.slots[slot].tenure == tenure)
    }

    /// A machine's effect was cut off: it is still owed. While the system ends that is all; else
    /// the machine is read back, and has it performed again.
    fn cut_off(&mut self, id: &MachineId) {
        let Some(&slot) = self.by_id.get(id) else { return };
        if self.kind.is_closed() {
            return;
        }
        self.slots[slot].performing = None;
        if matches!(self.slots[slot].phase, Phase::Live(_)) {
            self.wake(slot, None);
        }
    }

    fn owes(&self, slot: usize) -> bool {
        let Slot { phase: Phase::Live(live), placed, performing, .. } = &self.slots[slot] else {
            return false;
        };
        matches!(placed, Placed::Durable(_))
            && performing.is_none()
            && live.duties().is_some_and(|duties| !duties.owed.is_empty())
    }

    fn hand_out_ready(&mut self) {
        while self.performing.handed_out.len() < HANDED_OUT_MAX {
            let Some(slot) = self.performing.ready.pop_front() else { return };
            self.performing.is_ready.remove(&slot);
            // It may be another machine's by now.
            if self.owes(slot) {
                self.hand_out(slot);
            }
        }
    }

    fn hand_out(&mut self, slot: usize) {
        let Slot { id, tenure, phase: Phase::Live(live), performing, .. } = &mut self.slots[slot]
        else {
            return;
        };
        let Some(owed) = live.duties_mut().and_then(|duties| duties.owed.front_mut()) else {
            return;
        };
        let Some(effect) = owed.effect.take() else {
            // It was handed out to be abandoned, and is owed again: its records have it anew.
            return self.wake(slot, None);
        };
        *performing = Some((owed.sequence, owed.index));
        let index = u32::from(owed.index);
        let key = EffectKey::new(F::TABLE.name, id.clone(), owed.sequence, index);
        let handed_out = self.performing.begin(key, *tenure, effect);
        self.performing.handed_out.push(handed_out);
    }
}

impl<F: Machine> Future for HandedOut<F> {
    type Output = (EffectKey, u64, Option<Verdict<F::Event>>, bool);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(verdict) = self.verdict.as_mut().poll(cx) else {
            if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                self.waker = Some(cx.waker().clone());
            }
            return Poll::Pending;
        };
        Poll::Ready((self.key.clone(), self.tenure, verdict, self.is_off))
    }
}

impl<F: Machine> std::fmt::Debug for HandedOut<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HandedOut").field(&self.key).finish()
    }
}
