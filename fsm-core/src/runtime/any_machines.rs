//! The machines of one kind, as their shard sees them: without their type.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::Machine;
use super::clock::Clock;
use super::command::Command;
use super::gathering::Gathering;
use super::lane::Lane;
use super::machines::Machines;
use crate::journal::{AppendError, Pending, Position};
use crate::machine::Timestamp;

/// A kind's machines on a shard, as the shard sees them.
pub(super) trait AnyMachines: Send {
    /// Begins with the shard's oldest batch that is under way or being gathered.
    fn begin(&mut self, oldest: u64);

    /// Takes a turn's worth of commands; says how that ended, and how many were looked at.
    fn run(&mut self, gathering: &mut Gathering, now: Timestamp) -> (Turn, u64);

    /// Ready when a machine was read back, or an effect has come to its end; and when something is
    /// due next.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        gathering: &mut Gathering,
        clock: &dyn Clock,
    ) -> (Poll<()>, Option<Timestamp>);

    /// The oldest batch under way is durable; its first record is at `first`.
    fn committed(&mut self, first: Position);

    /// The oldest batch under way failed.
    fn failed(&mut self, error: &AppendError);

    /// The batch being gathered has failed before it was handed over.
    fn abandon(&mut self, gathered: u64, error: &AppendError);

    /// Takes the snapshots that are worth it now that the system ends, of machines from the slot
    /// `from` on. Answers what to wait for before it is called again; `None` when all are saved.
    fn part(&mut self, from: &mut usize) -> Option<Pending<'static, ()>>;

    /// Whether nothing is queued, being read or held back.
    fn is_idle(&self) -> bool;
}

/// How a kind's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// There are no commands left.
    Done,
    /// There may be more, for the next turn.
    More,
    /// There may be more, but not before something else makes progress: a commit, or a machine
    /// that is being read.
    Blocked,
}

/// The shard's hold on a lane: the lane ends with it.
pub(super) struct OwnedLane<F: Machine> {
    lane: Arc<Lane<Command<F>, Machines<F>>>,
}

impl<F: Machine> OwnedLane<F> {
    pub(super) const fn new(lane: Arc<Lane<Command<F>, Machines<F>>>) -> Self {
        Self { lane }
    }
}

impl<F: Machine> AnyMachines for OwnedLane<F> {
    fn begin(&mut self, oldest: u64) {
        self.lane.turn(|machines| machines.holding.begin(oldest));
    }

    fn run(&mut self, gathering: &mut Gathering, now: Timestamp) -> (Turn, u64) {
        let run = |machines: &mut Machines<F>| {
            let before = machines.looked_at;
            (machines.run(gathering, now), machines.looked_at - before)
        };
        // Where a sender is at work, the shard is called again when it has finished.
        self.lane.try_turn(run).unwrap_or((Turn::Done, 0))
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        gathering: &mut Gathering,
        clock: &dyn Clock,
    ) -> (Poll<()>, Option<Timestamp>) {
        let poll = |machines: &mut Machines<F>| {
            let progress = machines.poll(cx, gathering, clock);
            (progress, machines.next_due())
        };
        self.lane.try_turn(poll).unwrap_or((Poll::Pending, None))
    }

    fn committed(&mut self, first: Position) {
        self.lane.turn(|machines| machines.deliver(first));
    }

    fn failed(&mut self, error: &AppendError) {
        self.lane.turn(|machines| machines.fail_oldest(error));
    }

    fn abandon(&mut self, gathered: u64, error: &AppendError) {
        self.lane.turn(|machines| machines.fail_gathered(gathered, error));
    }

    fn part(&mut self, from: &mut usize) -> Option<Pending<'static, ()>> {
        self.lane.turn(|machines| machines.part(from)).flatten()
    }

    fn is_idle(&self) -> bool {
        self.lane.turn(|machines| machines.is_idle()).unwrap_or(true)
    }
}

impl<F: Machine> Drop for OwnedLane<F> {
    /// The shard has ended, in order or by a panic: nobody shall wait for it.
    fn drop(&mut self) {
        if let Some(mut machines) = self.lane.end() {
            machines.end();
        }
    }
}
