//! The place of one machine in a shard's memory.

use std::collections::VecDeque;

use super::Machine;
use super::command::{Answer, Command, Seen};
use super::error::Unavailable;
use crate::journal::{MachineId, MachineKey, Position, SchemaId};

/// A machine that is in memory, or on its way there.
#[derive(Debug)]
pub(super) struct Slot<F: Machine> {
    pub(super) id: MachineId,
    /// Tells this owner of the slot from the ones before: what was held for them is not for it.
    pub(super) tenure: u64,
    pub(super) phase: Phase<F>,
    /// Where its last record stands, as far as that is known.
    pub(super) placed: Placed,
}

#[derive(Debug)]
pub(super) enum Phase<F: Machine> {
    /// Nobody's: on the free list.
    Free,
    Waiting(VecDeque<Command<F>>),
    Live {
        key: MachineKey,
        schema: SchemaId,
        machine: Seen<F>,
    },
    Quarantined(Unavailable),
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
