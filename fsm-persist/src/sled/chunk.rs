//! Chunks: the unit of the log, and how records are packed into one.
//!
//! A chunk is a header and records, one behind the other, and says where it belongs: its slot, its
//! positions, and the checksum of the chunk before it. One that was rewritten, because records in
//! it were erased or because it was merged with its neighbours, hands on the checksum that the
//! chunk behind it knows. `docs/format.md` draws it.

use std::ops::Range;

use fsm_core::Timestamp;
use fsm_core::journal::{Codec, Fact, NewRecord, SchemaId, SpaceId};
use sled::IVec;

use super::heads::Head;
use super::layout::{FORMAT_VERSION, VALUE_BYTES_MAX};
use super::varint::{put, put_signed};

/// The first byte of a chunk as it was committed.
pub(super) const CHUNK_MAGIC: u8 = b'C';
/// The first byte of a chunk that was rewritten.
pub(super) const REWRITTEN_MAGIC: u8 = b'R';
/// The first byte of a value that continues the chunk in the slots before it.
pub(super) const PART_MAGIC: u8 = b'c';
/// The length of a chunk's header.
pub(super) const CHUNK_HEADER_BYTES: usize = 52;
/// The length of a continuation's header.
pub(super) const PART_HEADER_BYTES: usize = 4;
/// Where the checksum stands.
const CHECKSUM: Range<usize> = 4..8;

/// The bits of a record's first byte: the fact's tag, or that the tag follows.
pub(super) const FACT_MASK: u8 = 0b11;
pub(super) const FACT_CREATED: u8 = 0;
pub(super) const FACT_TRANSITION: u8 = 1;
pub(super) const FACT_STOPPED: u8 = 2;
pub(super) const FACT_FOLLOWS: u8 = 3;
/// The record has the schema of the one before.
pub(super) const SAME_SCHEMA: u8 = 0b100;
/// The record is in the space of the one before.
pub(super) const SAME_SPACE: u8 = 0b1000;
/// The record has metadata behind its payload.
pub(super) const METADATA: u8 = 0b1_0000;
/// Not a record, but the places of records that were erased.
pub(super) const ERASED: u8 = 0b10_0000;
/// All bits that mean something.
pub(super) const FLAGS_MASK: u8 = FACT_MASK | SAME_SCHEMA | SAME_SPACE | METADATA | ERASED;

/// The checksum of a chunk's bytes, without itself.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let (before, behind) = (bytes.get(..CHECKSUM.start), bytes.get(CHECKSUM.end..));
    crc32c::crc32c_append(crc32c::crc32c(before.unwrap_or_default()), behind.unwrap_or_default())
}

/// Where a chunk starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkStart {
    /// The slot it is written to.
    pub(super) slot: u64,
    /// The position of its first record.
    pub(super) first: u64,
    /// The checksum that the chunk before hands on.
    pub(super) previous: u32,
    /// The journal's epoch.
    pub(super) epoch: u32,
}

/// What a chunk replaces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaced {
    /// How many slots it has.
    pub(super) slots: u16,
    /// The checksum that is handed on to the chunk behind.
    pub(super) link: u32,
}

/// A record to be packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft<'a> {
    pub(super) space: SpaceId,
    pub(super) schema: SchemaId,
    pub(super) id: &'a [u8],
    pub(super) sequence: u64,
    pub(super) time: i64,
    pub(super) fact: Fact,
    pub(super) payload: &'a [u8],
    pub(super) metadata: &'a [u8],
}

impl<'a> Draft<'a> {
    #[inline]
    pub(super) fn of(record: &'a NewRecord, payload: &'a [u8]) -> Self {
        Self {
            space: record.machine.space,
            schema: record.schema,
            id: record.machine.id.as_bytes(),
            sequence: record.sequence.0,
            time: record.time.micros(),
            fact: record.fact,
            payload,
            metadata: record.metadata.as_deref().unwrap_or_default(),
        }
    }

    const fn bytes(&self) -> usize {
        self.id.len() + self.payload.len() + self.metadata.len()
    }
}

/// How much of a chunk was there at some moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    bytes: usize,
    count: u32,
    spaces: usize,
    space: usize,
    schema: Option<SchemaId>,
}

/// Packs records into one chunk at a time; its buffers are used again and again.
#[derive(Debug)]
pub(super) struct ChunkWriter {
    bytes: Vec<u8>,
    start: ChunkStart,
    count: u32,
    time: i64,
    spaces: Vec<SpaceId>,
    space: usize,
    /// The schema of the last record in the chunk.
    schema: Option<SchemaId>,
}

