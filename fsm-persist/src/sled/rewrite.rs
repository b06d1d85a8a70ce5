//! Rewriting chunks: without records that are erased, and several small ones as one.
//!
//! A rewritten chunk has the slots, positions and space sequences of what it replaces, and hands on
//! the checksum that the chunk behind it knows; it never takes more values. So everything that
//! points into the log still finds what it pointed to.

use fsm_core::Timestamp;
use fsm_core::journal::SpaceId;
use sled::IVec;

use super::chunk::{ChunkStart, ChunkWriter, Draft, Replaced};
use super::heads::Head;
use super::scan::{Chunk, Entry, Gap, Item};
use super::store::{Place, Store, StoreError};
use super::varint::Malformed;

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Kept,
    /// It stays, and nothing of its machine is before it.
    First,
    /// It goes.
    Erased,
}

/// Copies chunks that follow each other into one.
#[derive(Debug)]
pub(super) struct Rewriter {
    writer: ChunkWriter,
    values: Vec<(u64, IVec)>,
    first: Option<ChunkStart>,
    replaced: Replaced,
    gap: Option<Places>,
    /// How many chunks were copied.
    chunks: usize,
}

/// The places of erased records that follow each other in one space.
#[derive(Clone, Copy, Debug)]
struct Places {
    space: SpaceId,
    /// The space sequence of the first, and the slot with the space's record before.
    place: Head,
    count: u32,
}

impl Rewriter {
    pub(super) fn new() -> Self {
        Self {
            writer: ChunkWriter::new(),
            values: Vec::new(),
            first: None,
            replaced: Replaced { slots: 0, link: 0 },
            gap: None,
            chunks: 0,
        }
    }

    /// How many chunks were copied since it was last written.
    pub(super) const fn chunks(&self) -> usize {
        self.chunks
    }

    /// Copies a chunk behind those that were copied, with what `fate` says of its records. `false`,
    /// and nothing was copied, if it does not fit.
    pub(super) fn copy(
        &mut self,
        chunk: &Chunk,
        mut fate: impl FnMut(&Entry<'_>) -> Fate,
    ) -> Result<bool, StoreError> {
        let header = chunk.header();
        let damaged = |why| StoreError::Damaged { slot: header.slot, why };
        let first = *self.first.get_or_insert_with(|| {
            let (slot, first, previous) = (header.slot, header.first, header.previous);
            let start = ChunkStart { slot, first, previous, epoch: header.epoch };
            self.writer.begin(start, Timestamp::from_micros(header.time));
            start
        });
        let Some(slots) = self.replaced.slots.checked_add(header.slots) else { return Ok(false) };
        let before = self.writer.mark();
        let mut items = chunk.entries();
        let copying = Copying { slot: chunk.slot(), first: first.slot };
        while let Some(item) = items.next_item() {
            let fits = match item.map_err(damaged)? {
                Item::Gap(gap) => {
                    let place = copying.space(gap.space_sequence, gap.space_back);
                    self.erase(gap.space, place, gap.count)
                }
                Item::Record(entry) => match fate(&entry) {
                    Fate::Erased => {
                        let place = copying.space(entry.space_sequence, entry.space_back);
                        self.erase(entry.space, place, 1)
                    }
                    fate => self.keep(&entry, copying, fate == Fate::First),
                },
            };
            if !fits {
                self.gap = None;
                self.writer.restore(before);
                return Ok(false);
            }
        }
        if !self.close_gap() {
            self.writer.restore(before);
            return Ok(false);
        }
        self.chunks += 1;
        self.replaced = Replaced { slots, link: header.link };
        Ok(true)
    }

    fn keep(&mut self, entry: &Entry<'_>, copying: Copying, is_first: bool) -> bool {
        let back = if is_first { copying.first } else { copying.back(entry.back) };
        let space = copying.space(entry.space_sequence, entry.space_back);
        self.close_gap() && self.writer.push(&Draft::from(entry), space, back)
    }

    fn erase(&mut self, space: SpaceId, place: Head, count: u32) -> bool {
        match &mut self.gap {
            Some(gap) if gap.space == space => gap.count += count,
            _ => {
                if !self.close_gap() {
                    return false;
                }
                self.gap = Some(Places { space, place, count });
            }
        }
        true
    }

    fn close_gap(&mut self) -> bool {
        let Some(Places { space, place, count }) = self.gap.take() else { return true };
        self.writer.push_erased(space, place, count)
    }

    /// Puts what was copied in the place of what it was copied from.
    pub(super) fn replace(&mut self, store: &Store, place: Place) -> Result<(), StoreError> {
        let Some(first) = self.first.take() else { return Ok(()) };
        let fits = self.writer.finish_rewritten(self.replaced, &mut self.values);
        self.clear();
        match place {
            Place::Log if fits => store.write_log(&mut self.values),
            Place::Packed(number) if fits => match self.values.drain(..).next() {
                Some((_, value)) => store.packed.replace(number, value),
                None => Ok(()),
            },
            _ => {
                self.values.clear();
                let why = "it would not fit into its slots any more";
                Err(StoreError::Damaged { slot: first.slot, why })
            }
        }
    }

    /// Puts what was copied, which is in the log, among the merged chunks.
    pub(super) fn pack(&mut self, store: &Store) -> Result<(), StoreError> {
        let Some(first) = self.first.take() else { return Ok(()) };
        let slots = first.slot..first.slot + u64::from(self.replaced.slots);
        self.writer.finish_rewritten(self.replaced, &mut self.values);
        self.clear();
        let Some((_, value)) = self.values.drain(..).next() else { return Ok(()) };
        // In this order: whoever reads, or opens it after a crash in between, finds one or both.
        store.packed.push(value)?;
        store.remove(slots)
    }

    /// Forgets what was copied.
    pub(super) fn clear(&mut self) {
        self.first = None;
        self.replaced = Replaced { slots: 0, link: 0 };
        self.gap = None;
        self.chunks = 0;
    }
}

/// From where to where a chunk is copied.
#[derive(Clone, Copy, Debug)]
struct Copying {
    slot: u64,
    first: u64,
}

impl Copying {
    /// The slot that was so many slots further back; nothing in what is being written is.
    fn back(self, back: u64) -> u64 {
        if back == 0 { self.first } else { self.slot.saturating_sub(back).min(self.first) }
    }

    fn space(self, sequence: u64, back: u64) -> Head {
        Head { slot: self.back(back), sequence }
    }
}

impl<'a> From<&Entry<'a>> for Draft<'a> {
    fn from(entry: &Entry<'a>) -> Self {
        Self {
            space: entry.space,
            schema: entry.schema,
            id: entry.id,
            sequence: entry.sequence,
            time: entry.time,
            fact: entry.fact,
            payload: entry.payload,
            metadata: entry.metadata,
        }
    }
}

/// Says of a gap or a record where its space was before.
pub(super) fn space_back(item: &Item<'_>, space: SpaceId) -> Option<u64> {
    match item {
        Item::Record(Entry { space: of, space_back, .. })
        | Item::Gap(Gap { space: of, space_back, .. }) => (*of == space).then_some(*space_back),
    }
}

/// Where the walk back through the chunks of one machine or space goes on.
pub(super) fn earlier(
    chunk: &Chunk,
    mut back: impl FnMut(&Item<'_>) -> Option<u64>,
) -> Result<Option<u64>, Malformed> {
    let mut items = chunk.entries();
    while let Some(item) = items.next_item() {
        if let Some(back) = back(&item?) {
            return Ok((back > 0).then(|| chunk.slot().saturating_sub(back)));
        }
    }
    Ok(None)
}
