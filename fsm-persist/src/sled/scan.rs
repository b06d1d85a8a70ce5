//! Reading a chunk: its header, and its records one after the other, without copying them.
//!
//! Whatever the bytes are, the outcome is records that were checked or an error that says what is
//! wrong; nothing here panics.

use bytes::Bytes;
use bytestring::ByteString;
use fsm_core::Timestamp;
use fsm_core::journal::{
    Codec, Fact, FactCode, KindId, MachineKey, Position, Record, SchemaId, Sequence, SpaceId,
};

use super::chunk::{
    CHUNK_HEADER_BYTES, CHUNK_MAGIC, FACT_FOLLOWS, FACT_MASK, FACT_TRANSITION, FLAGS_MASK,
    METADATA, SAME_SCHEMA, SAME_SPACE, checksum,
};
use super::layout::FORMAT_VERSION;
use super::varint::{Cursor, Malformed};

/// A chunk whose checksum was found right.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    bytes: Bytes,
    header: Header,
    slot: u64,
}

/// What a chunk says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) slots: u16,
    pub(super) crc: u32,
    pub(super) previous: u32,
    pub(super) bytes: u32,
    pub(super) first: u64,
    pub(super) count: u32,
    time: i64,
}

/// A record in a chunk, with its id and payload still in place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) position: u64,
    pub(super) space: SpaceId,
    pub(super) space_sequence: u64,
    pub(super) schema: SchemaId,
    pub(super) id: &'a [u8],
    pub(super) sequence: u64,
    /// How many slots further back the machine's previous record is.
    pub(super) back: u64,
    time: i64,
    fact: Fact,
    payload: &'a [u8],
    metadata: &'a [u8],
}

/// The records of a chunk.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    cursor: Cursor<'a>,
    header: Header,
    read: u32,
    spaces: Vec<(SpaceId, u64)>,
    space: usize,
    schema: SchemaId,
}

impl Header {
    /// The header in front of a value.
    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(value, 0);
        if cursor.byte()? != CHUNK_MAGIC {
            return Err("it is no chunk");
        }
        if cursor.byte()? != FORMAT_VERSION {
            return Err("it has a format version that is not ours");
        }
        let header = Self {
            slots: u16::from_le_bytes(cursor.array()?),
            crc: u32::from_le_bytes(cursor.array()?),
            previous: u32::from_le_bytes(cursor.array()?),
            bytes: u32::from_le_bytes(cursor.array()?),
            first: u64::from_le_bytes(cursor.array()?),
            count: u32::from_le_bytes(cursor.array()?),
            time: {
                let _epoch: [u8; 4] = cursor.array()?;
                i64::from_le_bytes(cursor.array()?)
            },
        };
        if header.count == 0 || header.first == 0 || header.slots == 0 {
            return Err("its header makes no sense");
        }
        if header.first.checked_add(u64::from(header.count)).is_none() {
            return Err("its positions are impossible");
        }
        Ok(header)
    }

    /// The position behind its last record.
    pub(super) const fn end(&self) -> u64 {
        self.first + self.count as u64
    }
}

impl Chunk {
    /// The chunk in slot `slot`, from all its bytes.
    pub(super) fn read(slot: u64, bytes: Bytes) -> Result<Self, Malformed> {
        let header = Header::read(&bytes)?;
        if header.bytes as usize != bytes.len() {
            return Err("its length is not what its header says");
        }
        if checksum(slot, &bytes) != header.crc {
            return Err("its checksum is wrong");
        }
        Ok(Self { bytes, header, slot })
    }

    pub(super) const fn header(&self) -> &Header {
        &self.header
    }

    pub(super) const fn slot(&self) -> u64 {
        self.slot
    }

    /// The slot of the chunk behind it.
    pub(super) fn next_slot(&self) -> u64 {
        self.slot.saturating_add(u64::from(self.header.slots))
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        Entries {
            cursor: Cursor::new(&self.bytes, CHUNK_HEADER_BYTES),
            header: self.header,
            read: 0,
            spaces: Vec::new(),
            space: 0,
            schema: SchemaId(0),
        }
    }

