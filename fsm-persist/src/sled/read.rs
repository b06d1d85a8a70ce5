//! Reading: one machine's records, going back from its head; or all, going forward.
//!
//! Everything is checked on the way, also in release builds: checksums, the chain of chunks,
//! and that positions and sequences follow each other.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use fsm_core::journal::{Fact, MachineKey, Position, ReadError, Record, Sequence};

use super::erasure::Erasures;
use super::error::{damaged, unreadable};
use super::heads::Head;
use super::meta::Schemas;
use super::scan::{Chunk, Entry, Header};
use super::shared::Shared;
use super::store::{Store, StoreError};
use super::trail::Trail;

/// Where the last pages of all records ended: (position, slot), so that the next page need not
/// be searched for.
#[derive(Debug, Default)]
pub(super) struct PageEnds {
    recent: Mutex<Vec<(u64, u64)>>,
}

/// So many readers can page through at once without searching.
const PAGE_ENDS_MAX: usize = 32;

/// Room for as many records is made before they are read. More are only asked for by who has the
/// memory for them, and then the list grows as it goes.
const ROOM_RECORDS_MAX: usize = 4_096;

/// Reads all records from `from` on.
pub(super) fn read_all(
    shared: &Shared,
    ends: &PageEnds,
    from: Position,
    limit: usize,
) -> Result<Vec<Record>, ReadError> {
    let guard = shared.store();
    let store = guard.as_ref().ok_or(ReadError::Closed)?;
    shared.steadily(|| read_page(shared, store, ends, from, limit))
}

fn read_page(
    shared: &Shared,
    store: &Store,
    ends: &PageEnds,
    from: Position,
    limit: usize,
) -> Result<Vec<Record>, ReadError> {
    let (last, slots) = (shared.position(), shared.slot());
    let erasures = shared.erasures();
    let mut wanted = from.0.max(1);
    if wanted > last || limit == 0 {
        return Ok(Vec::new());
    }
    let there = usize::try_from(last - wanted + 1).unwrap_or(usize::MAX);
    let mut records = Vec::with_capacity(limit.min(there).min(ROOM_RECORDS_MAX));
    let mut slot = match ends.find(wanted) {
        Some(slot) => slot,
        None => search(store, slots, wanted)?,
    };
    let mut previous: Option<u32> = None;
    while wanted <= last && records.len() < limit {
        let chunk = store.chunk(slot).map_err(|error| unreadable(error, wanted, None))?;
        let header = *chunk.header();
        if !(header.first..header.end()).contains(&wanted) {
            return Err(damaged(wanted, None, format!("slot {slot} has {}..", header.first)));
        }
        // A chunk that was merged since the one before was read begins earlier.
        if header.first == wanted && previous.is_some_and(|link| link != header.previous) {
            return Err(damaged(wanted, None, "the chunk does not follow the one before it"));
        }
        let taking = Taking { shared, erasures: &erasures, last, limit };
        wanted = taking.all(&chunk, wanted, &mut records)?;
        previous = Some(header.link);
        if wanted == header.end() {
            slot = header.next_slot();
        }
    }
    ends.keep(wanted, slot);
    Ok(records)
}

/// Takes records out of chunks.
#[derive(Clone, Copy, Debug)]
struct Taking<'a> {
    shared: &'a Shared,
    erasures: &'a Erasures,
    last: u64,
    limit: usize,
}

impl Taking<'_> {
    /// Takes the records of one chunk from position `wanted` on, and returns the position behind
    /// the last.
    fn all(
        self,
        chunk: &Chunk,
        mut wanted: u64,
        records: &mut Vec<Record>,
    ) -> Result<u64, ReadError> {
        let schemas = self.shared.schemas();
        // Also the records that are not wanted are read, so that the chunk is checked to its end.
        for entry in chunk.entries() {
            let entry = entry.map_err(|why| damaged(wanted, None, why))?;
            if entry.position < wanted || records.len() >= self.limit || entry.position > self.last
            {
                continue;
            }
            wanted = entry.position + 1;
            let kind = schemas.kind_of(entry.schema);
            if self.erasures.cover(&entry, kind) {
                continue;
            }
            let kind = kind.ok_or_else(|| damaged(wanted, None, "its schema is not known"))?;
            records.push(chunk.record(&entry, kind).map_err(|why| damaged(wanted, None, why))?);
        }
        // What is left of it was erased.
        let is_done = records.len() < self.limit;
        Ok(if is_done { chunk.header().end().min(self.last + 1).max(wanted) } else { wanted })
    }
}

