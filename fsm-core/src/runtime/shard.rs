//! The shard: one task that owns the machines that hash to it.
//!
//! It takes what is queued, lets the machines decide and apply in memory, hands the records to the
//! journal as one batch, and goes on with the next commands while that batch is written. When a
//! batch is durable its answers are sent, in the order in which batches were handed over.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::select;

use super::any_machines::{AnyMachines, Turn};
use super::clock::Clock;
use super::gathering::Gathering;
use super::queue::Doorbell;
use crate::journal::{AppendError, Committed, Journal, Pending};
use crate::machine::Timestamp;

/// How many batches of a shard may be under way. Two would keep the journal busy; more let it
/// merge what came in while it was syncing.
const UNDER_WAY_MAX: usize = 4;

/// After a turn with so many commands more are likely to come at once.
const MUCH: u64 = 32;
/// How often they are looked for then before the shard sleeps.
const PATIENCE: usize = 8;

/// The side of a shard that the system holds.
#[derive(Default)]
pub(super) struct Door {
    pub(super) bell: Arc<Doorbell>,
    /// Kinds that the shard has not taken in yet.
    arrivals: Mutex<Vec<Box<dyn AnyMachines>>>,
    has_arrivals: AtomicBool,
    closing: AtomicBool,
    /// Until when a shard that ends in order may save snapshots.
    parting: Mutex<Option<Timestamp>>,
}

/// The task's side.
pub(super) struct Shard {
    door: Arc<Door>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    machines: Vec<Box<dyn AnyMachines>>,
    gathering: Gathering,
    /// Oldest first. Its front is batch number `gathering.number() - under_way.len()`.
    under_way: VecDeque<Pending<'static, Result<Committed, AppendError>>>,
    /// When something is due next, and the wait for it.
    alarm: Option<(Timestamp, Pending<'static, ()>)>,
}

impl Door {
    /// Gives the shard the machines of one more kind; says whether it still takes them.
    pub(super) fn admit(&self, machines: Box<dyn AnyMachines>) -> bool {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        if self.closing.load(Ordering::Acquire) {
            return false;
        }
        arrivals.push(machines);
        self.has_arrivals.store(true, Ordering::Release);
        drop(arrivals);
        self.bell.ring();
        true
    }

