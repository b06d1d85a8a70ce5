//! Reading a chunk: its header, and its records one after the other, without copying them.
//!
//! Whatever the bytes are, the outcome is records that were checked or an error that says what is
//! wrong; nothing here panics.

use bytes::Bytes;
use bytestring::ByteString;
use fsm_core::journal::{
    Codec, Fact, FactCode, KindId, MachineKey, Position, Record, SchemaId, Sequence, SpaceId,
};
use fsm_core::{RowId, StateId, Timestamp};

use super::chunk::{
    CHUNK_HEADER_BYTES, CHUNK_MAGIC, ERASED, FACT_FOLLOWS, FACT_MASK, FACT_TRANSITION, FLAGS_MASK,
    METADATA, REWRITTEN_MAGIC, SAME_SCHEMA, SAME_SPACE, checksum, slots,
};
use super::layout::FORMAT_VERSION;
use super::store::Place;
use super::varint::{Cursor, Malformed};

/// A chunk whose checksum was found right.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    bytes: Bytes,
    header: Header,
    place: Place,
}

/// What a chunk says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// How many slots it has, also if its values take fewer.
    pub(super) slots: u16,
    pub(super) crc: u32,
    pub(super) slot: u64,
    /// The checksum that the chunk before hands on.
    pub(super) previous: u32,
    /// The checksum that it hands on to the chunk behind.
    pub(super) link: u32,
    pub(super) bytes: u32,
    pub(super) first: u64,
    /// How many positions it has, those of erased records included.
    pub(super) count: u32,
    pub(super) epoch: u32,
    pub(super) time: i64,
}

/// A record in a chunk, with its id and payload still in place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) position: u64,
    pub(super) space: SpaceId,
    pub(super) space_sequence: u64,
    /// How many slots further back the space's record before this chunk's is; 0 if there is none.
    pub(super) space_back: u64,
    pub(super) schema: SchemaId,
    pub(super) id: &'a [u8],
    pub(super) sequence: u64,
    /// How many slots further back the machine's previous record is.
    pub(super) back: u64,
    pub(super) time: i64,
    pub(super) fact: Fact,
    pub(super) payload: &'a [u8],
    pub(super) metadata: &'a [u8],
}

/// The places of records that were erased.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) position: u64,
    pub(super) space: SpaceId,
    pub(super) space_sequence: u64,
    pub(super) space_back: u64,
    pub(super) count: u32,
}

/// What is in a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    Record(Entry<'a>),
    Gap(Gap),
}

/// A space in a chunk.
#[derive(Clone, Copy, Debug)]
struct InChunk {
    space: SpaceId,
    next: u64,
    back: u64,
}

/// What is in a chunk, in order; as an iterator, its records.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    cursor: Cursor<'a>,
    header: Header,
    read: u32,
    spaces: Vec<InChunk>,
    space: usize,
    schema: Option<SchemaId>,
}

impl Header {
    /// The header in front of a value.
    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(value, 0);
        let magic = cursor.byte()?;
        if magic != CHUNK_MAGIC && magic != REWRITTEN_MAGIC {
            return Err("it is no chunk");
        }
        if cursor.byte()? != FORMAT_VERSION {
            return Err("it has a format version that is not ours");
        }
        let slots = u16::from_le_bytes(cursor.array()?);
        let crc = u32::from_le_bytes(cursor.array()?);
        let slot = u64::from_le_bytes(cursor.array()?);
        let previous = u32::from_le_bytes(cursor.array()?);
        let link = u32::from_le_bytes(cursor.array()?);
        let header = Self {
            slots,
            crc,
            slot,
            previous,
            link: if magic == CHUNK_MAGIC { crc } else { link },
            bytes: u32::from_le_bytes(cursor.array()?),
            count: u32::from_le_bytes(cursor.array()?),
            first: u64::from_le_bytes(cursor.array()?),
            epoch: u32::from_le_bytes(cursor.array()?),
            time: i64::from_le_bytes(cursor.array()?),
        };
        if header.count == 0 || header.first == 0 || header.slots == 0 {
            return Err("its header makes no sense");
        }
        if header.first.checked_add(u64::from(header.count)).is_none() {
            return Err("its positions are impossible");
        }
        if header.slot.checked_add(u64::from(header.slots)).is_none() {
            return Err("its slots are impossible");
        }
        Ok(header)
    }

    /// The position behind its last record.
    pub(super) const fn end(&self) -> u64 {
        self.first + self.count as u64
    }

    /// Whether this slot is one of its.
    pub(super) const fn has(&self, slot: u64) -> bool {
        self.slot <= slot && slot < self.next_slot()
    }

    /// The slot behind it.
    pub(super) const fn next_slot(&self) -> u64 {
        self.slot + self.slots as u64
    }
}

