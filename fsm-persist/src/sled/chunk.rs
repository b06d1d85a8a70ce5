//! Chunks: the unit of the log, and how records are packed into one.
//!
//! A chunk is a header and records, one behind the other, and says where it belongs: its checksum
//! covers the slot it stands in. `docs/format.md` draws it.

use fsm_core::Timestamp;
use fsm_core::journal::{Codec, Fact, NewRecord, SpaceId};
use sled::IVec;

use super::layout::{FORMAT_VERSION, VALUE_BYTES_MAX};
use super::varint::{put, put_signed};

/// The first byte of a chunk.
pub(super) const CHUNK_MAGIC: u8 = b'C';
/// The first byte of a value that continues the chunk in the slots before it.
pub(super) const PART_MAGIC: u8 = b'c';
/// The length of a chunk's header.
pub(super) const CHUNK_HEADER_BYTES: usize = 40;
/// The length of a continuation's header.
pub(super) const PART_HEADER_BYTES: usize = 4;
/// Where the checksum ends, and what it covers begins.
pub(super) const CHECKED_FROM: usize = 8;

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
/// All bits that mean something.
pub(super) const FLAGS_MASK: u8 = FACT_MASK | SAME_SCHEMA | SAME_SPACE | METADATA;

/// The checksum of a chunk's bytes in its slot.
pub(super) fn checksum(slot: u64, bytes: &[u8]) -> u32 {
    let covered = bytes.get(CHECKED_FROM..).unwrap_or_default();
    crc32c::crc32c_append(crc32c::crc32c(&slot.to_le_bytes()), covered)
}

/// Where a chunk starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkStart {
    /// The slot it is written to.
    pub(super) slot: u64,
    /// The position of its first record.
    pub(super) first: u64,
    /// The checksum of the chunk before.
    pub(super) previous: u32,
    /// The journal's epoch.
    pub(super) epoch: u32,
}

/// Packs records into one chunk at a time; its buffers are used again and again.
#[derive(Debug)]
pub(super) struct ChunkWriter {
    bytes: Vec<u8>,
    start: ChunkStart,
    count: u32,
    time: Timestamp,
    spaces: Vec<SpaceId>,
    space: usize,
    schema: u32,
}