/// The slot of the chunk that a position is in. Chunks are sorted by position and by slot.
fn search(store: &Store, slots: u64, wanted: u64) -> Result<u64, ReadError> {
    let (mut low, mut high) = (0, slots);
    while low < high {
        let middle = u64::midpoint(low, high);
        let header = match store.header(middle) {
            Ok(Some(header)) => header,
            Ok(None) => {
                return Err(damaged(wanted, None, format!("slot {middle} is empty or missing")));
            }
            Err(error) => match beside(store, low, middle, high) {
                // Damage elsewhere does not keep what is wanted from being found.
                Some(header) => header,
                None => return Err(unreadable(error, wanted, None)),
            },
        };
        if wanted < header.first {
            high = header.slot.min(middle);
        } else if wanted >= header.end() {
            // Not before the middle, whatever a damaged header says: each step must narrow it.
            low = header.next_slot().max(middle + 1);
        } else {
            return Ok(header.slot);
        }
    }
    Err(damaged(wanted, None, "no chunk has it"))
}

/// A chunk that can be read, before or else behind one that cannot.
fn beside(store: &Store, low: u64, middle: u64, high: u64) -> Option<Header> {
    let readable = |slot| store.header(slot).ok().flatten();
    let before = (low..middle).rev().find_map(readable);
    before.or_else(|| (middle + 1..high).find_map(readable))
}

/// Reads one machine's records from `from` on.
pub(super) fn read_machine(
    shared: &Shared,
    machine: &MachineKey,
    from: Sequence,
    limit: usize,
) -> Result<Vec<Record>, ReadError> {
    let guard = shared.store();
    let store = guard.as_ref().ok_or(ReadError::Closed)?;
    if !shared.spaces().has(machine.space) {
        return Ok(Vec::new());
    }
    shared.steadily(|| read_history(shared, store, machine, from, limit))
}

/// The first of a machine's records from `from` on.
pub(super) fn first_record(
    shared: &Shared,
    store: &Store,
    machine: &MachineKey,
    from: Sequence,
) -> Result<Option<Record>, ReadError> {
    let records = shared.steadily(|| read_history(shared, store, machine, from, 1))?;
    Ok(records.into_iter().next())
}

/// Reads one machine's records, for whoever holds the database already.
pub(super) fn read_history(
    shared: &Shared,
    store: &Store,
    machine: &MachineKey,
    from: Sequence,
    limit: usize,
) -> Result<Vec<Record>, ReadError> {
    let hash = shared.hasher().machine(machine);
    let from = from.0.max(1);
    let to = from.saturating_add(limit as u64);
    // The lock is let go before the log is read, so that the writer is not held up.
    let head = shared.index().find(store, hash);
    let head =
        head.map_err(|error| unreadable(shared.noted(error), shared.position(), Some(machine)))?;
    let Some(head) = head.filter(|head| head.sequence >= from && limit > 0) else {
        return Ok(Vec::new());
    };
    let erasures = shared.erasures();
    let walk = Walk { shared, store, machine, erasures: &erasures };
    let known = shared.trails.find(hash, from).filter(|trail| ends_before(trail, head));
    let way =
        walk.back(head, from, to, known.as_deref().and_then(|trail| trail.last().copied()))?;
    if way.records.is_some() && way.begins > from {
        // What was before is trimmed: the first page begins here.
        return read_history(shared, store, machine, Sequence(way.begins), limit);
    }
    let trail = match known.filter(|_| way.joined) {
        None => Arc::new(way.trail),
        Some(known) if way.trail.len() == 1 => known,
        Some(known) => Arc::new([&known[..], &way.trail[1..]].concat()),
    };
    let records = match way.records {
        Some(records) => records,
        None => walk.along(&trail, from, to, head.sequence)?,
    };
    shared.trails.keep(hash, trail);
    Ok(records)
}

fn ends_before(trail: &Trail, head: Head) -> bool {
    trail.last().is_some_and(|&(first, _)| first <= head.sequence)
}

/// How a machine's records were found.
#[derive(Debug)]
struct Way {
    /// From the oldest chunk that was read to the head.
    trail: Trail,
    /// The sequence of the first record on it.
    begins: u64,
    /// Whether it goes on where the trail that was known ends; that trail's last step is its first.
    joined: bool,
    /// The records, if all of them were met on the way.
    records: Option<Vec<Record>>,
}

/// The way through one machine's history.
#[derive(Clone, Copy, Debug)]
struct Walk<'a> {
    shared: &'a Shared,
    store: &'a Store,
    machine: &'a MachineKey,
    erasures: &'a Erasures,
}

