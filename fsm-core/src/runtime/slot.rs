//! The place of one machine in a shard's memory.

use std::collections::VecDeque;
use std::mem;

use tokio::sync::broadcast;

use super::Machine;
use super::answer::Transition;
use super::command::{Answer, Command};
use super::error::Unavailable;
use super::fairness::Share;
use super::live::Live;
use super::panic::let_go;
use super::wheel::Armed;
use crate::journal::{MachineId, Position, Sequence};
use crate::machine::Timestamp;

/// A machine that is in memory, or on its way there.
#[derive(Debug)]
pub(super) struct Slot<F: Machine> {
    pub(super) id: MachineId,
    /// Tells this owner of the slot from the ones before: what was held for them is not for it.
    pub(super) tenure: u64,
    /// How often the slot was given up before.
    pub(super) vacated: u32,
    /// The sequence that its last snapshot was taken behind, its low bits: they fit in here for
    /// nothing.
    pub(super) snapshot: u16,
    pub(super) phase: Phase<F>,
    /// Where its last record stands, as far as that is known.
    pub(super) placed: Placed,
    /// When it wants to be looked at next without being sent anything.
    pub(super) alarm: Option<Alarm>,
    /// Whether it is on its way to memory because something of it was due.
    pub(super) roused: bool,
    /// Whether it is among those that have ended, and leave when enough others have.
    pub(super) retiring: bool,
    /// The effect that is being performed. It stays one when the machine is read back.
    pub(super) performing: Option<(Sequence, u16)>,
    /// Those who watch it; they go on watching when it is read back.
    pub(super) watchers: Option<broadcast::Sender<Transition<F>>>,
    /// How much of the present turn it has had.
    pub(super) share: Share,
    /// When it was last sent something.
    pub(super) used: Timestamp,
}

impl<F: Machine> Slot<F> {
    /// Puts the machine into another phase. What it was is dropped; a panic of the user's `Drop`
    /// ends there.
    pub(super) fn enter(&mut self, phase: Phase<F>) {
        let_go(mem::replace(&mut self.phase, phase));
    }

    /// Whether somebody watches the machine.
    pub(super) fn is_watched(&self) -> bool {
        self.watchers.as_ref().is_some_and(|watchers| watchers.receiver_count() > 0)
    }
}

#[derive(Debug)]
pub(super) enum Phase<F: Machine> {
    /// Nobody's: on the free list, or on its way there. The id is that of who was here last.
    Free,
    Waiting(VecDeque<Command<F>>),
    Live(Live<F>),
    /// Not in memory, but something is due.
    Asleep,
    Quarantined(Box<Unavailable>),
    /// Its supervisor has it stopped, or has not started it again yet.
    Suspended(Box<Unavailable>),
}

/// An entry in the wheel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alarm {
    pub(super) due: Timestamp,
    pub(super) armed: Armed,
}

/// Where a machine's last record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// In the journal, durable.
    Durable(Position),
    /// In a batch that is not durable yet, at this offset.
    InBatch { batch: u64, offset: u32 },
}

/// An answer that waits for a batch, and the record it waits for.
#[derive(Debug)]
pub(super) struct Held<F: Machine> {
    pub(super) slot: usize,
    pub(super) tenure: u64,
    pub(super) offset: u32,
    pub(super) answer: Answer<F>,
}