impl ChunkWriter {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(2 * VALUE_BYTES_MAX),
            start: ChunkStart { slot: 0, first: 0, previous: 0, epoch: 0 },
            count: 0,
            time: Timestamp::EPOCH,
            spaces: Vec::new(),
            space: 0,
            schema: 0,
        }
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) const fn slot(&self) -> u64 {
        self.start.slot
    }

    /// Starts an empty chunk; times are written as differences to `time`.
    pub(super) fn begin(&mut self, start: ChunkStart, time: Timestamp) {
        self.bytes.clear();
        self.bytes.resize(CHUNK_HEADER_BYTES, 0);
        self.start = start;
        self.count = 0;
        self.time = time;
        self.spaces.clear();
    }

    /// Adds a record, if it still fits or is the first. `back` is the slot with the machine's
    /// previous record.
    #[inline]
    pub(super) fn push(
        &mut self,
        record: &NewRecord,
        payload: &[u8],
        space_sequence: u64,
        back: u64,
    ) -> bool {
        let before = self.bytes.len();
        let needed = record.bytes(payload);
        if self.count > 0 && before + needed > VALUE_BYTES_MAX {
            return false;
        }
        let spaces = self.spaces.len();
        let (space, schema) = (self.space, self.schema);
        self.encode(record, payload, space_sequence, back);
        if self.count > 0 && self.bytes.len() > VALUE_BYTES_MAX {
            self.bytes.truncate(before);
            self.spaces.truncate(spaces);
            (self.space, self.schema) = (space, schema);
            return false;
        }
        self.count += 1;
        true
    }

    #[inline]
    fn encode(&mut self, record: &NewRecord, payload: &[u8], space_sequence: u64, back: u64) {
        let bytes = &mut self.bytes;
        let again = self.count > 0;
        let same_schema = again && record.schema.0 == self.schema;
        let same_space = again && self.spaces.get(self.space) == Some(&record.machine.space);
        let fact = match record.fact {
            Fact::Created => FACT_CREATED,
            Fact::Transition { .. } => FACT_TRANSITION,
            Fact::Stopped => FACT_STOPPED,
            _ => FACT_FOLLOWS,
        };
        let schema_bit = if same_schema { SAME_SCHEMA } else { 0 };
        let space_bit = if same_space { SAME_SPACE } else { 0 };
        let metadata_bit = if record.metadata.is_some() { METADATA } else { 0 };
        bytes.push(fact | schema_bit | space_bit | metadata_bit);
        if !same_space {
            let known = self.spaces.iter().position(|&space| space == record.machine.space);
            self.space = known.unwrap_or(self.spaces.len());
            put(bytes, self.space as u64);
            if known.is_none() {
                self.spaces.push(record.machine.space);
                put(bytes, u64::from(record.machine.space.0));
                put(bytes, space_sequence);
            }
        }
        if !same_schema {
            self.schema = record.schema.0;
            put(bytes, u64::from(record.schema.0));
        }
        put(bytes, record.machine.id.len() as u64);
        bytes.extend_from_slice(record.machine.id.as_bytes());
        put(bytes, record.sequence.0);
        if record.sequence.0 > 1 {
            put(bytes, self.start.slot - back);
        }
        put_signed(bytes, record.time.micros().wrapping_sub(self.time.micros()));
        let code = record.fact.code();
        if fact == FACT_FOLLOWS {
            bytes.push(code.tag);
        }
        if fact == FACT_FOLLOWS || fact == FACT_TRANSITION {
            code.numbers.iter().for_each(|&number| put(bytes, number));
        }
        bytes.push(Codec::Bincode2.tag());
        put(bytes, payload.len() as u64);
        bytes.extend_from_slice(payload);
        if let Some(metadata) = &record.metadata {
            put(bytes, metadata.len() as u64);
            bytes.extend_from_slice(metadata);
        }
    }

    /// Completes the chunk: appends its values to `values` and returns where the next one starts.
    pub(super) fn finish(&mut self, values: &mut Vec<(u64, IVec)>) -> ChunkStart {
        let slots = slots(self.bytes.len());
        let bytes = &mut self.bytes;
        bytes[0] = CHUNK_MAGIC;
        bytes[1] = FORMAT_VERSION;
        bytes[2..4].copy_from_slice(&slots.to_le_bytes());
        let length = bytes.len() as u32;
        bytes[8..12].copy_from_slice(&self.start.previous.to_le_bytes());
        bytes[12..16].copy_from_slice(&length.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.start.first.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.count.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.start.epoch.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.time.micros().to_le_bytes());
        let crc = checksum(self.start.slot, bytes);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());

        let (head, mut rest) = bytes.split_at(bytes.len().min(VALUE_BYTES_MAX));
        values.push((self.start.slot, IVec::from(head)));
        for part in 1..slots {
            let (piece, after) = rest.split_at(rest.len().min(PART_BYTES));
            rest = after;
            let mut value = Vec::with_capacity(PART_HEADER_BYTES + piece.len());
            value.extend_from_slice(&[PART_MAGIC, FORMAT_VERSION]);
            value.extend_from_slice(&part.to_le_bytes());
            value.extend_from_slice(piece);
            values.push((self.start.slot + u64::from(part), IVec::from(value)));
        }
        ChunkStart {
            slot: self.start.slot + u64::from(slots),
            first: self.start.first + u64::from(self.count),
            previous: crc,
            epoch: self.start.epoch,
        }
    }
}

/// How much of a chunk a continuation holds.
const PART_BYTES: usize = VALUE_BYTES_MAX - PART_HEADER_BYTES;

/// How many slots a chunk of this many bytes takes.
pub(super) fn slots(bytes: usize) -> u16 {
    let parts = bytes.saturating_sub(VALUE_BYTES_MAX).div_ceil(PART_BYTES);
    // RECORD_BYTES_MAX keeps it far below.
    u16::try_from(1 + parts).unwrap_or(u16::MAX)
}