impl Chunk {
    /// The chunk at this place, from all its bytes.
    pub(super) fn read(place: Place, bytes: Bytes) -> Result<Self, Malformed> {
        let header = Header::read(&bytes)?;
        if header.bytes as usize != bytes.len() {
            return Err("its length is not what its header says");
        }
        if checksum(&bytes) != header.crc {
            return Err("its checksum is wrong");
        }
        // A chunk as it was committed has the slots that its length needs.
        let taken = slots(bytes.len());
        if taken > header.slots || (header.link == header.crc && taken != header.slots) {
            return Err("its slots are not what its length needs");
        }
        Ok(Self { bytes, header, place })
    }

    pub(super) const fn header(&self) -> &Header {
        &self.header
    }

    pub(super) const fn slot(&self) -> u64 {
        self.header.slot
    }

    /// Where it is.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// All of it.
    pub(super) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        Entries {
            cursor: Cursor::new(&self.bytes, CHUNK_HEADER_BYTES),
            header: self.header,
            read: 0,
            spaces: Vec::new(),
            space: 0,
            schema: None,
        }
    }

    /// The record, sharing the chunk's bytes.
    #[inline]
    pub(super) fn record(&self, entry: &Entry<'_>, kind: KindId) -> Result<Record, Malformed> {
        let id = ByteString::try_from(self.bytes.slice_ref(entry.id))
            .map_err(|_| "an id is no UTF-8")?;
        Ok(self.record_of(entry, MachineKey { space: entry.space, kind, id }))
    }

    /// The record, which is known to be about this machine.
    #[inline]
    pub(super) fn record_of(&self, entry: &Entry<'_>, machine: MachineKey) -> Record {
        Record {
            position: Position(entry.position),
            space_sequence: Sequence(entry.space_sequence),
            machine,
            sequence: Sequence(entry.sequence),
            time: Timestamp::from_micros(entry.time),
            schema: entry.schema,
            fact: entry.fact,
            payload: self.bytes.slice_ref(entry.payload),
            metadata: match entry.metadata {
                [] => Bytes::new(),
                metadata => self.bytes.slice_ref(metadata),
            },
        }
    }
}

impl<'a> Entries<'a> {
    /// The space of the next `count` places, with the first space sequence and how far back the
    /// space was before.
    fn space(&mut self, flags: u8, count: Option<u32>) -> Result<(InChunk, u32), Malformed> {
        if flags & SAME_SPACE == 0 {
            self.space = self.cursor.small()?;
            if self.space == self.spaces.len() {
                let space = SpaceId(self.cursor.small()?);
                let next = self.cursor.number()?;
                let back = if next > 1 { self.cursor.number()? } else { 0 };
                self.spaces.push(InChunk { space, next, back });
            }
        }
        let count = match count {
            Some(count) => count,
            None => self.cursor.small()?,
        };
        let known = self.spaces.get_mut(self.space).ok_or("a space is not in its table")?;
        let before = *known;
        let next = known.next.checked_add(u64::from(count));
        known.next = next.ok_or("a space sequence is impossible")?;
        if before.next == 0 {
            return Err("a sequence is zero");
        }
        Ok((before, count))
    }

    #[inline]
    fn fact(&mut self, tag: u8) -> Result<Fact, Malformed> {
        // Nearly every record is a transition, and this is what `Fact::from_code` makes of one.
        if tag == FACT_TRANSITION {
            let (row, state) = (RowId(self.cursor.small()?), StateId(self.cursor.small()?));
            return Ok(Fact::Transition { row, state });
        }
        self.other_fact(tag)
    }