impl Walk<'_> {
    /// Goes back from the head to `from`, or to `joint`, the end of the trail that is known.
    fn back(
        &self,
        head: Head,
        from: u64,
        to: u64,
        joint: Option<(u64, u64)>,
    ) -> Result<Way, ReadError> {
        let mut trail = Vec::new();
        let mut records = Vec::new();
        let mut next = head;
        loop {
            let before = records.len();
            let first = self.chunk(next, from..to, &mut records)?;
            let step = (first.sequence, next.slot);
            trail.push(step);
            // The chunks come last to first, and so must the records of one until all are turned.
            records[before..].reverse();
            if first.sequence <= from || first.is_base {
                records.reverse();
                trail.reverse();
                let begins = first.sequence;
                return Ok(Way { trail, begins, joined: false, records: Some(records) });
            }
            if joint == Some(step) {
                trail.reverse();
                let begins = first.sequence;
                return Ok(Way { trail, begins, joined: true, records: None });
            }
            let slot = first.slot.checked_sub(first.back).filter(|&slot| slot < first.slot);
            let slot = slot.ok_or_else(|| {
                damaged(first.position, Some(self.machine), "it points to no earlier chunk")
            })?;
            next = Head { slot, sequence: first.sequence - 1 };
        }
    }

    /// Goes forward along a trail.
    fn along(
        &self,
        trail: &Trail,
        from: u64,
        to: u64,
        last: u64,
    ) -> Result<Vec<Record>, ReadError> {
        let start = trail.partition_point(|&(first, _)| first <= from).saturating_sub(1);
        let wanted = usize::try_from(to.min(last + 1).saturating_sub(from)).unwrap_or(usize::MAX);
        let mut records = Vec::with_capacity(wanted.min(ROOM_RECORDS_MAX));
        for (at, &(first, slot)) in trail.iter().enumerate().skip(start) {
            if first >= to {
                break;
            }
            let behind = trail.get(at + 1).map_or(last + 1, |&(next, _)| next);
            // One that was merged since has what the step before has given as well.
            let wanted = first.max(from)..to;
            self.chunk(Head { slot, sequence: behind - 1 }, wanted, &mut records)?;
        }
        Ok(records)
    }

    /// Looks at the machine's records in the chunk where its head `head` is; they must end with it.
    /// Adds those that are `wanted`, and returns where the first of all is.
    fn chunk(
        &self,
        head: Head,
        wanted: Range<u64>,
        records: &mut Vec<Record>,
    ) -> Result<Mark, ReadError> {
        let machine = Some(self.machine);
        let chunk = self.store.chunk(head.slot).map_err(|error| self.unreadable(error, head))?;
        let at = chunk.header().first;
        let schemas = self.shared.schemas();
        let mut first: Option<Mark> = None;
        let mut expected: Option<u64> = None;
        for entry in chunk.entries() {
            let entry = entry.map_err(|why| damaged(at, machine, why))?;
            // Later ones are of commits that this reader does not know of.
            if entry.sequence > head.sequence || !self.is_about(&entry, &schemas) {
                continue;
            }
            let kind = Some(self.machine.kind);
            if self.erasures.cover(&entry, kind) {
                continue;
            }
            if expected.is_some_and(|expected| expected != entry.sequence || entry.back != 0) {
                return Err(damaged(entry.position, machine, "its sequences are not dense"));
            }
            expected = Some(entry.sequence + 1);
            let trimmed = entry.back == 0 || self.erasures.begin_at(&entry, kind);
            first.get_or_insert(Mark {
                sequence: entry.sequence,
                slot: chunk.slot(),
                back: entry.back,
                position: entry.position,
                is_base: trimmed && matches!(entry.fact, Fact::Base { .. }),
            });
            if wanted.contains(&entry.sequence) {
                records.push(chunk.record_of(&entry, self.machine.clone()));
            }
        }
        match first.filter(|_| expected == Some(head.sequence + 1)) {
            Some(first) => Ok(first),
            None => {
                let why = format!("slot {} has no record {} of it", head.slot, head.sequence);
                Err(damaged(at, machine, why))
            }
        }
    }

    fn is_about(&self, entry: &Entry<'_>, schemas: &Schemas) -> bool {
        entry.space == self.machine.space
            && entry.id == self.machine.id.as_bytes()
            && schemas.kind_of(entry.schema) == Some(self.machine.kind)
    }

    /// A chunk that cannot be read: its position is told from the chunk before it, if that can.
    fn unreadable(&self, error: StoreError, head: Head) -> ReadError {
        let before = head.slot.checked_sub(1).map(|slot| self.store.header(slot));
        let position = match before {
            None => 1,
            Some(Ok(Some(header))) => header.end(),
            Some(_) => self.shared.position(),
        };
        unreadable(error, position, Some(self.machine))
    }
}

/// Where a machine's first record in a chunk is.
#[derive(Clone, Copy, Debug)]
struct Mark {
    sequence: u64,
    slot: u64,
    back: u64,
    position: u64,
    /// It is a base, and nothing of the machine is before it.
    is_base: bool,
}

impl PageEnds {
    fn find(&self, position: u64) -> Option<u64> {
        let mut recent = self.recent.lock().ok()?;
        let at = recent.iter().position(|&(end, _)| end == position)?;
        Some(recent.swap_remove(at).1)
    }

    fn keep(&self, position: u64, slot: u64) {
        if let Ok(mut recent) = self.recent.lock() {
            if recent.len() == PAGE_ENDS_MAX {
                recent.remove(0);
            }
            recent.push((position, slot));
        }
    }
}
