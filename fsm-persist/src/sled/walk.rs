//! A walk along the log that does not end at damage: chunk by chunk, with the holes between them.

use super::layout::slot_key;
use super::manifest::Extent;
use super::scan::Chunk;
use super::store::{Store, StoreError, guarded};

/// The next thing on the way.
#[derive(Debug)]
pub(super) enum Step {
    /// A chunk that is whole, from this position on: one that was merged since the one before was
    /// read begins earlier.
    Chunk {
        chunk: Chunk,
        from: u64,
        /// Why it does not follow the one before, if it does not.
        fault: Option<&'static str>,
    },
    /// Something that cannot be read.
    Hole(Hole),
}

/// A part of the log that cannot be read.
#[derive(Clone, Debug)]
pub(super) struct Hole {
    /// Its first slot.
    pub(super) slot: u64,
    /// Its first position.
    pub(super) first: u64,
    /// The slot and the position behind it, if something whole is there.
    pub(super) behind: Option<(u64, u64)>,
    /// What was found there.
    pub(super) why: String,
}

/// The walk.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    store: &'a Store,
    at: Extent,
    /// The slot behind the last that was written.
    end: u64,
}

impl<'a> Walk<'a> {
    /// A walk through all chunks before the slot `end`.
    pub(super) const fn new(store: &'a Store, end: u64) -> Self {
        Self { store, at: Extent::NOTHING, end }
    }

    /// How far it came.
    pub(super) const fn at(&self) -> Extent {
        self.at
    }

    /// Goes as far as here from now on.
    pub(super) const fn extend(&mut self, end: u64) {
        self.end = end;
    }

    /// The next chunk or hole; `None` at the end.
    pub(super) fn next_step(&mut self) -> Option<Step> {
        if self.at.slot >= self.end {
            return None;
        }
        let next = self.at.position + 1;
        let why = match self.store.chunk(self.at.slot) {
            Ok(chunk) => {
                let header = chunk.header();
                let merged = header.slot < self.at.slot && header.first < next;
                if header.first == next || (merged && next < header.end()) {
                    return Some(self.take(chunk, next));
                }
                format!("the chunk in slot {} has position {}", header.slot, header.first)
            }
            Err(error) => error.to_string(),
        };
        let hole = self.hole(why);
        let (slot, first) = hole.behind.unwrap_or((self.end, next));
        // No chunk is known to hand on this checksum.
        self.at = Extent { slot, position: first - 1, crc: 0 };
        Some(Step::Hole(hole))
    }

    fn take(&mut self, chunk: Chunk, from: u64) -> Step {
        let header = *chunk.header();
        let begins = header.first == from && self.at.crc != 0;
        let fault = (begins && header.previous != self.at.crc)
            .then_some("the chunk does not follow the one before it");
        let first = self.at.slot == 0 && header.previous != 0;
        let fault = fault.or(first.then_some("the first chunk follows one that is not there"));
        self.at = Extent { slot: header.next_slot(), position: header.end() - 1, crc: header.link };
        Step::Chunk { chunk, from, fault }
    }

    /// Looks for the next chunk that can be read.
    fn hole(&self, why: String) -> Hole {
        let (slot, first) = (self.at.slot, self.at.position + 1);
        let found = (slot + 1..self.end).find_map(|slot| {
            let chunk = self.store.chunk(slot).ok()?;
            let header = chunk.header();
            (header.slot == slot && header.first >= first).then_some((slot, header.first))
        });
        Hole { slot, first, behind: found, why }
    }
}

/// The slot behind the last one that something was written to.
pub(super) fn end_slot(store: &Store) -> Result<u64, StoreError> {
    guarded("find the end of the log", || {
        for pair in store.log.iter().rev() {
            let (key, value) = pair?;
            if !value.is_empty() {
                let slot = key.as_ref().try_into().map(u64::from_be_bytes).unwrap_or(0);
                return Ok(slot.saturating_add(1));
            }
        }
        Ok(0)
    })
}

/// The values in the slots from `first` on, with their keys, as far as they can be read.
pub(super) fn values(store: &Store, first: u64) -> Result<Vec<(u64, sled::IVec)>, StoreError> {
    guarded("read the end of the log", || {
        let mut values = Vec::new();
        for pair in store.log.range(slot_key(first)..) {
            let (key, value) = pair?;
            if let Ok(key) = key.as_ref().try_into() {
                values.push((u64::from_be_bytes(key), value));
            }
        }
        Ok(values)
    })
}
