//! Carving: what a journal wrote, out of sled's raw file, when sled cannot make sense of it.
//!
//! sled writes messages into segments of half a megabyte, and each says its place in the order of
//! all writes. They are played back in that order into an empty database: of each key the last
//! value that is whole stays. Where a message cannot be read, the bytes are searched for chunks: a
//! chunk says its slot, and its checksum is over it.
//!
//! So the newest version of a chunk wins, and of one whose newest version is damaged the one
//! before. Records that were erased in a version that is damaged come back with it, unless the
//! note of the erasure is still there.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;

use super::carve_message::{Message, Write, message};
use super::chunk::{CHUNK_MAGIC, PART_MAGIC, REWRITTEN_MAGIC, spread};
use super::layout::{FORMAT_VERSION, SEGMENT_BYTES, VALUE_BYTES_MAX, slot_key};
use super::progress::Teller;
use super::repair::io;
use super::scan::{Chunk, Header};
use super::store::{Place, Store, StoreError, guarded};
use super::{cursor, meta};

/// The length of the header of a segment of sled's.
const SEGMENT_HEADER_BYTES: usize = 20;
/// sled keeps the checksums and numbers of that header inverted.
const INVERTED_CRC: u32 = u32::MAX;
const INVERTED_LSN: i64 = i64::MAX;

/// Plays back what is in sled's file `db` into an empty database.
pub(super) fn carve(db: &Path, into: &Store, teller: &mut Teller<'_>) -> Result<(), StoreError> {
    let failed = |source| io("read the file `db`", source);
    let file = File::open(db).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut segments = Vec::new();
    let mut buffer = Vec::new();
    for offset in (0..length).step_by(SEGMENT_BYTES) {
        read_segment(&file, offset, length, &mut buffer).map_err(failed)?;
        segments.push((segment_number(&buffer), offset));
        teller.tell(offset, 2 * length);
    }
    segments.sort_unstable();
    let (owners, kept, prefixes) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut playing = Playing { into, owners, kept, prefixes };
    for (done, &(number, offset)) in segments.iter().enumerate() {
        read_segment(&file, offset, length, &mut buffer).map_err(failed)?;
        playing.segment(&buffer, number)?;
        into.flush()?;
        teller.tell_now(length + done as u64 * SEGMENT_BYTES as u64, 2 * length);
    }
    Ok(())
}

fn read_segment(
    file: &File,
    offset: u64,
    length: u64,
    buffer: &mut Vec<u8>,
) -> std::io::Result<()> {
    let bytes = (length - offset).min(SEGMENT_BYTES as u64) as usize;
    buffer.resize(bytes, 0);
    file.read_exact_at(buffer, offset)
}

/// A segment's place in the order of all writes: as its header says, or else any message in it.
fn segment_number(segment: &[u8]) -> Option<u64> {
    let header = || {
        let crc = u32::from_le_bytes(segment.get(..4)?.try_into().ok()?);
        let lsn = i64::from_le_bytes(segment.get(4..12)?.try_into().ok()?);
        let checked = segment.get(4..SEGMENT_HEADER_BYTES)?;
        if crc32fast::hash(checked) != crc ^ INVERTED_CRC {
            return None;
        }
        u64::try_from(lsn ^ INVERTED_LSN).ok().map(|lsn| lsn / SEGMENT_BYTES as u64)
    };
    header().or_else(|| {
        let mut places = SEGMENT_HEADER_BYTES..segment.len();
        places.find_map(|at| message(&segment[at..], None)).map(|found| found.segment)
    })
}

/// What of a page is small and can be taken back: its keys.
type Keys = Vec<Vec<u8>>;

/// The playback.
struct Playing<'a> {
    into: &'a Store,
    /// Of what is kept beside the log: the page a key is in, and the keys of a page.
    owners: HashMap<Vec<u8>, u64>,
    kept: HashMap<u64, Keys>,
    /// What the keys of a page begin with, and do not say.
    prefixes: HashMap<u64, Vec<u8>>,
}

