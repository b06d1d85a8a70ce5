//! Following the histories of all machines through the log, with bounded memory.
//!
//! One pass over the log follows the machines whose hash is in a range, and as many as there is
//! room for: when there are too many, the upper half of the range is left to the next pass.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use fsm_core::journal::Fact;

use super::heads::{AlreadyHashed, Head};
use super::scan::{Entry, Header};

/// So many machines are followed at once, unless said otherwise: about 64 MiB.
pub(super) const MACHINES_MAX: usize = 1 << 20;

/// The last record of a machine that was met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    /// The chunk it is in: its first slot, and how many it has.
    pub(super) slot: u64,
    pub(super) slots: u16,
    pub(super) sequence: u64,
}

/// The machines of one pass.
#[derive(Debug)]
pub(super) struct Histories {
    from: u128,
    to: u128,
    last: HashMap<u128, Last, BuildHasherDefault<AlreadyHashed>>,
    machines_max: usize,
}

/// What is wrong with a record where it stands in its machine's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// Its machine begins with it, and it is no creation and no base.
    NoBeginning,
    /// The last record before it has this sequence.
    Follows(u64),
    /// It does not say where the one before is, in this slot.
    Pointer(u64),
}

impl std::fmt::Display for Break {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoBeginning => write!(f, "its machine's records before it are missing"),
            Self::Follows(last) => write!(f, "the record before it has sequence {last}"),
            Self::Pointer(slot) => {
                write!(f, "it does not point to the record before it, in slot {slot}")
            }
        }
    }
}

impl Last {
    pub(super) const fn in_chunk(header: &Header, sequence: u64) -> Self {
        Self { slot: header.slot, slots: header.slots, sequence }
    }

    /// Whether a chunk that says that it is `back` slots before it finds this one there.
    pub(super) const fn is_found(&self, header: &Header, back: u64) -> bool {
        if self.slot >= header.slot {
            return back == 0;
        }
        let slot = header.slot.saturating_sub(back);
        back > 0 && self.slot <= slot && slot - self.slot < self.slots as u64
    }

    /// Whether the index means this record.
    pub(super) const fn is_at(&self, head: Head) -> bool {
        head.sequence == self.sequence
            && self.slot <= head.slot
            && head.slot - self.slot < self.slots as u64
    }
}

impl Histories {
    pub(super) fn new(machines_max: usize) -> Self {
        let last = HashMap::default();
        Self { from: 0, to: u128::MAX, last, machines_max: machines_max.max(1) }
    }

    /// Whether the machine is one of this pass.
    pub(super) const fn has(&self, machine: u128) -> bool {
        self.from <= machine && machine <= self.to
    }

    /// The hashes of this pass.
    pub(super) const fn range(&self) -> (u128, u128) {
        (self.from, self.to)
    }

    pub(super) fn find(&self, machine: u128) -> Option<Last> {
        self.last.get(&machine).copied()
    }

    /// The machines that were met, with their last records.
    pub(super) fn met(&self) -> impl Iterator<Item = (u128, Last)> {
        self.last.iter().map(|(&machine, &last)| (machine, last))
    }

    pub(super) fn len(&self) -> usize {
        self.last.len()
    }

    /// Takes a record in, and says whether it does not follow. `begins`: everything before it is
    /// erased, or about to be.
    pub(super) fn take(
        &mut self,
        machine: u128,
        entry: &Entry<'_>,
        header: &Header,
        begins: bool,
    ) -> Result<(), Break> {
        let taken = self.check(machine, entry, header, begins);
        self.last.insert(machine, Last::in_chunk(header, entry.sequence));
        while self.last.len() > self.machines_max && self.from < self.to {
            self.to = self.from + (self.to - self.from) / 2;
            let to = self.to;
            self.last.retain(|&machine, _| machine <= to);
        }
        taken
    }

    fn check(
        &self,
        machine: u128,
        entry: &Entry<'_>,
        header: &Header,
        begins: bool,
    ) -> Result<(), Break> {
        let is_base = matches!(entry.fact, Fact::Base { .. });
        match self.last.get(&machine) {
            None if entry.sequence == 1 || (is_base && (entry.back == 0 || begins)) => Ok(()),
            None => Err(Break::NoBeginning),
            Some(last) if last.sequence.checked_add(1) != Some(entry.sequence) => {
                Err(Break::Follows(last.sequence))
            }
            Some(last) if !last.is_found(header, entry.back) => Err(Break::Pointer(last.slot)),
            Some(_) => Ok(()),
        }
    }

    /// Goes on with the machines that there was no room for; `false` if there are none.
    pub(super) fn next_pass(&mut self) -> bool {
        self.last.clear();
        let Some(from) = self.to.checked_add(1) else { return false };
        (self.from, self.to) = (from, u128::MAX);
        true
    }
}
