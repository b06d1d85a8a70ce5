//! The index: from a machine to its last record, without keeping every machine in memory.
//!
//! Heads that were touched since the last checkpoint are in memory. Every so many records they
//! are frozen, and written as a run in the commits that follow, a few blocks each; eight runs of
//! a level are merged into one of the next, just as slowly. It is derived: the log rebuilds it.

use std::sync::Arc;

use super::heads::{Head, Heads};
use super::manifest::{Extent, Manifest};
use super::run::{Entry, Run};
use super::store::{Store, StoreError};

/// So many runs of one level become one of the next.
pub(super) const FAN_IN: usize = 8;
/// What a commit writes of the index at least, and a block more for so many records.
const STEP_BLOCKS: u64 = 2;
const CHECKPOINT_RECORDS_PER_BLOCK: u64 = 32;
const MERGE_RECORDS_PER_BLOCK: u64 = 16;

/// The heads of all machines.
#[derive(Debug)]
pub(super) struct Index {
    manifest: Manifest,
    /// Heads since the last checkpoint began.
    recent: Heads,
    /// Heads of the last checkpoint, sorted: being written, or kept because they are warm.
    frozen: Arc<Vec<Entry>>,
    checkpoint: Option<Checkpoint>,
    merge: Option<Merge>,
    /// Records in `recent`.
    records: u64,
    interval: u64,
}

#[derive(Debug)]
struct Checkpoint {
    run: Run,
    covered: Extent,
    next_block: u32,
    /// The first entry that is not written.
    next_entry: usize,
}

#[derive(Debug)]
struct Merge {
    inputs: Vec<Run>,
    output: Run,
    next_block: u32,
}

impl Index {
    pub(super) fn new(manifest: Manifest, interval: u64) -> Self {
        Self {
            manifest,
            recent: Heads::default(),
            frozen: Arc::default(),
            checkpoint: None,
            merge: None,
            records: 0,
            interval: interval.max(1),
        }
    }

    /// How far the runs go; what is behind is in memory.
    pub(super) const fn covered(&self) -> Extent {
        self.manifest.covered
    }

    /// How many runs there are.
    pub(super) const fn runs(&self) -> usize {
        self.manifest.runs.len()
    }

    /// The machine's last record; `None` if it has none.
    #[inline]
    pub(super) fn find(&self, store: &Store, hash: u128) -> Result<Option<Head>, StoreError> {
        if let Some(&head) = self.recent.get(&hash) {
            return Ok(Some(head));
        }
        self.find_older(store, hash)
    }