    /// The record, sharing the chunk's bytes.
    pub(super) fn record(&self, entry: &Entry<'_>, kind: KindId) -> Result<Record, Malformed> {
        let id = ByteString::try_from(self.bytes.slice_ref(entry.id))
            .map_err(|_| "an id is no UTF-8")?;
        Ok(Record {
            position: Position(entry.position),
            space_sequence: Sequence(entry.space_sequence),
            machine: MachineKey { space: entry.space, kind, id },
            sequence: Sequence(entry.sequence),
            time: Timestamp::from_micros(entry.time),
            schema: entry.schema,
            fact: entry.fact,
            payload: self.bytes.slice_ref(entry.payload),
            metadata: self.bytes.slice_ref(entry.metadata),
        })
    }
}

impl<'a> Entries<'a> {
    fn space(&mut self, flags: u8) -> Result<(SpaceId, u64), Malformed> {
        if flags & SAME_SPACE == 0 {
            self.space = self.cursor.small()?;
            if self.space == self.spaces.len() {
                let space = SpaceId(self.cursor.small()?);
                let first = self.cursor.number()?;
                self.spaces.push((space, first));
            }
        }
        let (space, next) = self.spaces.get_mut(self.space).ok_or("a space is not in its table")?;
        let sequence = *next;
        *next = next.checked_add(1).ok_or("a space sequence is impossible")?;
        Ok((*space, sequence))
    }

    fn fact(&mut self, tag: u8) -> Result<Fact, Malformed> {
        let mut code = FactCode { tag, numbers: [0; 2] };
        if tag == FACT_FOLLOWS {
            code.tag = self.cursor.byte()?;
            if code.tag < FACT_FOLLOWS {
                return Err("a record's fact is not where it belongs");
            }
        }
        if tag == FACT_FOLLOWS || tag == FACT_TRANSITION {
            code.numbers = [self.cursor.number()?, self.cursor.number()?];
        }
        Fact::from_code(code).ok_or("a record is of an unknown sort")
    }

    fn metadata(&mut self, flags: u8) -> Result<&'a [u8], Malformed> {
        if flags & METADATA == 0 {
            return Ok(&[]);
        }
        let length = self.cursor.small()?;
        if length == 0 { Err("a record's metadata is empty") } else { self.cursor.take(length) }
    }

    fn entry(&mut self) -> Result<Entry<'a>, Malformed> {
        let flags = self.cursor.byte()?;
        if flags & !FLAGS_MASK != 0 {
            return Err("a record has unknown flags");
        }
        let (space, space_sequence) = self.space(flags)?;
        if flags & SAME_SCHEMA == 0 {
            self.schema = SchemaId(self.cursor.small()?);
        } else if self.read == 0 {
            return Err("its first record has no schema");
        }
        let length = self.cursor.small()?;
        let id = self.cursor.take(length)?;
        let sequence = self.cursor.number()?;
        let back = if sequence > 1 { self.cursor.number()? } else { 0 };
        let time = self.header.time.wrapping_add(self.cursor.signed()?);
        let fact = self.fact(flags & FACT_MASK)?;
        if Codec::from_tag(self.cursor.byte()?).is_none() {
            return Err("a record is in a codec that is not known");
        }
        let length = self.cursor.small()?;
        let payload = self.cursor.take(length)?;
        let metadata = self.metadata(flags)?;
        let position = self.header.first + u64::from(self.read);
        if sequence == 0 || space_sequence == 0 {
            return Err("a sequence is zero");
        }
        Ok(Entry {
            position,
            space,
            space_sequence,
            schema: self.schema,
            id,
            sequence,
            back,
            time,
            fact,
            payload,
            metadata,
        })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read == self.header.count {
            let whole = self.cursor.is_at_end();
            // Said once: afterwards the cursor stands at the end.
            self.cursor = Cursor::new(&[], 0);
            return if whole { None } else { Some(Err("bytes are left behind its last record")) };
        }
        let entry = self.entry();
        self.read = if entry.is_ok() { self.read + 1 } else { self.header.count };
        if entry.is_err() {
            self.cursor = Cursor::new(&[], 0);
        }
        Some(entry)
    }
}
