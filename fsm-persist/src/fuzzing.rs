//! Entry points to the decoders of what is stored, for the fuzz targets in `fuzz/`.
//!
//! Not part of the interface: it is hidden, behind the cargo feature `fuzzing`, and changes with
//! the format. Each takes any bytes. None may panic, hang, or ask for memory without bound; each
//! panics on purpose if what was written does not come back.
//!
//! Checksums are mended first: random bytes would never get past them, and what is behind them must
//! hold as well.

use bytes::Bytes;
use fsm_core::Timestamp;
use fsm_core::journal::{
    Batch, Fact, FactCode, KindId, MachineKey, Metadata, Record, SchemaId, Sequence, SpaceId,
};
use sled::IVec;

use super::chunk::{
    CHUNK_HEADER_BYTES, CHUNK_MAGIC, ChunkStart, ChunkWriter, Draft, REWRITTEN_MAGIC, checksum,
    slots,
};
use super::heads::Head;
use super::layout::FORMAT_VERSION;
use super::manifest::{Extent, Manifest};
use super::mark::{self, MARK_BYTES};
use super::run;
use super::scan::{Chunk, Header, Item};
use super::store::Place;
use super::varint::{Cursor, Malformed, put, put_signed};

/// A chunk as it is, and with a right length and checksum: all of its records are read.
pub fn chunk(bytes: &[u8]) {
    Header::read(bytes).ok();
    read_chunk(bytes.to_vec());
    let mut mended = bytes.to_vec();
    if mended.len() < CHUNK_HEADER_BYTES {
        return;
    }
    let magic = if mended[0].is_multiple_of(2) { CHUNK_MAGIC } else { REWRITTEN_MAGIC };
    mended[..2].copy_from_slice(&[magic, FORMAT_VERSION]);
    let length = mended.len();
    mended[2..4].copy_from_slice(&slots(length).to_le_bytes());
    mended[24..28].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    let crc = checksum(&mended);
    mended[4..8].copy_from_slice(&crc.to_le_bytes());
    read_chunk(mended);
}

fn read_chunk(bytes: Vec<u8>) {
    let length = bytes.len();
    let Ok(chunk) = Chunk::read(Place::Log, Bytes::from(bytes)) else { return };
    let mut items = chunk.entries();
    let mut places = 0;
    while let Some(Ok(item)) = items.next_item() {
        places += match item {
            Item::Record(_) => 1,
            Item::Gap(gap) => gap.count,
        };
    }
    assert!(places <= chunk.header().count, "more places than the header says");
    let mut count = 0;
    for entry in chunk.entries() {
        count += 1;
        // A record takes a byte at least, whatever the header says.
        assert!(count <= length + 1, "more records than bytes");
        let Ok(entry) = entry else { continue };
        drop(chunk.record(&entry, KindId(1)));
    }
    assert!(chunk.header().next_slot() > chunk.slot(), "a chunk leads back");
}

/// Records that the bytes make up are packed into a chunk, and come back.
///
/// # Panics
///
/// If they do not.
pub fn records(bytes: &[u8]) {
    let mut source = Source(bytes);
    let start = ChunkStart {
        slot: source.number() >> 8,
        first: 1 + (source.number() >> 8),
        previous: source.number() as u32,
        epoch: source.number() as u32,
    };
    let mut batch = Batch::new();
    while batch.len() < 200 && !source.0.is_empty() {
        source.push(&mut batch);
    }
    let mut writer = ChunkWriter::new();
    let mut packed = 0;
    for (record, payload) in batch.records() {
        if packed == 0 {
            writer.begin(start, record.time);
        }
        let space = Head { slot: start.slot / 2, sequence: 1 + packed };
        if !writer.push(&Draft::of(record, payload), space, start.slot / 2) {
            break;
        }
        packed += 1;
    }
    if packed == 0 {
        return;
    }
    let mut values: Vec<(u64, IVec)> = Vec::new();
    let next = writer.finish(&mut values);
    assert_eq!(next.first, start.first + packed);
    assert_eq!(next.slot, start.slot + values.len() as u64);
    let joined = values.iter().enumerate().flat_map(|(at, (_, value))| {
        let header = if at == 0 { 0 } else { super::chunk::PART_HEADER_BYTES };
        value[header..].to_vec()
    });
    let chunk = Chunk::read(Place::Log, Bytes::from(joined.collect::<Vec<u8>>()));
    let chunk = chunk.unwrap_or_else(|why| panic!("the chunk that was written: {why}"));
    let mut read = chunk.entries();
    for (number, (record, payload)) in (start.first..next.first).zip(batch.records()) {
        let entry = read.next().and_then(Result::ok).unwrap_or_else(|| panic!("record {number}"));
        let found = chunk.record(&entry, record.machine.kind);
        let found = found.unwrap_or_else(|why| panic!("record {number}: {why}"));
        assert_same(&found, number, record, payload);
    }
    assert!(read.next().is_none(), "more records than were written");
}