    fn find_older(&self, store: &Store, hash: u128) -> Result<Option<Head>, StoreError> {
        if let Ok(at) = self.frozen.binary_search_by_key(&hash, |&(hash, _)| hash) {
            return Ok(Some(self.frozen[at].1));
        }
        for run in &self.manifest.runs {
            if let Some(head) = run.find(store, hash)? {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// Takes in the heads of what became durable.
    pub(super) fn apply(&mut self, heads: &mut Heads, records: u64) {
        self.recent.extend(heads.drain());
        self.records += records;
    }

    /// Takes in one head, when the log is read.
    pub(super) fn apply_one(&mut self, hash: u128, head: Head) {
        self.recent.insert(hash, head);
    }

    /// The head of a machine that was touched since the last checkpoint.
    pub(super) fn recent(&self, hash: u128) -> Option<Head> {
        self.recent.get(&hash).copied()
    }

    /// Counts records whose heads were taken in one by one.
    pub(super) const fn add_records(&mut self, count: u64) {
        self.records += count;
    }

    /// Begins a checkpoint if one is due and the last one is done. `extent` is what was taken in.
    pub(super) fn begin_checkpoint(&mut self, extent: Extent) {
        if self.records < self.interval || self.checkpoint.is_some() || self.recent.is_empty() {
            return;
        }
        let mut entries: Vec<Entry> = self.recent.drain().collect();
        entries.sort_unstable_by_key(|&(hash, _)| hash);
        self.records = 0;
        let run = Run { id: self.new_run(), level: 0, bits: Run::bits_for(entries.len()) };
        self.frozen = Arc::new(entries);
        self.checkpoint = Some(Checkpoint { run, covered: extent, next_block: 0, next_entry: 0 });
    }

    /// Whether there is work for [`step`](Self::step).
    pub(super) fn is_busy(&self) -> bool {
        self.checkpoint.is_some() || self.merge.is_some() || !self.manifest.dead.is_empty()
    }

    /// Does a bounded part of what is to be written, as part of a commit of `records` records.
    pub(super) fn step(&mut self, store: &Store, records: u64) -> Result<(), StoreError> {
        if self.checkpoint.is_some() {
            self.step_checkpoint(store, STEP_BLOCKS + records / CHECKPOINT_RECORDS_PER_BLOCK)?;
        }
        let blocks = STEP_BLOCKS + records / MERGE_RECORDS_PER_BLOCK;
        if self.merge.is_some() {
            self.step_merge(store, blocks)
        } else if self.manifest.dead.is_empty() {
            self.begin_merge();
            Ok(())
        } else {
            self.remove_dead(store, blocks)
        }
    }

    fn new_run(&mut self) -> u64 {
        let id = self.manifest.next_run;
        self.manifest.next_run += 1;
        id
    }

    fn step_checkpoint(&mut self, store: &Store, blocks: u64) -> Result<(), StoreError> {
        let Some(task) = &mut self.checkpoint else { return Ok(()) };
        for _ in 0..blocks {
            if task.next_block == task.run.blocks() {
                break;
            }
            let rest = &self.frozen[task.next_entry..];
            let count =
                rest.partition_point(|&(hash, _)| task.run.block_of(hash) <= task.next_block);
            task.run.write(store, task.next_block, &rest[..count])?;
            task.next_entry += count;
            task.next_block += 1;
        }
        if task.next_block == task.run.blocks() {
            let (run, covered) = (task.run, task.covered);
            self.checkpoint = None;
            self.manifest.runs.insert(0, run);
            self.manifest.covered = covered;
            self.write_manifest(store)?;
        }
        Ok(())
    }

    /// Runs of the lowest level that has too many; they follow each other in age.
    fn begin_merge(&mut self) {
        let runs = &self.manifest.runs;
        let crowded = runs
            .iter()
            .map(|run| run.level)
            .find(|&level| runs.iter().filter(|run| run.level == level).count() >= FAN_IN);
        let Some(level) = crowded else { return };
        let inputs: Vec<Run> = runs.iter().filter(|run| run.level == level).copied().collect();
        let blocks: usize = inputs.iter().map(|run| run.blocks() as usize).sum();
        let most = inputs.iter().map(|run| run.bits).max().unwrap_or(0);
        let bits = (blocks.next_power_of_two().trailing_zeros() as u8).clamp(most, 31);
        let output = Run { id: self.new_run(), level: level + 1, bits };
        self.merge = Some(Merge { inputs, output, next_block: 0 });
    }

    fn step_merge(&mut self, store: &Store, blocks: u64) -> Result<(), StoreError> {
        let Some(task) = &mut self.merge else { return Ok(()) };
        for _ in 0..blocks {
            if task.next_block == task.output.blocks() {
                break;
            }
            let entries = task.block(store)?;
            task.output.write(store, task.next_block, &entries)?;
            task.next_block += 1;
        }
        if task.next_block == task.output.blocks() {
            let output = task.output;
            let inputs: Vec<u64> = task.inputs.iter().map(|run| run.id).collect();
            self.merge = None;
            let runs = &mut self.manifest.runs;
            // The output is as old as its inputs: it takes the place of the newest of them.
            let at = runs.iter().position(|run| inputs.contains(&run.id)).unwrap_or(runs.len());
            runs.insert(at, output);
            runs.retain(|run| !inputs.contains(&run.id));
            self.manifest.dead.extend(inputs);
            self.write_manifest(store)?;
        }
        Ok(())
    }

    fn remove_dead(&mut self, store: &Store, blocks: u64) -> Result<(), StoreError> {
        let Some(&id) = self.manifest.dead.last() else { return Ok(()) };
        let range = Run::key(id, 0)..=Run::key(id, u32::MAX);
        let mut left = false;
        super::store::guarded("remove a run of the index", || {
            let keys = store.index.range(range).keys().take(blocks as usize);
            let keys = keys.collect::<sled::Result<Vec<_>>>()?;
            left = keys.len() as u64 == blocks;
            keys.into_iter().try_for_each(|key| store.index.remove(key).map(|_| ()))
        })?;
        if !left {
            self.manifest.dead.pop();
            self.write_manifest(store)?;
        }
        Ok(())
    }

    /// Writes the manifest, in which half-written runs are dead: who opens it removes them.
    pub(super) fn write_manifest(&self, store: &Store) -> Result<(), StoreError> {
        let mut manifest = self.manifest.clone();
        manifest.dead.extend(self.checkpoint.as_ref().map(|task| task.run.id));
        manifest.dead.extend(self.merge.as_ref().map(|task| task.output.id));
        manifest.write(store)
    }

    /// Completes what was begun, however long it takes.
    pub(super) fn finish(&mut self, store: &Store) -> Result<(), StoreError> {
        while self.checkpoint.is_some() || self.merge.is_some() {
            self.step(store, u64::from(u16::MAX))?;
        }
        Ok(())
    }
}

impl Merge {
    /// The entries of the next block: of each machine the newest.
    fn block(&self, store: &Store) -> Result<Vec<Entry>, StoreError> {
        let mut entries: Vec<Entry> = Vec::new();
        for run in &self.inputs {
            let shift = self.output.bits - run.bits;
            let read = run.read(store, self.next_block >> shift)?;
            let wanted = |hash| self.output.block_of(hash) == self.next_block;
            entries.extend(read.into_iter().filter(|&(hash, _)| wanted(hash)));
        }
        // Stable, and the newest run came first.
        entries.sort_by_key(|&(hash, _)| hash);
        entries.dedup_by_key(|&mut (hash, _)| hash);
        Ok(entries)
    }
}
