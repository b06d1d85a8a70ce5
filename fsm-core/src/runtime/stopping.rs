//! A machine's life, last part: it leaves memory.
//!
//! It may have [run](super::running) to its end, have been idle for long, be one too many, or rest
//! on a record that did not become durable. What it is stays in the journal. A machine that is
//! watched, or owes effects, does not leave; one that waits for a time leaves its due time behind
//! and comes back then.

use std::collections::VecDeque;
use std::time::Duration;

use super::Machine;
use super::machines::Machines;
use super::options::MachineOptions;
use super::slot::{Alarm, Phase, Placed, Slot};
use crate::journal::Position;
use crate::machine::Timestamp;

/// How many completed machines stay in memory: what comes late comes soon, and reading a machine
/// back to refuse it costs much more than remembering it.
const COMPLETED_KEPT: usize = 1_024;
/// How many machines are looked at in a turn for one that may leave.
const SWEPT: usize = 1_024;
/// Among how many machines the one that was not used longest is looked for.
const SAMPLED: usize = 16;
/// A machine leaves no later than this part of its allowed idle time after that.
const ROUNDS: u32 = 4;

/// A hand that goes round over the slots and finds machines that may leave.
#[derive(Debug)]
pub(super) struct Sweep {
    /// The share of this shard.
    machines_max: Option<usize>,
    after: Option<Duration>,
    hand: usize,
    /// How many slots are still to be looked at in this round.
    left: usize,
    /// How many are still to be looked at because there are too many machines.
    surplus: usize,
    next: Timestamp,
}

impl Sweep {
    pub(super) fn new(options: &MachineOptions, shards: usize, now: Timestamp) -> Self {
        let machines_max = options.passivation.machines_max;
        let share = machines_max.map(|machines| machines.get().div_ceil(shards.max(1)));
        Self {
            machines_max: share,
            after: options.passivation.after,
            hand: 0,
            left: 0,
            surplus: 0,
            next: now,
        }
    }

    /// When the next round begins.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.after.map(|_| self.next)
    }
}

impl<F: Machine> Machines<F> {
    /// A machine's last record is durable: its effects can be performed, and it may leave.
    pub(super) fn came_to_rest(&mut self, slot: usize) {
        self.snapshot_if_due(slot);
        self.perform(slot);
        self.retire_if_completed(slot);
        if let Some(max) = self.sweep.machines_max
            && self.in_memory() > max
        {
            self.evict_one();
            // Those it rests among may not leave yet, or sleep: then it is looked for on and on.
            if self.in_memory() > max {
                self.sweep.surplus = self.slots.len();
            }
        }
    }

    /// Looks for machines that may leave; says whether there are more to look at now.
    pub(super) fn sweep(&mut self, now: Timestamp) -> bool {
        let too_many = self.sweep_surplus();
        self.sweep_idle(now) || too_many
    }

    /// Looks for machines to leave while there are too many, until a whole round finds none.
    fn sweep_surplus(&mut self) -> bool {
        let machines_max = self.sweep.machines_max.unwrap_or(usize::MAX);
        for _ in 0..SWEPT / SAMPLED {
            if self.sweep.surplus == 0 || self.in_memory() <= machines_max {
                self.sweep.surplus = 0;
                return false;
            }
            self.sweep.surplus = match self.evict_one() {
                true => self.slots.len(),
                false => self.sweep.surplus.saturating_sub(SAMPLED),
            };
        }
        self.sweep.surplus > 0
    }

    /// Looks for machines that were idle for too long.
    fn sweep_idle(&mut self, now: Timestamp) -> bool {
        let Some(after) = self.sweep.after else { return false };
        if self.sweep.left == 0 {
            // A clock that was set back must not stop the hand.
            if now < self.sweep.next && self.sweep.next.since(now) <= after {
                return false;
            }
            self.sweep.left = self.slots.len();
            self.sweep.next = now.saturating_add(after / ROUNDS);
        }
        for _ in 0..SWEPT.min(self.sweep.left) {
            self.sweep.left -= 1;
            let slot = self.step_hand();
            if now.since(self.slots[slot].used) >= after {
                self.passivate(slot);
            }
        }
        self.sweep.left > 0
    }

    /// Takes the machine out of memory that was not used longest, of those the hand sees next; says
    /// whether one of them could leave.
    fn evict_one(&mut self) -> bool {
        let seen = (0..SAMPLED.min(self.slots.len())).map(|_| self.step_hand());
        let seen: Vec<_> = seen.collect();
        let leaving = seen.into_iter().filter(|&slot| self.may_leave(slot));
        let leaving = leaving.min_by_key(|&slot| self.slots[slot].used);
        leaving.is_some_and(|slot| {
            self.passivate(slot);
            true
        })
    }

    fn step_hand(&mut self) -> usize {
        let slot = self.sweep.hand % self.slots.len().max(1);
        self.sweep.hand = slot + 1;
        slot
    }

    fn in_memory(&self) -> usize {
        self.by_id.len() - self.asleep
    }

    fn may_leave(&self, slot: usize) -> bool {
        let Slot { phase, placed, performing, alarm, .. } = &self.slots[slot];
        let Phase::Live(live) = phase else { return false };
        matches!(placed, Placed::Durable(_))
            && alarm.is_none_or(|alarm| alarm.due > self.now)
            && performing.is_none()
            // One that is not journaled is nowhere else, and wanted until it has ended.
            && (live.completed || !self.kind.is_volatile())
            && !self.slots[slot].is_watched()
            && !self.attended.contains_key(&slot)
            && !self.fairness.has_backlog(slot)
            && live.duties().is_none_or(|duties| duties.owed.is_empty())
    }

