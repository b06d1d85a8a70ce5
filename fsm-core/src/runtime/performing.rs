//! What becomes of the effects of a shard's machines: they are handed out, one a machine at a time,
//! and their ends come back as commands.
//!
//! An effect is handed out when the record that owes it is durable. A machine's effects are
//! performed in their order; those of different machines side by side. What performs them has the
//! limits; here only as many are begun as fit into a shard's memory, and the others wait in the
//! order in which they came.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinHandle;

use super::Machine;
use super::command::{Command, Order};
use super::kind::Kind;
use super::machines::Machines;
use super::running::Ended;
use super::slot::{Phase, Placed, Slot};
use crate::journal::{MachineId, Sequence};
use crate::machine::Fsm;

/// How many effects of a kind a shard has handed out at most.
const HANDED_OUT_MAX: usize = 1_024;

/// What performs the effects of a kind.
pub(super) trait Performer<F: Fsm>: fmt::Debug + Send + Sync {
    /// Begins to perform an effect, on a task of its own.
    fn begin(
        &self,
        id: MachineId,
        sequence: Sequence,
        index: u16,
        effect: F::Effect,
    ) -> JoinHandle<Ended<F::Event>>;
}

/// The effects of a kind that a shard has handed out.
#[derive(Debug)]
pub(super) struct Performing<F: Machine> {
    performer: Option<Arc<dyn Performer<F>>>,
    handed_out: FuturesUnordered<HandedOut<F>>,
    /// Machines that have an effect to be handed out when there is room: slots and tenures.
    ready: VecDeque<(usize, u64)>,
}

#[derive(Debug)]
struct HandedOut<F: Machine> {
    id: MachineId,
    sequence: Sequence,
    index: u16,
    task: JoinHandle<Ended<F::Event>>,
}

impl<F: Machine> Performing<F> {
    pub(super) fn new(kind: &Kind<F>) -> Self {
        let performer = kind.performer();
        Self { performer, handed_out: FuturesUnordered::new(), ready: VecDeque::new() }
    }
}

impl<F: Machine> Machines<F> {
    /// Has the machine's next effect performed, if it owes one and none is being performed.
    pub(super) fn perform(&mut self, slot: usize) {
        if self.performing.performer.is_none() || !self.owes(slot) {
            return;
        }
        if self.performing.handed_out.len() >= HANDED_OUT_MAX {
            self.performing.ready.push_back((slot, self.slots[slot].tenure));
            return;
        }
        self.hand_out(slot);
    }

    /// The end of an effect, as a command for its machine.
    pub(super) fn poll_performing(&mut self, cx: &mut Context<'_>) -> Poll<Command<F>> {
        while let Poll::Ready(Some(ended)) = self.performing.handed_out.poll_next_unpin(cx) {
            self.hand_out_ready();
            // A task that was aborted performed nothing: the effect is still owed.
            if let Some(command) = ended {
                return Poll::Ready(command);
            }
        }
        Poll::Pending
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
            let Some((slot, tenure)) = self.performing.ready.pop_front() else { return };
            if self.slots[slot].tenure == tenure && self.owes(slot) {
                self.hand_out(slot);
            }
        }
    }

    fn hand_out(&mut self, slot: usize) {
        let Slot { id, phase: Phase::Live(live), performing, .. } = &mut self.slots[slot] else {
            return;
        };
        let Some(owed) = live.duties_mut().and_then(|duties| duties.owed.front_mut()) else {
            return;
        };
        let (Some(performer), Some(effect)) = (&self.performing.performer, owed.effect.take())
        else {
            return;
        };
        let (sequence, index) = (owed.sequence, owed.index);
        *performing = Some((sequence, index));
        let task = performer.begin(id.clone(), sequence, index, effect);
        self.performing.handed_out.push(HandedOut { id: id.clone(), sequence, index, task });
    }
}

impl<F: Machine> Future for HandedOut<F> {
    type Output = Option<Command<F>>;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(ended) = std::pin::Pin::new(&mut self.task).poll(cx) else {
            return Poll::Pending;
        };
        let (id, sequence, index) = (self.id.clone(), self.sequence, self.index);
        Poll::Ready(ended.ok().map(|ended| {
            let order = Order::Ended { sequence, index, ended };
            Command { id, at: None, order }
        }))
    }
}
