//! The boundary to sled: its trees, and its errors and panics turned into errors of ours.
//!
//! Only the writer writes, flushes and syncs; reading is for everybody.

use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use sled::{Db, IVec, Tree};

use super::chunk::{PART_HEADER_BYTES, PART_MAGIC, slots};
use super::layout::{FORMAT_VERSION, SEGMENT_BYTES, slot_key};
use super::packed::Packed;
use super::scan::{Chunk, Header};

/// What sled said, or what it panicked with.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("cannot {what}: {source}")]
    Sled { what: &'static str, source: Arc<sled::Error> },
    #[error("cannot {what}: sled panicked: {panic}")]
    Panic { what: &'static str, panic: String },
    #[error("cannot {what}: {source}")]
    Io { what: &'static str, source: Arc<std::io::Error> },
    #[error("what is stored in slot {slot} is damaged: {why}")]
    Damaged { slot: u64, why: &'static str },
    #[error("the merged chunk {number} is damaged: {why}")]
    Packed { number: u64, why: &'static str },
    #[error("what is kept beside the log is damaged: {why}")]
    Document { why: &'static str },
    #[error("the index is damaged, and is built anew when the journal is opened again: {why}")]
    Index { why: &'static str },
}

/// Where a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In its slots of the log.
    Log,
    /// Among the merged ones, with this number.
    Packed(u64),
}

/// sled's database and our trees in it. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub(super) struct Store {
    db: Db,
    pub(super) log: Tree,
    pub(super) packed: Arc<Packed>,
    pub(super) index: Tree,
    pub(super) meta: Tree,
    pub(super) snapshots: Tree,
    pub(super) cursors: Tree,
    /// Behind the trees: the last handle's is dropped last.
    _awake: Arc<Awake>,
}

/// The thread that wakes flushes: it ends, and lets go of the database, when this is dropped.
#[derive(Debug)]
struct Awake {
    used: Option<Sender<()>>,
    ended: Mutex<Receiver<()>>,
}

/// How long the end of that thread is waited for.
const END_PATIENCE: Duration = Duration::from_secs(2);

impl Drop for Awake {
    fn drop(&mut self) {
        drop(self.used.take());
        if let Ok(ended) = self.ended.lock() {
            // It sends nothing, and is gone when it has ended.
            let _ = ended.recv_timeout(END_PATIENCE);
        }
    }
}

/// How often it is looked whether a flush waits in vain.
const WAKE_INTERVAL: Duration = Duration::from_millis(250);

impl Store {
    /// Opens or creates the database.
    pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        guarded("open the database", || {
            let db = sled::Config::new()
                .path(path)
                .segment_size(SEGMENT_BYTES)
                .cache_capacity(cache_bytes)
                // Its flusher thread would race with the writer; the writer flushes.
                .flush_every_ms(None)
                .open()?;
            let awake = keep_awake(db.clone())?;
            let (log, index, meta) =
                (db.open_tree("log")?, db.open_tree("index")?, db.open_tree("meta")?);
            let (snapshots, cursors) = (db.open_tree("snapshot")?, db.open_tree("cursor")?);
            let packed = Arc::new(Packed::open(db.open_tree("packed")?)?);
            Ok(Self { db, log, packed, index, meta, snapshots, cursors, _awake: Arc::new(awake) })
        })
    }

    /// Hands everything written to the operating system. It is not on the disk then.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        guarded("flush the database", || self.db.flush().map(|_| ()))
    }

    pub(super) fn get(&self, tree: &Tree, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        guarded("read the database", || tree.get(key))
    }

    pub(super) fn insert(
        &self,
        tree: &Tree,
        key: &[u8],
        value: impl Into<IVec>,
    ) -> Result<(), StoreError> {
        guarded("write to the database", || tree.insert(key, value).map(|_| ()))
    }

    /// Writes the values of one commit, all of them or none.
    pub(super) fn write_log(&self, values: &mut Vec<(u64, IVec)>) -> Result<(), StoreError> {
        if values.len() == 1 {
            // One value is atomic without a batch, and costs one write less.
            let (slot, value) = values.remove(0);
            return self.insert(&self.log, &slot_key(slot), value);
        }
        let mut batch = sled::Batch::default();
        for (slot, value) in values.drain(..) {
            batch.insert(&slot_key(slot), value);
        }
        guarded("write a batch to the database", || self.log.apply_batch(batch))
    }

    /// Removes the slots of the log that were merged.
    pub(super) fn remove(&self, slots: Range<u64>) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        slots.for_each(|slot| batch.remove(&slot_key(slot)));
        guarded("remove slots", || self.log.apply_batch(batch))
    }

    /// The first value of the chunk that has slot `slot`, and where it is; `None` if nothing was
    /// written there.
    fn first_value(&self, slot: u64) -> Result<Option<(Place, IVec)>, StoreError> {
        let value = match self.get(&self.log, &slot_key(slot))? {
            Some(value) if value.is_empty() => return Ok(None),
            Some(value) => value,
            None => {
                let (number, value) = self.packed.find(slot)?.ok_or(missing(slot))?;
                return Ok(Some((Place::Packed(number), value)));
            }
        };
        let Some(part) = part(&value) else { return Ok(Some((Place::Log, value))) };
        let first = slot.saturating_sub(u64::from(part));
        let value = self.get(&self.log, &slot_key(first))?.ok_or(missing(first))?;
        Ok(Some((Place::Log, value)))
    }

    /// The header of the chunk that has slot `slot`; `None` if nothing was written there.
    pub(super) fn header(&self, slot: u64) -> Result<Option<Header>, StoreError> {
        let Some((_, value)) = self.first_value(slot)? else { return Ok(None) };
        let header = Header::read(&value).map_err(|why| StoreError::Damaged { slot, why })?;
        if header.has(slot) { Ok(Some(header)) } else { Err(missing(slot)) }
    }

    /// The header of the chunk that begins in slot `slot` of the log itself, if one does.
    pub(super) fn logged(&self, slot: u64) -> Result<Option<Header>, StoreError> {
        let value = self.get(&self.log, &slot_key(slot))?;
        let Some(value) = value.filter(|value| !value.is_empty() && part(value).is_none()) else {
            return Ok(None);
        };
        let header = Header::read(&value).map_err(|why| StoreError::Damaged { slot, why })?;
        // What cannot be read whole is not there.
        Ok(self.chunk(slot).is_ok().then_some(header))
    }

    /// The chunk that has slot `slot`.
    pub(super) fn chunk(&self, slot: u64) -> Result<Chunk, StoreError> {
        let mut read = self.chunk_once(slot);
        for _ in 0..READ_AGAIN {
            if !matches!(read, Err(StoreError::Damaged { .. })) {
                break;
            }
            // Its values may have been rewritten between two reads. Damage stays.
            read = self.chunk_once(slot);
        }
        read
    }

    fn chunk_once(&self, slot: u64) -> Result<Chunk, StoreError> {
        let damaged = |why| StoreError::Damaged { slot, why };
        let (place, value) = self.first_value(slot)?.ok_or(damaged("it was never written"))?;
        let header = Header::read(&value).map_err(damaged)?;
        if !header.has(slot) {
            return Err(missing(slot));
        }
        let parts = slots(header.bytes as usize);
        let bytes = if parts == 1 {
            Bytes::from_owner(value)
        } else if parts > header.slots || place != Place::Log {
            return Err(damaged("it is larger than its slots"));
        } else {
            self.joined(header.slot, &value, parts)?
        };
        if place == Place::Log {
            self.check_unused(header, parts)?;
        }
        Chunk::read(place, bytes).map_err(damaged)
    }

    /// Slots that a rewritten chunk does not need any more must say that they are its.
    fn check_unused(&self, header: Header, parts: u16) -> Result<(), StoreError> {
        for number in parts..header.slots {
            let slot = header.slot + u64::from(number);
            let value = self.get(&self.log, &slot_key(slot))?.ok_or(missing(slot))?;
            if value.len() != PART_HEADER_BYTES || part(&value) != Some(number) {
                return Err(StoreError::Damaged { slot, why: "a part is not where it belongs" });
            }
        }
        Ok(())
    }

    fn joined(&self, slot: u64, first: &[u8], parts: u16) -> Result<Bytes, StoreError> {
        let damaged = |why| StoreError::Damaged { slot, why };
        let mut bytes = Vec::with_capacity(first.len() * usize::from(parts));
        bytes.extend_from_slice(first);
        for number in 1..parts {
            let at = slot.saturating_add(u64::from(number));
            let value = self.get(&self.log, &slot_key(at))?.ok_or(damaged("a part is missing"))?;
            if part(&value) != Some(number) {
                return Err(damaged("a part is not where it belongs"));
            }
            bytes.extend_from_slice(value.get(PART_HEADER_BYTES..).unwrap_or_default());
        }
        Ok(Bytes::from(bytes))
    }
}

/// The chunk with this slot is not there.
const fn missing(slot: u64) -> StoreError {
    StoreError::Damaged { slot, why: "it is missing" }
}

/// How often a chunk that looks damaged is read again.
const READ_AGAIN: usize = 2;

/// Wakes a flush of sled's that waits for a write which failed in another thread: sled does not
/// tell it, unless somebody else asks. Until then it holds a lock that all databases of the process
/// share.
fn keep_awake(db: Db) -> sled::Result<Awake> {
    let (used, dropped) = channel();
    let (ending, ended) = channel::<()>();
    let waking = thread::Builder::new().name("fsm-waker".to_owned());
    waking.spawn(move || {
        let _ending = ending;
        while dropped.recv_timeout(WAKE_INTERVAL) == Err(RecvTimeoutError::Timeout) {
            if db.context.global_error().is_err() {
                drop(guarded("wake a flush", || db.flush().map(|_| ())));
            }
        }
        // sled syncs when the last handle is dropped, and panics if that fails.
        drop(guarded("close the database", || {
            drop(db);
            Ok(())
        }));
    })?;
    Ok(Awake { used: Some(used), ended: Mutex::new(ended) })
}

/// The number of the part, if the value continues a chunk.
fn part(value: &[u8]) -> Option<u16> {
    match *value {
        [PART_MAGIC, FORMAT_VERSION, low, high, ..] => Some(u16::from_le_bytes([low, high])),
        _ => None,
    }
}

/// Syncs data and length of a file.
pub(super) fn sync(file: &File, what: &'static str) -> Result<(), StoreError> {
    file.sync_data().map_err(|source| StoreError::Io { what, source: Arc::new(source) })
}

/// Calls sled, and makes an error of its panic. sled's structures are shared without locks that a
/// panic could leave shut to us, and whoever gets an error here stops using them.
pub(super) fn guarded<T>(
    what: &'static str,
    call: impl FnOnce() -> sled::Result<T>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(source)) => Err(StoreError::Sled { what, source: Arc::new(source) }),
        Err(panic) => Err(StoreError::Panic { what, panic: panic_text(panic.as_ref()) }),
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "?".to_owned())
}
