//! Reading one space's records, without reading those of others: back from its head along the
//! chunks that have some, then forward.

use std::sync::Arc;

use fsm_core::journal::{ReadError, Record, Sequence, SpaceId};

use super::erasure::Erasures;
use super::error::{damaged, unreadable};
use super::heads::Head;
use super::scan::{Chunk, Gap, Item};
use super::shared::Shared;
use super::store::Store;
use super::trail::Trail;

/// Reads a space's records from the space sequence `from` on.
pub(super) fn read_space(
    shared: &Shared,
    space: SpaceId,
    from: Sequence,
    limit: usize,
) -> Result<Vec<Record>, ReadError> {
    let guard = shared.store();
    let store = guard.as_ref().ok_or(ReadError::Closed)?;
    shared.steadily(|| {
        let hash = shared.hasher().space(space);
        let head = head(shared, store, space)?;
        let from = from.0.max(1);
        if head.sequence < from || limit == 0 {
            return Ok(Vec::new());
        }
        let reading = Reading { shared, store, space, erasures: &shared.erasures() };
        let known = shared.trails.find(hash, from);
        let trail = Arc::new(reading.back(head, from, known.as_deref())?);
        let records = reading.along(&trail, from, limit, head.sequence)?;
        shared.trails.keep(hash, trail);
        Ok(records)
    })
}

/// The last record of a space; one with sequence 0 if it has none.
pub(super) fn head(shared: &Shared, store: &Store, space: SpaceId) -> Result<Head, ReadError> {
    let hash = shared.hasher().space(space);
    let head = shared.index().find(store, hash);
    let head = head.map_err(|error| unreadable(shared.noted(error), shared.position(), None))?;
    Ok(head.unwrap_or_default())
}

/// The way through the chunks of one space.
#[derive(Clone, Copy, Debug)]
struct Reading<'a> {
    shared: &'a Shared,
    store: &'a Store,
    space: SpaceId,
    erasures: &'a Erasures,
}

/// Where a space is in a chunk.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// The space sequence of its first place there.
    first: u64,
    /// How many slots before the chunk's it was before.
    back: u64,
}

impl Reading<'_> {
    /// Goes back from the head to the chunk with `from`, or to the end of the trail that is known;
    /// the trail there.
    fn back(&self, head: Head, from: u64, known: Option<&Trail>) -> Result<Trail, ReadError> {
        let mut trail = Vec::new();
        let joint = known.and_then(|known| known.last().copied());
        let mut slot = head.slot;
        loop {
            let chunk = self.chunk(slot)?;
            let part = self.part(&chunk)?;
            let step = (part.first, chunk.slot());
            if joint == Some(step) {
                trail.reverse();
                return Ok([known.map_or(&[][..], Vec::as_slice), &trail].concat());
            }
            trail.push(step);
            if part.first <= from {
                trail.reverse();
                return Ok(trail);
            }
            let before = chunk.slot().checked_sub(part.back).filter(|&before| before < slot);
            slot = before.filter(|_| part.back > 0).ok_or_else(|| {
                let why = format!("{} points to no earlier chunk", self.space);
                damaged(chunk.header().first, None, why)
            })?;
        }
    }

    /// Goes forward along a trail.
    fn along(
        &self,
        trail: &Trail,
        from: u64,
        limit: usize,
        last: u64,
    ) -> Result<Vec<Record>, ReadError> {
        let start = trail.partition_point(|&(first, _)| first <= from).saturating_sub(1);
        let mut records = Vec::new();
        // The sequence that is to come: a chunk that was merged since begins earlier.
        let mut next = trail.get(start).map_or(from, |&(first, _)| first);
        for &(_, slot) in &trail[start..] {
            if records.len() >= limit {
                break;
            }
            let chunk = self.chunk(slot)?;
            next = self.take(&chunk, (next, from, last), limit, &mut records)?;
        }
        Ok(records)
    }

    fn take(
        &self,
        chunk: &Chunk,
        (mut next, from, last): (u64, u64, u64),
        limit: usize,
        records: &mut Vec<Record>,
    ) -> Result<u64, ReadError> {
        let at = chunk.header().first;
        let mut items = chunk.entries();
        while let Some(item) = items.next_item() {
            let item = item.map_err(|why| damaged(at, None, why))?;
            let (space, sequence, count) = place(&item);
            let end = sequence + count;
            if space != self.space || sequence > last || end <= next {
                continue;
            }
            if sequence > next {
                let why = format!("{} has {sequence} where {next} was to come", self.space);
                return Err(damaged(at, None, why));
            }
            let Item::Record(entry) = item else {
                next = end;
                continue;
            };
            if records.len() >= limit {
                break;
            }
            next = end;
            let kind = self.shared.schemas().kind_of(entry.schema);
            if sequence < from || self.erasures.cover(&entry, kind) {
                continue;
            }
            let kind =
                kind.ok_or_else(|| damaged(entry.position, None, "its schema is not known"))?;
            let record = chunk.record(&entry, kind);
            records.push(record.map_err(|why| damaged(entry.position, None, why))?);
        }
        Ok(next)
    }

    fn part(&self, chunk: &Chunk) -> Result<Part, ReadError> {
        let at = chunk.header().first;
        let mut items = chunk.entries();
        while let Some(item) = items.next_item() {
            let item = item.map_err(|why| damaged(at, None, why))?;
            let (space, first, _) = place(&item);
            if space == self.space {
                let back = match item {
                    Item::Record(entry) => entry.space_back,
                    Item::Gap(Gap { space_back, .. }) => space_back,
                };
                return Ok(Part { first, back });
            }
        }
        let why = format!("slot {} has nothing of {}", chunk.slot(), self.space);
        Err(damaged(at, None, why))
    }

    fn chunk(&self, slot: u64) -> Result<Chunk, ReadError> {
        let chunk = self.store.chunk(slot);
        chunk.map_err(|error| unreadable(error, self.shared.position(), None))
    }
}

/// The space of an item, its space sequence, and how many it takes.
const fn place(item: &Item<'_>) -> (SpaceId, u64, u64) {
    match item {
        Item::Record(entry) => (entry.space, entry.space_sequence, 1),
        Item::Gap(gap) => (gap.space, gap.space_sequence, gap.count as u64),
    }
}
