//! The writer's long tasks: erasing records, and merging small chunks. Each is done in steps, so
//! that appending goes on.

use super::change::{Changed, Task};
use super::erasure::{Erasure, Target};
use super::heads::Head;
use super::layout::VALUE_BYTES_MAX;
use super::rewrite::{Fate, Rewriter, earlier, space_back};
use super::scan::{Chunk, Item};
use super::shared::Shared;
use super::snapshot;
use super::store::{Store, StoreError};

/// Slots at the end of the log that are not merged: sled still works on their leaves.
const HOT_SLOTS: u64 = 64;
/// So many slots may wait to be looked at while the writer is busy. Many are merged in one go: what
/// sled keeps together then is garbage together, and its file stays small.
const WAITING_SLOTS_MAX: u64 = 16 * 1024;

/// What is to be done when there is time.
#[derive(Debug)]
pub(super) struct Tasks {
    erasing: Vec<Erasing>,
    rewriter: Rewriter,
    /// The slot from which on chunks were not looked at for merging.
    merged: u64,
    /// The slot of the next chunk to be looked at; those before it are copied.
    next: u64,
    /// Whether somebody waits until everything is merged.
    merging_all: bool,
    /// Whether too many slots waited, and not all are merged yet.
    catching_up: bool,
}

/// An erasure at work.
#[derive(Debug)]
struct Erasing {
    number: u32,
    erasure: Erasure,
    way: Way,
    erased: u64,
}

/// Where the next chunk is found.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Back along the records; `None` at the first.
    Back(Option<u64>),
    /// Through all chunks: how far others have come is not known after a restart.
    Through(u64),
}

impl Tasks {
    /// The tasks of a journal that was just opened: erasures that were cut short, and merging from
    /// this slot on.
    pub(super) fn resumed(erasures: &[(u32, Erasure)], merged: u64) -> Self {
        let erasing = erasures.iter().map(|(number, erasure)| Erasing {
            number: *number,
            erasure: erasure.clone(),
            way: Way::Through(0),
            erased: 0,
        });
        Self {
            erasing: erasing.collect(),
            rewriter: Rewriter::new(),
            merged,
            next: merged,
            merging_all: false,
            catching_up: false,
        }
    }

    pub(super) fn erase(&mut self, number: u32, erasure: Erasure, head: Head) {
        let way = Way::Back((head.sequence > 0).then_some(head.slot));
        self.erasing.push(Erasing { number, erasure, way, erased: 0 });
    }

    pub(super) const fn merge_all(&mut self) {
        self.merging_all = true;
    }

    /// From which slot on merging goes on.
    pub(super) const fn merged(&self) -> u64 {
        self.merged
    }

    /// A commit wrote the chunks from one slot to another, of so many bytes: if they are full, and
    /// everything before is merged, there is nothing to look at.
    pub(super) fn committed(&mut self, from: u64, to: u64, bytes: usize) {
        let full = (to - from).saturating_mul(VALUE_BYTES_MAX as u64 / 2);
        if self.next == from && self.merged == from && bytes as u64 >= full && !self.merging_all {
            (self.merged, self.next) = (to, to);
        }
    }

    /// Whether there is something to do now: if the writer is `idle`, whatever there is.
    pub(super) fn is_due(&self, end: u64, idle: bool) -> bool {
        let waiting = end.saturating_sub(self.merged);
        let merge = if idle { waiting > 4 * HOT_SLOTS } else { waiting > WAITING_SLOTS_MAX };
        !self.erasing.is_empty() || self.merging_all || self.catching_up || merge
    }

    /// Does a part of what there is to do: looks at so many chunks. `end` is the slot behind the
    /// log.
    pub(super) fn step(
        &mut self,
        shared: &Shared,
        store: &Store,
        end: u64,
        chunks: usize,
    ) -> Result<Option<(Task, Changed)>, StoreError> {
        if let Some(mut erasing) = self.erasing.pop() {
            // What was copied may be what is to be erased.
            self.rewriter.clear();
            self.next = self.merged;
            for _ in 0..chunks {
                if !erasing.step(shared, store, &mut self.rewriter, end)? {
                    let task = Task::Erase(erasing.number);
                    return Ok(Some((task, Changed::Erased(erasing.erased))));
                }
            }
            self.erasing.push(erasing);
            return Ok(None);
        }
        // What was begun goes on to the end.
        self.catching_up |= end.saturating_sub(self.merged) > WAITING_SLOTS_MAX;
        let whole = self.merge(shared, store, end.saturating_sub(HOT_SLOTS), chunks)?;
        self.catching_up &= !whole;
        let done = whole && std::mem::take(&mut self.merging_all);
        Ok(done.then_some((Task::Merge, Changed::Done)))
    }