fn assert_same(
    found: &Record,
    position: u64,
    written: &fsm_core::journal::NewRecord,
    bytes: &[u8],
) {
    assert_eq!(found.position.0, position);
    assert_eq!(found.machine, written.machine);
    assert_eq!(found.sequence, written.sequence);
    assert_eq!(found.time, written.time);
    assert_eq!(found.schema, written.schema);
    assert_eq!(found.fact, written.fact);
    assert_eq!(found.payload, bytes);
    assert_eq!(found.metadata, written.metadata.as_deref().unwrap_or_default());
}

/// The entries of a block of the index.
pub fn block(bytes: &[u8]) {
    for entry in bytes.chunks(28) {
        if let Ok((hash, head)) = run::decode(entry) {
            let mut again = hash.to_be_bytes().to_vec();
            again.extend_from_slice(&head.slot.to_be_bytes()[2..]);
            again.extend_from_slice(&head.sequence.to_be_bytes()[2..]);
            assert_eq!(again, entry);
        }
    }
}

/// The manifest of the index, as it is and with a right checksum.
pub fn manifest(bytes: &[u8]) {
    drop(Manifest::decode(bytes));
    let mut mended = bytes.to_vec();
    let Some((crc, rest)) = mended.split_first_chunk_mut::<4>() else { return };
    *crc = crc32c::crc32c(rest).to_le_bytes();
    if let Ok(manifest) = Manifest::decode(&mended) {
        assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest));
    }
}

/// A copy of the mark in the file `head`, as it is and with a right checksum.
pub fn head(bytes: &[u8]) {
    let Some(copy) = bytes.first_chunk::<MARK_BYTES>() else { return };
    let _whole = mark::decode(copy);
    let mut mended = *copy;
    mended[..4].copy_from_slice(b"FSMH");
    let crc = crc32c::crc32c(&mended[..32]);
    mended[32..].copy_from_slice(&crc.to_le_bytes());
    let read = mark::decode(&mended);
    assert!(matches!(read, Some((_, Extent { .. }))), "a mark with a right checksum");
}

/// Numbers of any length come back, and bytes that are none are refused.
pub fn numbers(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes, 0);
    while let Ok(value) = cursor.number() {
        let mut again = Vec::new();
        put(&mut again, value);
        assert_eq!(Cursor::new(&again, 0).number(), Ok(value));
        again.clear();
        put_signed(&mut again, value as i64);
        assert_eq!(Cursor::new(&again, 0).signed(), Ok(value as i64));
    }
    let _small: Result<u16, Malformed> = Cursor::new(bytes, 0).small();
}

/// Takes what it needs off the front.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        byte
    }

    /// Mostly small, sometimes of all sizes.
    fn number(&mut self) -> u64 {
        let length = self.byte() % 9;
        (0..length).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }

    fn take(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte()) << (self.byte() % 8);
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }

    fn push(&mut self, batch: &mut Batch) {
        let machine = MachineKey {
            space: SpaceId((self.number() % 4) as u32),
            kind: KindId(1),
            id: String::from_utf8_lossy(&self.take()).into_owned().into(),
        };
        let code = FactCode { tag: self.byte() % 12, numbers: [self.number(), self.number()] };
        let fact = Fact::from_code(code).unwrap_or(Fact::Created);
        let sequence = Sequence(1 + (self.number() >> 1));
        let time = Timestamp::from_micros(self.number() as i64);
        let schema = SchemaId(self.number() as u32 % 3);
        let key = self.byte().is_multiple_of(4).then(|| "key".to_owned());
        let metadata = Metadata { key, ..Metadata::default() }.encode();
        batch.payload_buffer().extend_from_slice(&self.take());
        batch.push_annotated(machine, sequence, time, schema, fact, metadata);
    }
}