impl ChunkWriter {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(2 * VALUE_BYTES_MAX),
            start: ChunkStart { slot: 0, first: 0, previous: 0, epoch: 0 },
            count: 0,
            time: 0,
            spaces: Vec::new(),
            space: 0,
            schema: None,
        }
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) const fn slot(&self) -> u64 {
        self.start.slot
    }

    /// What it holds so far, to come back to.
    pub(super) const fn mark(&self) -> Mark {
        Mark {
            bytes: self.bytes.len(),
            count: self.count,
            spaces: self.spaces.len(),
            space: self.space,
            schema: self.schema,
        }
    }

    /// Drops what was added since.
    pub(super) fn restore(&mut self, mark: Mark) {
        self.bytes.truncate(mark.bytes);
        self.spaces.truncate(mark.spaces);
        (self.count, self.space, self.schema) = (mark.count, mark.space, mark.schema);
    }

    /// Starts an empty chunk; times are written as differences to `time`.
    pub(super) fn begin(&mut self, start: ChunkStart, time: Timestamp) {
        self.bytes.clear();
        self.bytes.resize(CHUNK_HEADER_BYTES, 0);
        self.start = start;
        self.count = 0;
        self.time = time.micros();
        self.spaces.clear();
        self.schema = None;
    }

    /// Adds a record, if it still fits or is the first. `space` is its own space sequence, and the
    /// slot with the space's record before; `back` is the slot with the machine's previous record.
    #[inline]
    pub(super) fn push(&mut self, draft: &Draft<'_>, space: Head, back: u64) -> bool {
        let before = self.bytes.len();
        if self.count > 0 && before + draft.bytes() > VALUE_BYTES_MAX {
            return false;
        }
        let mark = self.mark();
        self.encode(draft, space, back);
        if self.count > 0 && self.bytes.len() > VALUE_BYTES_MAX {
            self.restore(mark);
            return false;
        }
        self.count += 1;
        true
    }

    /// Leaves the places of `count` records of one space empty, if that still fits; the first has
    /// the space sequence that `place` says.
    pub(super) fn push_erased(&mut self, space: SpaceId, place: Head, count: u32) -> bool {
        let mark = self.mark();
        let same_space = self.is_space(space);
        self.bytes.push(ERASED | if same_space { SAME_SPACE } else { 0 });
        if !same_space {
            self.put_space(space, place);
        }
        put(&mut self.bytes, u64::from(count));
        if self.count > 0 && self.bytes.len() > VALUE_BYTES_MAX {
            self.restore(mark);
            return false;
        }
        self.count += count;
        true
    }

    fn is_space(&self, space: SpaceId) -> bool {
        self.count > 0 && self.spaces.get(self.space) == Some(&space)
    }

    fn put_space(&mut self, space: SpaceId, place: Head) {
        let known = self.spaces.iter().position(|&known| known == space);
        self.space = known.unwrap_or(self.spaces.len());
        put(&mut self.bytes, self.space as u64);
        if known.is_none() {
            self.spaces.push(space);
            put(&mut self.bytes, u64::from(space.0));
            put(&mut self.bytes, place.sequence);
            if place.sequence > 1 {
                put(&mut self.bytes, self.start.slot.saturating_sub(place.slot));
            }
        }
    }

    #[inline]
    fn encode(&mut self, draft: &Draft<'_>, space: Head, back: u64) {
        let same_schema = self.schema == Some(draft.schema);
        let same_space = self.is_space(draft.space);
        let fact = match draft.fact {
            Fact::Created => FACT_CREATED,
            Fact::Transition { .. } => FACT_TRANSITION,
            Fact::Stopped => FACT_STOPPED,
            _ => FACT_FOLLOWS,
        };
        let schema_bit = if same_schema { SAME_SCHEMA } else { 0 };
        let space_bit = if same_space { SAME_SPACE } else { 0 };
        let metadata_bit = if draft.metadata.is_empty() { 0 } else { METADATA };
        self.bytes.push(fact | schema_bit | space_bit | metadata_bit);
        if !same_space {
            self.put_space(draft.space, space);
        }
        let bytes = &mut self.bytes;
        if !same_schema {
            self.schema = Some(draft.schema);
            put(bytes, u64::from(draft.schema.0));
        }
        put(bytes, draft.id.len() as u64);
        bytes.extend_from_slice(draft.id);
        put(bytes, draft.sequence);
        if draft.sequence > 1 {
            put(bytes, self.start.slot.saturating_sub(back));
        }
        put_signed(bytes, draft.time.wrapping_sub(self.time));
        let code = draft.fact.code();
        if fact == FACT_FOLLOWS {
            bytes.push(code.tag);
        }
        if fact == FACT_FOLLOWS || fact == FACT_TRANSITION {
            code.numbers.iter().for_each(|&number| put(bytes, number));
        }
        bytes.push(Codec::Bincode2.tag());
        put(bytes, draft.payload.len() as u64);
        bytes.extend_from_slice(draft.payload);
        if !draft.metadata.is_empty() {
            put(bytes, draft.metadata.len() as u64);
            bytes.extend_from_slice(draft.metadata);
        }
    }

    /// Completes a new chunk: appends its values to `values` and returns where the next one starts.
    pub(super) fn finish(&mut self, values: &mut Vec<(u64, IVec)>) -> ChunkStart {
        let slots = slots(self.bytes.len());
        let crc = self.seal(CHUNK_MAGIC, Replaced { slots, link: 0 });
        self.cut(values);
        ChunkStart {
            slot: self.start.slot + u64::from(slots),
            first: self.start.first + u64::from(self.count),
            previous: crc,
            epoch: self.start.epoch,
        }
    }

    /// Completes a chunk that stands in for others, and appends a value for each of its slots to
    /// `values`. It needs no more of them than it has slots.
    pub(super) fn finish_rewritten(
        &mut self,
        replaced: Replaced,
        values: &mut Vec<(u64, IVec)>,
    ) -> bool {
        self.seal(REWRITTEN_MAGIC, replaced);
        spread(self.start.slot, replaced.slots, &self.bytes, values);
        slots(self.bytes.len()) <= replaced.slots
    }

    /// Writes the header, and returns the checksum.
    fn seal(&mut self, magic: u8, Replaced { slots, link }: Replaced) -> u32 {
        let bytes = &mut self.bytes;
        let length = bytes.len() as u32;
        bytes[0] = magic;
        bytes[1] = FORMAT_VERSION;
        bytes[2..4].copy_from_slice(&slots.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.start.slot.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.start.previous.to_le_bytes());
        bytes[20..24].copy_from_slice(&link.to_le_bytes());
        bytes[24..28].copy_from_slice(&length.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.count.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.start.first.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.start.epoch.to_le_bytes());
        bytes[44..52].copy_from_slice(&self.time.to_le_bytes());
        let crc = checksum(bytes);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        crc
    }

    fn cut(&self, values: &mut Vec<(u64, IVec)>) {
        cut(self.start.slot, &self.bytes, values);
    }
}