    /// The machine was only woken: it stays if something of it is due, and sleeps on otherwise.
    pub(super) fn woken(&mut self, slot: usize) {
        self.perform(slot);
        self.passivate(slot);
    }

    /// Takes the machine out of memory, if it may leave.
    fn passivate(&mut self, slot: usize) {
        if !self.may_leave(slot) {
            return;
        }
        self.snapshot_leaving(slot);
        if self.slots[slot].alarm.is_some() {
            self.fall_asleep(slot);
        } else {
            self.release(slot);
        }
    }

    /// Takes the machine out of memory, all but its place.
    pub(super) fn fall_asleep(&mut self, slot: usize) {
        self.slots[slot].enter(Phase::Asleep);
        self.asleep += 1;
        self.kind.gauges().fell_asleep();
    }

    /// There is no such machine, or none any more: it leaves memory, unless more was sent to it.
    pub(super) fn leave(&mut self, slot: usize) {
        if self.fairness.has_backlog(slot) {
            // Who comes next is another, although it has the same slot.
            self.tenures += 1;
            let left = &mut self.slots[slot];
            left.enter(Phase::Waiting(VecDeque::new()));
            (left.tenure, left.performing, left.watchers) = (self.tenures, None, None);
            self.set_alarm(slot);
            if !self.kind.is_volatile() {
                self.read_later(slot);
            }
            return;
        }
        self.release(slot);
    }

    /// Takes the machine out of memory, and gives its slot up.
    fn release(&mut self, slot: usize) {
        self.slots[slot].enter(Phase::Free);
        self.slots[slot].watchers = None;
        // Its supervisor hears that as a failure.
        self.attended.remove(&slot);
        self.set_alarm(slot);
        self.crashes.forget(slot);
        // Commands may be queued that know it by its slot: the id stays there for them.
        let left = &mut self.slots[slot];
        if self.by_id.get(&left.id) == Some(&slot) {
            self.by_id.remove(&left.id);
            left.vacated = left.vacated.wrapping_add(1);
            let queued = u32::try_from(slot).map_or(0, |slot| self.lane.queue.vacate(slot));
            self.vacated.push_back((queued, slot));
            self.kind.gauges().left();
        }
    }

    /// A slot that nobody has, and nobody is sent anything in.
    pub(super) fn vacant(&mut self) -> Option<usize> {
        while let Some(&(queued, slot)) = self.vacated.front()
            && queued <= self.looked_at
        {
            self.vacated.pop_front();
            self.free.push(slot);
        }
        self.free.pop()
    }

    /// A machine that is complete, durably, leaves memory when enough others have completed since.
    fn retire_if_completed(&mut self, slot: usize) {
        let Slot { phase, placed, tenure, retiring, .. } = &mut self.slots[slot];
        let completed = matches!(phase, Phase::Live(live) if live.completed);
        if !completed || *retiring || !matches!(placed, Placed::Durable(_)) {
            return;
        }
        *retiring = true;
        self.completed.push_back((slot, *tenure));
        while self.completed.len() > COMPLETED_KEPT {
            let Some((oldest, tenure)) = self.completed.pop_front() else { return };
            if self.slots[oldest].tenure == tenure {
                self.slots[oldest].retiring = false;
                self.passivate(oldest);
            }
        }
    }

    /// The record that the machine rests on is not in the journal: its memory is dropped. It is
    /// read again at once if commands wait for it, and after a pause if not: what it has to do is
    /// in the journal, and not in the memory that is dropped here.
    pub(super) fn drop_machine(&mut self, slot: usize, placed: Placed, pause: Duration) {
        if !self.rests_on(slot, placed) {
            return;
        }
        self.slots[slot].placed = Placed::Durable(Position::START);
        // What is held for its old memory is no longer about it.
        self.tenures += 1;
        self.slots[slot].retiring = false;
        match &self.slots[slot].phase {
            Phase::Waiting(_) => {
                self.slots[slot].tenure = self.tenures;
                self.read_later(slot);
            }
            Phase::Live(_) => {
                self.slots[slot].tenure = self.tenures;
                self.doze(slot, pause);
            }
            Phase::Free | Phase::Asleep | Phase::Quarantined(_) | Phase::Suspended(_) => {}
        }
    }

    /// Takes the machine out of memory for a while, after which it is read back.
    pub(super) fn doze(&mut self, slot: usize, pause: Duration) {
        let due = self.now.saturating_add(pause);
        self.fall_asleep(slot);
        if let Some(alarm) = self.slots[slot].alarm.take() {
            self.wheel.cancel(alarm.armed);
        }
        if let Ok(item) = u32::try_from(slot) {
            let armed = self.wheel.arm(due, item);
            self.slots[slot].alarm = Some(Alarm { due, armed });
        }
    }

    /// Whether the machine's memory holds the record at `placed`, or one after it.
    fn rests_on(&self, slot: usize, placed: Placed) -> bool {
        match (self.slots[slot].placed, placed) {
            (Placed::InBatch { batch: last, .. }, Placed::InBatch { batch: failed, .. }) => {
                last >= failed
            }
            _ => false,
        }
    }
}