    fn other_fact(&mut self, tag: u8) -> Result<Fact, Malformed> {
        let mut code = FactCode { tag, numbers: [0; 2] };
        if tag == FACT_FOLLOWS {
            code.tag = self.cursor.byte()?;
            if code.tag < FACT_FOLLOWS {
                return Err("a record's fact is not where it belongs");
            }
        }
        if tag == FACT_FOLLOWS {
            code.numbers = [self.cursor.number()?, self.cursor.number()?];
        }
        Fact::from_code(code).ok_or("a record is of an unknown sort")
    }

    #[inline]
    fn metadata(&mut self, flags: u8) -> Result<&'a [u8], Malformed> {
        if flags & METADATA == 0 {
            return Ok(&[]);
        }
        let length = self.cursor.small()?;
        if length == 0 { Err("a record's metadata is empty") } else { self.cursor.take(length) }
    }

    fn gap(&mut self, flags: u8) -> Result<Gap, Malformed> {
        if flags & !(ERASED | SAME_SPACE) != 0 {
            return Err("a record has unknown flags");
        }
        let (space, count) = self.space(flags, None)?;
        if count == 0 || count > self.header.count - self.read {
            return Err("more is erased than there was");
        }
        Ok(Gap {
            position: self.header.first + u64::from(self.read),
            space: space.space,
            space_sequence: space.next,
            space_back: space.back,
            count,
        })
    }

    #[inline]
    fn entry(&mut self, flags: u8) -> Result<Entry<'a>, Malformed> {
        let (space, _) = self.space(flags, Some(1))?;
        if flags & SAME_SCHEMA == 0 {
            self.schema = Some(SchemaId(self.cursor.small()?));
        }
        let schema = self.schema.ok_or("its first record has no schema")?;
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
        if sequence == 0 {
            return Err("a sequence is zero");
        }
        Ok(Entry {
            position: self.header.first + u64::from(self.read),
            space: space.space,
            space_sequence: space.next,
            space_back: space.back,
            schema,
            id,
            sequence,
            back,
            time,
            fact,
            payload,
            metadata,
        })
    }

    fn flags(&mut self) -> Result<u8, Malformed> {
        let flags = self.cursor.byte()?;
        if flags & !FLAGS_MASK == 0 { Ok(flags) } else { Err("a record has unknown flags") }
    }

    fn item(&mut self) -> Result<Item<'a>, Malformed> {
        let flags = self.flags()?;
        if flags & ERASED != 0 {
            let gap = self.gap(flags)?;
            self.read += gap.count;
            return Ok(Item::Gap(gap));
        }
        let entry = self.entry(flags)?;
        self.read += 1;
        Ok(Item::Record(entry))
    }

    /// Nothing is read behind what is wrong.
    #[cold]
    fn give_up(&mut self, why: Malformed) -> Malformed {
        self.read = self.header.count;
        self.cursor = Cursor::new(&[], 0);
        why
    }

    /// The end, or that it is not one.
    #[cold]
    fn end(&mut self) -> Option<Malformed> {
        let whole = self.cursor.is_at_end();
        // Said once: afterwards the cursor stands at the end.
        self.cursor = Cursor::new(&[], 0);
        (!whole).then_some("bytes are left behind its last record")
    }

    /// The next record, or the next places of erased ones.
    pub(super) fn next_item(&mut self) -> Option<Result<Item<'a>, Malformed>> {
        if self.read == self.header.count {
            return self.end().map(Err);
        }
        let item = self.item();
        Some(item.map_err(|why| self.give_up(why)))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Malformed>;

    // As `next_item`, without an item on the way: this is what every record read comes through.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.read == self.header.count {
                return self.end().map(Err);
            }
            let entry = match self.flags() {
                Ok(flags) if flags & ERASED == 0 => self.entry(flags),
                Ok(flags) => match self.gap(flags) {
                    Ok(gap) => {
                        self.read += gap.count;
                        continue;
                    }
                    Err(why) => Err(why),
                },
                Err(why) => Err(why),
            };
            self.read += 1;
            return Some(entry.map_err(|why| self.give_up(why)));
        }
    }
}
