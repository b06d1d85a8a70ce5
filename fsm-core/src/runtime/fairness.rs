//! Turns: a machine that is flooded does not keep its neighbours waiting.
//!
//! In a turn a machine carries out [`COMMANDS_MAX`] commands at most while it has neighbours; what
//! else was sent to it goes to a backlog of its own, out of the way of the commands behind it, and
//! is carried out in later turns. A command for a machine that is not flooded therefore waits for
//! the commands that were queued before it to be looked at, and for at most that many commands of
//! each flooded machine of its kind on the shard to be carried out.
//!
//! The bound is one of commands carried out, and it is exact. In time, looking at commands and
//! putting them off comes to it: `fsm-bench fairness` has a neighbour's answer behind 8,000 casts
//! take a fifth of what these casts take themselves, where 128 of them are a sixtieth. The rest is
//! the looking, so who is to wait for less must look at less.
//!
//! A backlog is bounded too: what is sent beyond [`BACKLOG_MAX`] is refused as `Overloaded`; a
//! cast, which cannot be told, is dropped and counted.

use std::collections::{HashMap, VecDeque};
use std::mem;

use foldhash::fast::RandomState;

use super::Machine;
use super::command::{Command, Order, Refusal};
use super::gathering::Gathering;
use super::machines::Machines;
use crate::machine::Timestamp;

/// How many commands a machine carries out in a turn while it has neighbours.
const COMMANDS_MAX: u32 = 128;
/// How many commands wait in a machine's backlog.
const BACKLOG_MAX: usize = 8_192;

/// Who has had how much of the present turn, and who waits for the next.
#[derive(Debug)]
pub(super) struct Fairness<F: Machine> {
    turn: u32,
    backlogs: HashMap<usize, VecDeque<Command<F>>, RandomState>,
    /// Slots with a backlog, the one whose turn it is first.
    order: VecDeque<usize>,
}

/// How much of a turn a machine has had.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    turn: u32,
    commands: u32,
}

impl<F: Machine> Fairness<F> {
    /// Whether nobody has a backlog.
    pub(super) fn is_empty(&self) -> bool {
        self.backlogs.is_empty()
    }

    /// Whether this machine has one.
    pub(super) fn has_backlog(&self, slot: usize) -> bool {
        !self.is_empty() && self.backlogs.contains_key(&slot)
    }
}

impl<F: Machine> Machines<F> {
    /// Begins a turn, in which backlogs come first; says whether some are left.
    pub(super) fn begin_turn(&mut self, gathering: &mut Gathering, now: Timestamp) -> bool {
        self.fairness.turn = self.fairness.turn.wrapping_add(1);
        for _ in 0..self.fairness.order.len() {
            if gathering.is_full() || self.holding.is_full() {
                break;
            }
            let Some(slot) = self.fairness.order.pop_front() else { break };
            self.work_off(slot, gathering, now);
        }
        !self.fairness.is_empty()
    }

    /// Whether the machine may carry out one more command in this turn.
    #[inline]
    pub(super) fn has_share(&mut self, slot: usize) -> bool {
        if self.fairness.has_backlog(slot) {
            return false;
        }
        let turn = self.fairness.turn;
        let share = &mut self.slots[slot].share;
        if share.turn != turn {
            *share = Share { turn, commands: 0 };
        }
        share.commands += 1;
        // Who has no neighbours takes all there is.
        share.commands <= COMMANDS_MAX || self.by_id.len() == 1
    }

    /// Keeps a command for a later turn.
    #[cold]
    pub(super) fn put_off(&mut self, slot: usize, command: Command<F>) {
        let Fairness { backlogs, order, .. } = &mut self.fairness;
        let backlog = backlogs.entry(slot).or_insert_with(|| {
            order.push_back(slot);
            VecDeque::new()
        });
        // What the runtime says to itself is bounded by itself, and must not be lost.
        if backlog.len() < BACKLOG_MAX || command.is_silent() {
            return backlog.push_back(command);
        }
        let (_, order) = command.into_order();
        if let Order::Send { answer: None, .. } = order {
            self.kind.gauges().dropped_cast();
        }
        order.refuse(Refusal::Overloaded);
    }

    /// Lets a machine carry out a turn's worth of its backlog.
    fn work_off(&mut self, slot: usize, gathering: &mut Gathering, now: Timestamp) {
        let Some(waiting) = self.fairness.backlogs.get_mut(&slot) else { return };
        // Until its last command the machine counts as one that has a backlog, which does not leave
        // its slot, not even if it crashes.
        let mut backlog = mem::take(waiting);
        for _ in 0..COMMANDS_MAX {
            let Some(command) = backlog.pop_front() else { return };
            if backlog.is_empty() {
                self.fairness.backlogs.remove(&slot);
            }
            self.dispatch_to(slot, command, gathering, now);
        }
        if !backlog.is_empty() {
            // Nothing was put off meanwhile: a share is larger than what was worked off.
            self.fairness.backlogs.insert(slot, backlog);
            self.fairness.order.push_back(slot);
        }
    }
}

impl<F: Machine> Default for Fairness<F> {
    fn default() -> Self {
        Self { turn: 0, backlogs: HashMap::default(), order: VecDeque::new() }
    }
}
