//! Writing a log anew, record by record, with the positions and sequences that the records had.

use std::collections::HashMap;

use fsm_core::Timestamp;
use fsm_core::journal::{Fact, KindId, SpaceId};
use sled::IVec;

use super::chunk::{ChunkStart, ChunkWriter, Draft};
use super::heads::{Head, NameHasher};
use super::index::Index;
use super::manifest::{Extent, Manifest};
use super::scan::Entry;
use super::store::{Store, StoreError};

/// Writes a log from its beginning.
pub(super) struct Rebuild<'a> {
    target: &'a Store,
    hasher: NameHasher,
    index: Index,
    chunk: ChunkWriter,
    is_begun: bool,
    next: ChunkStart,
    last_slot: u64,
    spaces: HashMap<SpaceId, Head>,
    values: Vec<(u64, IVec)>,
    chunks: u64,
}

/// The index is written after so many records.
const CHECKPOINT_RECORDS: u64 = 64 * 1024;
/// After so many chunks the database is flushed, so that not all of it is in memory.
const FLUSH_CHUNKS: u64 = 256;
/// So many places of erased records are written at once.
const PLACES_MAX: u64 = 1 << 30;

impl<'a> Rebuild<'a> {
    pub(super) fn new(target: &'a Store, hasher: NameHasher) -> Self {
        Self {
            target,
            hasher,
            index: Index::new(Manifest::EMPTY, CHECKPOINT_RECORDS),
            chunk: ChunkWriter::new(),
            is_begun: false,
            next: ChunkStart { slot: 0, first: 1, previous: 0, epoch: 1 },
            last_slot: 0,
            spaces: HashMap::new(),
            values: Vec::new(),
            chunks: 0,
        }
    }

    /// The position that is written next.
    pub(super) const fn position(&self) -> u64 {
        self.next.first + if self.is_begun { self.chunk.count() as u64 } else { 0 }
    }

    /// Writes a record; `false`, and nothing is written, if it does not follow its machine's last.
    pub(super) fn record(&mut self, entry: &Entry<'_>, kind: KindId) -> Result<bool, StoreError> {
        let machine = self.hasher.parts(kind, entry.space, entry.id);
        let head = self.index.find(self.target, machine)?.unwrap_or_default();
        let is_base = matches!(entry.fact, Fact::Base { .. });
        let begins = entry.sequence == 1 || (is_base && head.sequence + 1 != entry.sequence);
        if !begins && head.sequence + 1 != entry.sequence {
            return Ok(false);
        }
        let before = self.space(entry.space);
        let space = Head { sequence: before.sequence + 1, ..before };
        let draft = Draft::from(entry);
        let time = Timestamp::from_micros(entry.time);
        self.begin(time);
        let back = |chunk: &ChunkWriter| if begins { chunk.slot() } else { head.slot };
        if !self.chunk.push(&draft, space, back(&self.chunk)) {
            self.finish_chunk()?;
            self.begin(time);
            // The first record of a chunk always fits.
            self.chunk.push(&draft, space, back(&self.chunk));
        }
        let slot = self.chunk.slot();
        self.index.apply_one(machine, Head { slot, sequence: entry.sequence });
        self.index.add_records(1);
        self.spaces.insert(entry.space, Head { slot, ..space });
        Ok(true)
    }

    /// Leaves the places of so many records of a space empty.
    pub(super) fn gap(&mut self, space: SpaceId, mut count: u64) -> Result<(), StoreError> {
        while count > 0 {
            let places = count.min(PLACES_MAX);
            let before = self.space(space);
            let place = Head { sequence: before.sequence + 1, ..before };
            self.begin(Timestamp::EPOCH);
            if !self.chunk.push_erased(space, place, places as u32) {
                self.finish_chunk()?;
                self.begin(Timestamp::EPOCH);
                self.chunk.push_erased(space, place, places as u32);
            }
            let sequence = before.sequence + places;
            self.spaces.insert(space, Head { slot: self.chunk.slot(), sequence });
            count -= places;
            if places == PLACES_MAX {
                self.finish_chunk()?;
            }
        }
        Ok(())
    }

    fn space(&self, space: SpaceId) -> Head {
        self.spaces.get(&space).copied().unwrap_or_default()
    }

    fn begin(&mut self, time: Timestamp) {
        if !self.is_begun {
            self.chunk.begin(self.next, time);
            self.is_begun = true;
        }
    }

    fn finish_chunk(&mut self) -> Result<(), StoreError> {
        if !self.is_begun {
            return Ok(());
        }
        self.last_slot = self.chunk.slot();
        self.next = self.chunk.finish(&mut self.values);
        self.is_begun = false;
        self.target.write_log(&mut self.values)?;
        for (&space, &head) in &self.spaces {
            self.index.apply_one(self.hasher.space(space), head);
        }
        self.index.begin_checkpoint(self.end());
        self.index.finish(self.target)?;
        self.chunks += 1;
        if self.chunks.is_multiple_of(FLUSH_CHUNKS) {
            self.target.flush()?;
        }
        Ok(())
    }

    const fn end(&self) -> Extent {
        let ChunkStart { slot, first, previous, .. } = self.next;
        Extent { slot, position: first - 1, crc: previous }
    }

    /// Completes the log; where it ends, and the slot of its last chunk.
    pub(super) fn finish(mut self) -> Result<(Extent, u64), StoreError> {
        self.finish_chunk()?;
        self.index.write_manifest(self.target)?;
        self.target.flush()?;
        Ok((self.end(), self.last_slot))
    }
}
