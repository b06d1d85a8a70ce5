//! A commit: jobs are checked against the heads and packed into chunks; nothing is written here.
//!
//! A batch that does not fit leaves no trace; the others of the same commit go on.

use fsm_core::journal::{AppendError, Batch, Committed, MachineKey, Position, Sequence, SpaceId};
use sled::IVec;

use super::chunk::{ChunkStart, ChunkWriter, Draft};
use super::error::unknown;
use super::heads::{Head, Heads, NameHasher};
use super::index::Index;
use super::layout::{RECORD_BYTES_MAX, RECORD_OVERHEAD_BYTES};
use super::manifest::Extent;
use super::meta::Schemas;
use super::shared::Shared;
use super::spaces::SpaceTable;
use super::store::Store;

/// Gathers one commit at a time.
#[derive(Debug)]
pub(super) struct Commit {
    hasher: NameHasher,
    chunk: ChunkWriter,
    /// Whether `chunk` is begun.
    open: bool,
    /// Where the next chunk starts; the position counts while `open`.
    next: ChunkStart,
    /// Complete chunks.
    pub(super) values: Vec<(u64, IVec)>,
    /// Heads after this commit, of the machines in it.
    pub(super) heads: Heads,
    /// Heads after this commit, of the spaces in it.
    spaces: foldhash::HashMap<SpaceId, Head>,
    pub(super) records: u64,
    /// The slot of the last chunk.
    last_slot: u64,
    /// Of the batch being checked: the hash of each record's machine.
    hashes: Vec<u128>,
    /// Of the batch being checked: the heads it changed, as they were; `None` if not there.
    undo: Vec<(u128, Option<Head>)>,
}

/// What a commit is checked against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    pub(super) shared: &'a Shared,
    pub(super) store: &'a Store,
    pub(super) index: &'a Index,
    pub(super) schemas: &'a Schemas,
    pub(super) spaces: &'a SpaceTable,
}

impl Commit {
    /// The first commit behind `end`, where `last_slot` is the slot of the last chunk.
    pub(super) fn new(hasher: NameHasher, end: Extent, last_slot: u64, epoch: u32) -> Self {
        Self {
            hasher,
            chunk: ChunkWriter::new(),
            open: false,
            next: ChunkStart { slot: end.slot, first: end.position + 1, previous: end.crc, epoch },
            values: Vec::new(),
            heads: Heads::default(),
            spaces: foldhash::HashMap::default(),
            records: 0,
            last_slot,
            hashes: Vec::new(),
            undo: Vec::new(),
        }
    }

    /// Adds a batch, if every record of it follows its machine's last one.
    pub(super) fn add(
        &mut self,
        batch: &Batch,
        ground: Ground<'_>,
    ) -> Result<Committed, AppendError> {
        if let Err(error) = self.check(batch, ground) {
            batch.break_chain();
            for (hash, head) in self.undo.drain(..).rev() {
                match head {
                    Some(head) => self.heads.insert(hash, head),
                    None => self.heads.remove(&hash),
                };
            }
            return Err(error);
        }
        let first = self.next.first + u64::from(if self.open { self.chunk.count() } else { 0 });
        self.pack(batch, ground)?;
        self.records += batch.len() as u64;
        let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        Ok(Committed { first: Position(first), count })
    }

    /// The head that a machine has with what was gathered so far.
    #[inline]
    fn head(&mut self, hash: u128, ground: Ground<'_>) -> Result<(Head, bool), AppendError> {
        if let Some(&head) = self.heads.get(&hash) {
            return Ok((head, true));
        }
        let found = ground.index.find(ground.store, hash);
        let found = found.map_err(|error| unknown(&ground.shared.noted(error)))?;
        Ok((found.unwrap_or_default(), false))
    }

    fn check(&mut self, batch: &Batch, ground: Ground<'_>) -> Result<(), AppendError> {
        self.hashes.clear();
        self.undo.clear();
        if batch.is_broken() {
            return Err(AppendError::Broken);
        }
        for (record, payload) in batch.records() {
            let machine = &record.machine;
            if ground.schemas.kind_of(record.schema) != Some(machine.kind) {
                return Err(AppendError::UnknownSchema { machine: machine.clone() });
            }
            if !ground.spaces.has(machine.space) {
                return Err(AppendError::UnknownSpace { machine: machine.clone() });
            }
            let bytes = record.bytes(payload) + RECORD_OVERHEAD_BYTES;
            if bytes > RECORD_BYTES_MAX {
                return Err(too_large(machine, bytes));
            }
            let hash = self.hasher.machine(machine);
            let (head, gathered) = self.head(hash, ground)?;
            if head.sequence.checked_add(1) != Some(record.sequence.0) {
                return Err(AppendError::Conflict {
                    machine: machine.clone(),
                    expected: record.sequence,
                    actual: Sequence(head.sequence),
                });
            }
            self.undo.push((hash, gathered.then_some(head)));
            self.heads.insert(hash, Head { slot: head.slot, sequence: record.sequence.0 });
            self.hashes.push(hash);
        }
        Ok(())
    }

    /// Writes the batch into chunks. It was checked.
    fn pack(&mut self, batch: &Batch, ground: Ground<'_>) -> Result<(), AppendError> {
        for (at, (record, payload)) in batch.records().enumerate() {
            let before = self.space(record.machine.space, ground)?;
            let space = Head { sequence: before.sequence + 1, ..before };
            let hash = self.hashes[at];
            if !self.open {
                self.chunk.begin(self.next, record.time);
                self.open = true;
            }
            let head = self.heads.entry(hash).or_default();
            let draft = Draft::of(record, payload);
            if !self.chunk.push(&draft, space, head.slot) {
                self.last_slot = self.chunk.slot();
                self.next = self.chunk.finish(&mut self.values);
                self.chunk.begin(self.next, record.time);
                // The first record of a chunk always fits.
                self.chunk.push(&draft, space, head.slot);
            }
            head.slot = self.chunk.slot();
            self.spaces.insert(record.machine.space, Head { slot: head.slot, ..space });
        }
        Ok(())
    }

    /// The last record of a space.
    #[inline]
    fn space(&mut self, space: SpaceId, ground: Ground<'_>) -> Result<Head, AppendError> {
        if let Some(&head) = self.spaces.get(&space) {
            return Ok(head);
        }
        let hash = self.hasher.space(space);
        Ok(self.head(hash, ground)?.0)
    }

    /// Completes the last chunk, and returns how far the log goes with this commit.
    pub(super) fn finish(&mut self) -> Extent {
        if self.open {
            self.last_slot = self.chunk.slot();
            self.next = self.chunk.finish(&mut self.values);
            self.open = false;
        }
        for (space, head) in self.spaces.drain() {
            self.heads.insert(self.hasher.space(space), head);
        }
        self.end()
    }

    /// How far the log goes.
    pub(super) const fn end(&self) -> Extent {
        Extent { slot: self.next.slot, position: self.next.first - 1, crc: self.next.previous }
    }

    /// The slot of the last chunk.
    pub(super) const fn last_slot(&self) -> u64 {
        self.last_slot
    }
}

fn too_large(machine: &MachineKey, bytes: usize) -> AppendError {
    AppendError::TooLarge { machine: machine.clone(), bytes, bytes_max: RECORD_BYTES_MAX }
}