/// Cuts the chunk in slot `slot` into a value for each of its slots. Those that it does not need
/// have continuations with nothing in them.
pub(super) fn spread(slot: u64, slots_all: u16, bytes: &[u8], values: &mut Vec<(u64, IVec)>) {
    cut(slot, bytes, values);
    for part in slots(bytes.len())..slots_all {
        values.push((slot + u64::from(part), IVec::from(&part_header(part))));
    }
}

/// Cuts the chunk in slot `slot` into values.
fn cut(slot: u64, bytes: &[u8], values: &mut Vec<(u64, IVec)>) {
    let (head, mut rest) = bytes.split_at(bytes.len().min(VALUE_BYTES_MAX));
    values.push((slot, IVec::from(head)));
    for part in 1..slots(bytes.len()) {
        let (piece, after) = rest.split_at(rest.len().min(PART_BYTES));
        rest = after;
        let mut value = Vec::with_capacity(PART_HEADER_BYTES + piece.len());
        value.extend_from_slice(&part_header(part));
        value.extend_from_slice(piece);
        values.push((slot + u64::from(part), IVec::from(value)));
    }
}

const fn part_header(part: u16) -> [u8; PART_HEADER_BYTES] {
    let [low, high] = part.to_le_bytes();
    [PART_MAGIC, FORMAT_VERSION, low, high]
}

/// How much of a chunk a continuation holds.
const PART_BYTES: usize = VALUE_BYTES_MAX - PART_HEADER_BYTES;

/// How many slots a chunk of this many bytes takes.
pub(super) fn slots(bytes: usize) -> u16 {
    let parts = bytes.saturating_sub(VALUE_BYTES_MAX).div_ceil(PART_BYTES);
    // RECORD_BYTES_MAX keeps it far below.
    u16::try_from(1 + parts).unwrap_or(u16::MAX)
}
