//! A turn: what the machines of one kind do before it is those of the next.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use futures_util::StreamExt;

use super::Machine;
use super::any_machines::Turn;
use super::clock::Clock;
use super::command::{Command, Refusal};
use super::gathering::Gathering;
use super::lane::CaughtUp;
use super::machines::{Machines, ROUSED_MAX};
use super::slot::Phase;
use crate::machine::Timestamp;

/// How many commands may wait for machines that are being read back before the shard stops taking
/// more out of the queue, which then fills up and refuses.
const WAITING_MAX: usize = 16_384;
/// How many commands of a kind are taken before it is the next one's turn.
const TURN_COMMANDS: usize = 4_096;
/// How many commands are looked at in a turn: what a flooded machine does not carry out at once is
/// cheap to put off, and the commands behind it should not wait for that.
const TURN_LOOKS: usize = 16_384;

/// What may still be done in a turn.
#[derive(Debug)]
struct Allowance {
    looks: usize,
    commands: usize,
}

impl<F: Machine> Machines<F> {
    /// Lets machines do what is due, and takes a turn's worth of commands.
    pub(super) fn run(&mut self, gathering: &mut Gathering, now: Timestamp) -> Turn {
        self.now = now;
        let mut more = self.sweep(now);
        if gathering.is_full() {
            return Turn::More;
        }
        if !self.holding.is_full() {
            more |= self.ring_all(gathering, now);
            more |= self.begin_turn(gathering, now);
        }
        let mut allowance = Allowance { looks: TURN_LOOKS, commands: TURN_COMMANDS };
        loop {
            // One guard for many casts. What a panic leaves behind is the memory of one machine and
            // a record, which are dropped.
            let turn = catch_unwind(AssertUnwindSafe(|| {
                self.take_commands(&mut allowance, gathering, now)
            }));
            match turn {
                // What was put off in this turn is carried out in the next, which nobody rings for.
                Ok(Turn::Done) if more || !self.fairness.is_empty() => return Turn::More,
                Ok(turn) => return turn,
                Err(panic) => self.stumbled(panic, gathering, now),
            }
        }
    }

    /// Takes a turn on a sender's thread. Nothing is journaled.
    pub(super) fn run_directly(&mut self, now: Timestamp) {
        let mut nothing = std::mem::take(&mut self.nothing);
        self.run(&mut nothing, now);
        self.nothing = nothing;
        // What is left, or was set off, is for the shard.
        self.lane.queue.ring();
    }

    fn take_commands(
        &mut self,
        allowance: &mut Allowance,
        gathering: &mut Gathering,
        now: Timestamp,
    ) -> Turn {
        while allowance.looks > 0 && allowance.commands > 0 {
            if self.take_casts(allowance, gathering, now) {
                continue;
            }
            if gathering.is_full() {
                return Turn::More;
            }
            if self.waiting_commands >= WAITING_MAX || self.holding.is_full() {
                return Turn::Blocked;
            }
            allowance.looks -= 1;
            let to = match self.next_command() {
                None => return Turn::Done,
                Some(Command::Cast { slot, .. } | Command::Send { slot, .. }) => Ok(*slot),
                Some(Command::Letter(letter)) => Err(letter.id.clone()),
            };
            let slot = match to {
                Ok(slot) => self.seated(slot, now),
                Err(id) => self.slot(&id, now),
            };
            let has_share = self.has_share(slot);
            let Some(command) = self.take_command() else { return Turn::Done };
            if !has_share {
                self.put_off(slot, command);
                continue;
            }
            allowance.commands -= 1;
            self.slots[slot].used = now;
            self.dispatch_to(slot, command, gathering, now);
        }
        Turn::More
    }

    /// Takes casts as long as there are some and there is room for what they record; says whether
    /// it took any.
    fn take_casts(
        &mut self,
        allowance: &mut Allowance,
        gathering: &mut Gathering,
        now: Timestamp,
    ) -> bool {
        let (begun, is_volatile) = (allowance.looks, gathering.is_volatile());
        while allowance.looks > 0
            && allowance.commands > 0
            && (is_volatile || !(gathering.is_full() || self.holding.is_full()))
            && let Some(&Command::Cast { slot: seat, .. }) = self.taken.front()
        {
            let slot = usize::try_from(seat).unwrap_or(usize::MAX);
            if matches!(self.slots[slot].phase, Phase::Free) || !self.has_share(slot) {
                break;
            }
            let Some(Command::Cast { event, .. }) = self.take_command() else { break };
            allowance.looks -= 1;
            allowance.commands -= 1;
            self.slots[slot].used = now;
            if let Err(event) = self.take_cast(slot, event, gathering, now) {
                let command = Command::Cast { slot: seat, event };
                self.dispatch_long(slot, command, gathering, now);
            }
        }
        allowance.looks < begun
    }

    /// Where the machine is now that had this slot when the command was queued. Its share and its
    /// backlog are there too: a slot that was given up must not have any.
    fn seated(&mut self, slot: u32, now: Timestamp) -> usize {
        let slot = usize::try_from(slot).unwrap_or(usize::MAX);
        match &self.slots[slot].phase {
            Phase::Free => self.slot(&self.slots[slot].id.clone(), now),
            _ => slot,
        }
    }

    #[inline]
    fn next_command(&mut self) -> Option<&Command<F>> {
        if self.taken.is_empty() {
            self.lane.take(&mut self.taken);
        }
        self.taken.front()
    }

    #[inline]
    fn take_command(&mut self) -> Option<Command<F>> {
        self.looked_at += 1;
        self.taken.pop_front()
    }

    /// Ready when a machine was read back, or an effect has come to its end.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        gathering: &mut Gathering,
        clock: &dyn Clock,
    ) -> Poll<()> {
        let mut progress = Poll::Pending;
        while !self.reading.is_empty()
            && let Poll::Ready(Some(joined)) = self.reading.poll_next_unpin(cx)
        {
            progress = Poll::Ready(());
            self.now = clock.now();
            // `recover` does not panic; it is aborted only with the runtime, and the shard with it.
            if let Ok((slot, recovered)) = joined {
                self.recovered(slot, recovered, gathering, self.now);
            }
            self.read_more();
        }
        while !self.performing.is_empty()
            && let Poll::Ready(ended) = self.poll_performing(cx)
        {
            progress = Poll::Ready(());
            self.now = clock.now();
            if let Some((id, ended)) = ended {
                let slot = self.slot(&id, self.now);
                self.dispatch_to(slot, ended, gathering, self.now);
            }
        }
        progress
    }

    /// When something is due next.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        // While many are on their way, it is their coming that there is to wait for.
        let alarms = self.wheel.next_due().filter(|_| self.roused < ROUSED_MAX);
        alarms.into_iter().chain(self.sweep.next()).min()
    }

    /// Whether nothing is queued, being read or held back.
    pub(super) fn is_idle(&self) -> bool {
        self.is_caught_up()
            && self.reading.is_empty()
            && self.waiting_commands == 0
            && self.performing.is_empty()
            && self.holding.is_empty()
    }

    /// The shard has ended, in order or by a panic: nobody shall wait for it.
    pub(super) fn end(&mut self) {
        while self.next_command().is_some()
            && let Some(command) = self.take_command()
        {
            command.refuse(Refusal::ShuttingDown);
        }
    }
}

impl<F: Machine> CaughtUp for Machines<F> {
    fn is_caught_up(&self) -> bool {
        self.taken.is_empty() && self.fairness.is_empty()
    }
}