impl Playing<'_> {
    fn segment(&mut self, segment: &[u8], number: Option<u64>) -> Result<(), StoreError> {
        let mut at = SEGMENT_HEADER_BYTES;
        while let Some(rest) = segment.get(at..).filter(|rest| !rest.is_empty()) {
            at += match message(rest, number) {
                Some(found) => {
                    let bytes = found.bytes;
                    self.message(found)?;
                    bytes
                }
                None => self.loose_chunk(rest)?.unwrap_or(1),
            };
        }
        Ok(())
    }

    /// A chunk that stands in bytes that are no message; how many bytes it has.
    fn loose_chunk(&self, bytes: &[u8]) -> Result<Option<usize>, StoreError> {
        if !matches!(bytes, [CHUNK_MAGIC | REWRITTEN_MAGIC, FORMAT_VERSION, ..]) {
            return Ok(None);
        }
        let Ok(header) = Header::read(bytes) else { return Ok(None) };
        let length = header.bytes as usize;
        let Some(chunk) = bytes.get(..length).filter(|_| length <= VALUE_BYTES_MAX) else {
            return Ok(None);
        };
        if Chunk::read(Place::Log, Bytes::copy_from_slice(chunk)).is_err() {
            return Ok(None);
        }
        self.put_chunk(header, chunk)?;
        Ok(Some(length))
    }

    fn message(&mut self, message: Message<'_>) -> Result<(), StoreError> {
        match message.write {
            Write::Other => Ok(()),
            Write::Set(key, value) => {
                let key = self.whole(message.page, key);
                self.set(message.page, &key, value)
            }
            Write::Remove(key) => self.remove(&self.whole(message.page, key)),
            Write::Page(prefix, pairs) => {
                match prefix {
                    [] => self.prefixes.remove(&message.page),
                    _ => self.prefixes.insert(message.page, prefix.to_vec()),
                };
                let before = self.kept.remove(&message.page).unwrap_or_default();
                for (key, value) in &pairs {
                    self.set(message.page, key, value)?;
                }
                for key in before {
                    // Gone from its page, and not to another one.
                    let here = self.owners.get(&key) == Some(&message.page);
                    if here && !pairs.iter().any(|(kept, _)| *kept == key) {
                        self.remove(&key)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn whole(&self, page: u64, key: &[u8]) -> Vec<u8> {
        let prefix = self.prefixes.get(&page).map_or(&[][..], Vec::as_slice);
        [prefix, key].concat()
    }

    fn set(&mut self, page: u64, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if is_slot(key, value) {
            return self.set_slot(key, value);
        }
        // Of a page that cannot be read the beginning of the keys is lost; a chunk says its slot.
        if self.loose_chunk(value)?.is_some() {
            return Ok(());
        }
        let tree = if cursor::decode(key, value).is_ok() {
            &self.into.cursors
        } else if meta::is_key(key) {
            &self.into.meta
        } else {
            // The index is built anew, and snapshots are not carried over.
            return Ok(());
        };
        self.into.insert(tree, key, value)?;
        self.owners.insert(key.to_vec(), page);
        let kept = self.kept.entry(page).or_default();
        if !kept.iter().any(|known| known == key) {
            kept.push(key.to_vec());
        }
        Ok(())
    }

    fn set_slot(&self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let slot = key.try_into().map(u64::from_be_bytes).unwrap_or(u64::MAX);
        let is_first = matches!(value, [CHUNK_MAGIC | REWRITTEN_MAGIC, ..]);
        let header = Header::read(value).ok().filter(|_| is_first);
        let is_whole = header.is_none_or(|header| header.bytes as usize <= VALUE_BYTES_MAX);
        if is_first && header.is_none() {
            return Ok(());
        }
        let Some(header) = header else { return self.put_slot(key, value) };
        if is_whole {
            let chunk = Chunk::read(Place::Log, Bytes::copy_from_slice(value));
            return chunk.map_or(Ok(()), |_| self.put_chunk(header, value));
        }
        if header.slot == slot { self.put_slot(key, value) } else { Ok(()) }
    }

    /// Puts a chunk of one value into its slots, also one that was merged and has a number for a
    /// key.
    fn put_chunk(&self, header: Header, chunk: &[u8]) -> Result<(), StoreError> {
        // sled may write a leaf again before all of its slots are removed. What was merged stays
        // merged.
        let known = self.into.header(header.slot).ok().flatten();
        if known.is_some_and(|known| known.slots > header.slots) {
            return Ok(());
        }
        let mut values = Vec::new();
        spread(header.slot, header.slots, chunk, &mut values);
        values.iter().try_for_each(|(slot, value)| self.put_slot(&slot_key(*slot), value))
    }

    fn put_slot(&self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let known = self.into.get(&self.into.log, key)?;
        // sled writes most values several times. And nothing that was written is ever made empty:
        // that is a number laid out for a merged chunk.
        if known.is_some_and(|known| known == value || (value.is_empty() && !known.is_empty())) {
            return Ok(());
        }
        self.into.insert(&self.into.log, key, value)
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.owners.remove(key);
        let store = self.into;
        guarded("take back what was removed", || {
            if matches!(key, [0, 0, _, _, _, _, _, _]) {
                // Slots are removed when what they hold is among the merged chunks, from which it
                // was put back here.
            } else if meta::is_key(key) {
                store.meta.remove(key)?;
            } else {
                store.cursors.remove(key)?;
            }
            Ok(())
        })
    }
}

/// Whether it is a slot of the log: no log is so long that the first bytes are not zero.
fn is_slot(key: &[u8], value: &[u8]) -> bool {
    let magic =
        matches!(value, [] | [CHUNK_MAGIC | REWRITTEN_MAGIC | PART_MAGIC, FORMAT_VERSION, ..]);
    magic && matches!(key, [0, 0, _, _, _, _, _, _])
}