    /// Merges chunks that follow each other and fit into one value together. Says whether there
    /// are no more.
    fn merge(
        &mut self,
        shared: &Shared,
        store: &Store,
        end: u64,
        chunks: usize,
    ) -> Result<bool, StoreError> {
        for _ in 0..chunks {
            if self.next >= end {
                self.put_merged(shared, store)?;
                return Ok(true);
            }
            let chunk = store.chunk(self.next)?;
            if self.rewriter.copy(&chunk, |_| Fate::Kept)? {
                self.next = chunk.header().next_slot();
            } else {
                self.put_merged(shared, store)?;
            }
        }
        Ok(false)
    }

    fn put_merged(&mut self, shared: &Shared, store: &Store) -> Result<(), StoreError> {
        if self.rewriter.chunks() > 1 {
            self.rewriter.pack(store)?;
            shared.rewritten();
        }
        self.rewriter.clear();
        self.merged = self.next;
        Ok(())
    }
}

impl Erasing {
    /// Erases what there is in the next chunk; `false` if there is no next one.
    fn step(
        &mut self,
        shared: &Shared,
        store: &Store,
        rewriter: &mut Rewriter,
        end: u64,
    ) -> Result<bool, StoreError> {
        let slot = match self.way {
            Way::Back(None) => return Ok(false),
            Way::Back(Some(slot)) => slot,
            Way::Through(slot) if slot >= end => return Ok(false),
            Way::Through(slot) => slot,
        };
        let chunk = store.chunk(slot)?;
        let erased = self.rewrite(shared, store, rewriter, &chunk)?;
        self.erased += erased;
        let header = chunk.header();
        self.way = match self.way {
            Way::Through(_) if header.first > self.erasure.up_to => Way::Through(end),
            Way::Through(_) => Way::Through(header.next_slot()),
            Way::Back(_) => Way::Back(self.earlier(shared, &chunk)?),
        };
        Ok(true)
    }

    fn rewrite(
        &self,
        shared: &Shared,
        store: &Store,
        rewriter: &mut Rewriter,
        chunk: &Chunk,
    ) -> Result<u64, StoreError> {
        let hasher = &mut shared.hasher();
        let (mut erased, mut changed) = (0, false);
        let mut machines = Vec::new();
        let copied = rewriter.copy(chunk, |entry| {
            let kind = shared.schemas().kind_of(entry.schema);
            if self.erasure.covers(entry, kind) {
                (erased, changed) = (erased + 1, true);
                if let (Target::Space(_), Some(kind)) = (&self.erasure.target, kind) {
                    machines.push(hasher.parts(kind, entry.space, entry.id));
                }
                return Fate::Erased;
            }
            let first = entry.back > 0 && self.erasure.begins_at(entry, kind);
            changed |= first;
            if first { Fate::First } else { Fate::Kept }
        });
        if changed && copied? {
            rewriter.replace(store, chunk.place())?;
            shared.rewritten();
        } else if changed {
            let why = "it would not fit any more without what is erased";
            return Err(StoreError::Damaged { slot: chunk.slot(), why });
        }
        rewriter.clear();
        machines.sort_unstable();
        machines.dedup();
        for machine in machines {
            snapshot::discard(store, machine, u64::MAX)?;
        }
        Ok(erased)
    }

    /// The slot with what is covered before this chunk.
    fn earlier(&self, shared: &Shared, chunk: &Chunk) -> Result<Option<u64>, StoreError> {
        let found = match &self.erasure.target {
            Target::Space(space) => {
                let space = fsm_core::journal::SpaceId(*space);
                earlier(chunk, |item| space_back(item, space))
            }
            Target::Machine { .. } => earlier(chunk, |item| {
                let Item::Record(entry) = item else { return None };
                let kind = shared.schemas().kind_of(entry.schema);
                self.erasure.concerns(entry, kind).then_some(entry.back)
            }),
        };
        found.map_err(|why| StoreError::Damaged { slot: chunk.slot(), why })
    }
}