    /// Has the shard save snapshots when it ends, until then at most.
    pub(super) fn part(&self, until: Timestamp) {
        *self.parting.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// Tells the shard to end once nothing is left to do. The queues must be closed before.
    pub(super) fn close(&self) {
        // Under the lock, so that nothing is admitted that the last `take_arrivals` misses.
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        self.closing.store(true, Ordering::Release);
        drop(arrivals);
        self.bell.ring();
    }

    fn take_arrivals(&self) -> Vec<Box<dyn AnyMachines>> {
        if !self.has_arrivals.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        std::mem::take(&mut self.arrivals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    pub(super) fn new(
        door: Arc<Door>,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
        volatile: bool,
    ) -> Self {
        let gathering = Gathering::new(journal.record_bytes_max(), volatile);
        Self {
            door,
            journal,
            clock,
            machines: Vec::new(),
            gathering,
            under_way: VecDeque::new(),
            alarm: None,
        }
    }

    /// Runs until the door is closed and everything accepted is answered.
    pub(super) async fn run(mut self) {
        let mut more = false;
        loop {
            let closing = self.door.closing.load(Ordering::Acquire);
            poll_fn(|cx| self.poll_progress(cx, more, closing)).await;
            // After the bell and before the queues: a new kind's first command rings only once.
            self.take_in();
            let looked_at;
            (more, looked_at) = self.gather();
            self.hand_over();
            if closing && !more && self.is_idle() {
                break;
            }
            let_others_live(&self.door.bell, looked_at).await;
        }
        self.part().await;
    }

    /// Saves snapshots, as long as there is time.
    async fn part(&mut self) {
        let until = *self.door.parting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = until else { return };
        for machines in &mut self.machines {
            let mut from = 0;
            while self.clock.now() < until
                && let Some(saving) = machines.part(&mut from)
            {
                select(saving, self.clock.sleep_until(until)).await;
            }
        }
    }

    fn take_in(&mut self) {
        let oldest = self.gathering.number() - self.under_way.len() as u64;
        for mut machines in self.door.take_arrivals() {
            machines.begin(oldest);
            self.machines.push(machines);
        }
    }

    /// Ready when there may be something to gather, hand over or end.
    fn poll_progress(&mut self, cx: &mut Context<'_>, more: bool, closing: bool) -> Poll<()> {
        let mut progress = closing && self.is_idle();
        while let Some(commit) = self.under_way.front_mut() {
            let Poll::Ready(outcome) = commit.as_mut().poll(cx) else {
                break;
            };
            self.under_way.pop_front();
            self.settle(outcome);
            progress = true;
        }
        let mut next_due = None;
        for machines in &mut self.machines {
            let (polled, due) = machines.poll(cx, &mut self.gathering, &*self.clock);
            progress |= polled.is_ready();
            next_due = [next_due, due].into_iter().flatten().min();
        }
        if self.has_room() {
            progress |= self.poll_alarm(cx, next_due).is_ready();
            // The bell is left alone while there is no room: it rings on until there is.
            progress |= self.door.bell.poll(cx).is_ready() || more;
        }
        if progress { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Ready when it is this time, at which something is due.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, due: Option<Timestamp>) -> Poll<()> {
        let Some(due) = due else {
            self.alarm = None;
            return Poll::Pending;
        };
        if self.alarm.as_ref().is_none_or(|&(set, _)| set != due) {
            self.alarm = Some((due, self.clock.sleep_until(due)));
        }
        let Some((_, alarm)) = &mut self.alarm else { return Poll::Pending };
        let rung = alarm.as_mut().poll(cx);
        if rung.is_ready() {
            self.alarm = None;
        }
        rung
    }

    fn settle(&mut self, outcome: Result<Committed, AppendError>) {
        match outcome {
            Ok(committed) => {
                self.machines.iter_mut().for_each(|machines| machines.committed(committed.first));
            }
            Err(error) => {
                let gathered = self.gathering.number();
                for machines in &mut self.machines {
                    machines.failed(&error);
                    // What was gathered since rests on what failed.
                    machines.abandon(gathered, &error);
                }
                self.gathering.abandon();
            }
        }
    }

    /// Takes commands into the batch; says whether some are left, and how many were looked at.
    fn gather(&mut self) -> (bool, u64) {
        if !self.has_room() {
            return (true, 0);
        }
        let now = self.clock.now();
        let (mut more, mut looked_at) = (false, 0);
        for machines in &mut self.machines {
            let (turn, looked) = machines.run(&mut self.gathering, now);
            more |= turn == Turn::More;
            looked_at += looked;
        }
        // Another kind begins next time, so that a busy one cannot fill every batch.
        if let [_, _, ..] = self.machines[..] {
            self.machines.rotate_left(1);
        }
        (more, looked_at)
    }

    fn hand_over(&mut self) {
        if self.has_room() && !self.gathering.is_empty() {
            let batch = self.gathering.hand_over();
            self.under_way.push_back(self.journal.append(batch));
        }
    }

    fn has_room(&self) -> bool {
        self.under_way.len() < UNDER_WAY_MAX
    }

    fn is_idle(&self) -> bool {
        self.under_way.is_empty()
            && self.gathering.is_empty()
            && self.machines.iter().all(|machines| machines.is_idle())
    }
}

/// Lets other tasks of this thread live too. Whoever has just sent much may send more meanwhile:
/// to find that there is cheaper than to be woken for it.
async fn let_others_live(bell: &Doorbell, looked_at: u64) {
    let patience = if looked_at >= MUCH { PATIENCE } else { 1 };
    for _ in 0..patience {
        tokio::task::yield_now().await;
        if bell.has_rung() {
            return;
        }
    }
}

impl Drop for Shard {
    /// Whatever ended it, nobody shall wait for it, not even whoever uses a kind from now on.
    fn drop(&mut self) {
        self.door.close();
        drop(self.door.take_arrivals());
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("closing", &self.closing).finish_non_exhaustive()
    }
}
