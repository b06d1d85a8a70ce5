//! Opening: what is there is found, checked and brought to where the writer can go on.

use std::path::Path;
use std::sync::Arc;

use fsm_core::journal::{Fact, Position};

use super::directory;
use super::erasure::Erasures;
use super::error::OpenError;
use super::heads::{Head, NameHasher};
use super::index::Index;
use super::layout::{FORMAT_VERSION, slot_key};
use super::manifest::{Extent, Manifest};
use super::mark::{Mark, MarkFile};
use super::meta;
use super::scan::{Chunk, Entry, Header, Item};
use super::shared::Known;
use super::spaces::SpaceTable;
use super::store::{Store, StoreError, guarded, sync};
use super::varint::Malformed;

/// What was found when a journal was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenReport {
    /// Whether the journal was created.
    pub created: bool,
    /// How many records it has.
    pub records: u64,
    /// How many chunks of the log had to be read: those behind the last checkpoint of the index.
    pub chunks_read: u64,
    /// Why the index was built anew from the whole log, if it was.
    pub index_rebuilt: Option<&'static str>,
    /// How often the journal has been opened.
    pub epoch: u32,
}

/// An opened journal, not yet running.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: Store,
    pub(super) index: Index,
    pub(super) known: Known,
    /// The slot from which on chunks were not looked at for merging.
    pub(super) merged: u64,
    pub(super) hasher: NameHasher,
    pub(super) mark: MarkFile,
    /// How far the log goes.
    pub(super) end: Extent,
    /// The slot of its last chunk.
    pub(super) last_slot: u64,
    /// The slot behind the empty ones that are laid out.
    pub(super) laid_out: u64,
    pub(super) report: OpenReport,
}

/// The end of the log, as sled has it.
#[derive(Clone, Copy, Debug)]
struct Tail {
    end: Extent,
    last_slot: u64,
    laid_out: u64,
}

/// Opens the journal in `path`.
pub(super) fn open(path: &Path, cache: u64, interval: u64) -> Result<Opened, OpenError> {
    directory::prepare(path)?;
    let is_ours = directory::remove_unfinished(path);
    if !is_ours.map_err(|error| directory::failed("remove old files in", path, error))? {
        return Err(OpenError::Locked { path: path.to_owned() });
    }
    directory::trim_database(path)?;
    let opened = MarkFile::open(path);
    let (mark, marked) =
        opened.map_err(|error| directory::failed("open `head` in", path, error))?;
    if marked == Mark::Absent {
        directory::begin(path)?;
    }
    let store = Store::open(path, cache).map_err(|error| refused(path, 0, error))?;
    let opened = read(path, store.clone(), (mark, marked), interval);
    // sled syncs when the last handle is dropped, and panics if that fails.
    let let_go = guarded("close the database", || {
        drop(store);
        Ok(())
    });
    if opened.is_err() {
        drop(let_go);
        // So that whoever mends it can open it at once.
        directory::wait_until_unlocked(path);
    }
    opened
}

/// Reads what is there, and writes that it was opened.
pub(super) fn read(
    path: &Path,
    store: Store,
    (mut mark, marked): (MarkFile, Mark),
    interval: u64,
) -> Result<Opened, OpenError> {
    let failed = |error| refused(path, 0, error);
    let created = meta::format_version(&store).map_err(failed)?.is_none();
    if created {
        if !marked.is_nothing() {
            return Err(lost(path, marked));
        }
        meta::create(&store).map_err(failed)?;
    }
    let version = meta::format_version(&store).map_err(failed)?.unwrap_or(0);
    if version != FORMAT_VERSION {
        let path = path.to_owned();
        return Err(OpenError::Newer { path, found: version, known: FORMAT_VERSION });
    }
    let tail = tail(&store).map_err(failed)?;
    let marked = marked.beside(tail.end.position);
    check_mark(path, &store, marked, tail)?;
    check_last(path, &store, tail)?;
    let known = Known {
        schemas: meta::read_schemas(&store).map_err(failed)?,
        spaces: SpaceTable::read(&store).map_err(failed)?,
        erasures: Erasures::read(&store).map_err(failed)?,
    };
    let merged = merged(&store, tail).map_err(failed)?;
    let hasher = NameHasher::new(&meta::secret(&store).map_err(failed)?);
    let mut reader = Reader { path, store: &store, known: &known, hasher: hasher.clone() };
    let (index, chunks_read, index_rebuilt) = reader.index(tail, interval)?;
    let epoch = meta::raise_epoch(&store).map_err(failed)?;
    store.flush().map_err(failed)?;
    let database = directory::open_database(path)?;
    sync(&database, "sync the database").map_err(failed)?;
    if marked == Mark::Absent {
        // Only now is it created, however often that was tried; nothing was answered before.
        directory::settle(path)?;
        let last = Extent { slot: tail.last_slot, ..tail.end };
        mark.begin(last).map_err(|error| directory::failed("write `head` in", path, error))?;
    }
    let records = tail.end.position;
    let report = OpenReport { created, records, chunks_read, index_rebuilt, epoch };
    let Tail { end, last_slot, laid_out } = tail;
    Ok(Opened { store, index, known, merged, hasher, mark, end, last_slot, laid_out, report })
}

/// From which slot on chunks are to be looked at for merging.
fn merged(store: &Store, tail: Tail) -> Result<u64, StoreError> {
    let packed = store.packed.end()?;
    let Some(last) = store.packed.count().checked_sub(1) else {
        return Ok(meta::merged(store)?.min(tail.last_slot));
    };
    // The last one may have been written, and what it was merged from not yet been removed.
    let value = store.packed.value(last)?;
    let header = Header::read(&value);
    let header = header.map_err(|why| StoreError::Packed { number: last, why })?;
    if store.get(&store.log, &slot_key(header.slot))?.is_some() {
        store.remove(header.slot..header.next_slot())?;
    }
    Ok(meta::merged(store)?.min(tail.last_slot).max(packed))
}

/// Finds the last slot that was written; a few empty ones are behind it.
fn tail(store: &Store) -> Result<Tail, StoreError> {
    let mut laid_out = None;
    let mut last = None;
    guarded("find the end of the log", || {
        for pair in store.log.iter().rev() {
            let (key, value) = pair?;
            let slot = key.as_ref().try_into().map(u64::from_be_bytes).unwrap_or(0);
            laid_out.get_or_insert(slot + 1);
            if !value.is_empty() {
                last = Some(slot);
                break;
            }
        }
        Ok(())
    })?;
    let laid_out = laid_out.unwrap_or(0);
    let Some(last) = last else {
        return Ok(Tail { end: Extent::NOTHING, last_slot: 0, laid_out });
    };
    let damaged = |why| StoreError::Damaged { slot: last, why };
    let header = store.header(last)?.ok_or(damaged("it is missing"))?;
    // One that was rewritten may have fewer values than slots.
    let rewritten = header.link != header.crc && header.next_slot() > last;
    if header.next_slot() != last + 1 && !rewritten {
        return Err(damaged("the last chunk is not whole"));
    }
    let laid_out = laid_out.max(header.next_slot());
    let end = Extent { slot: header.next_slot(), position: header.end() - 1, crc: header.link };
    Ok(Tail { end, last_slot: header.slot, laid_out })
}

/// What the high-water mark says must be there.
fn check_mark(path: &Path, store: &Store, marked: Mark, tail: Tail) -> Result<(), OpenError> {
    let Mark::At(mark) = marked else {
        return match marked {
            Mark::Damaged => Err(lost(path, marked)),
            Mark::Absent | Mark::At(_) => Ok(()),
        };
    };
    if mark.position == 0 {
        return Ok(());
    }
    if mark.position > tail.end.position {
        return Err(OpenError::Behind {
            path: path.to_owned(),
            found: Position(tail.end.position),
            missing: mark.position - tail.end.position,
        });
    }
    let found = store.header(mark.slot).map_err(|error| refused(path, mark.position, error))?;
    match found {
        // Merged with others since; the chain is checked when they are read.
        Some(header) if header.slot != mark.slot && header.end() > mark.position => Ok(()),
        Some(header) if header.slot == mark.slot && header.link == mark.crc => Ok(()),
        _ => Err(OpenError::Damaged {
            path: path.to_owned(),
            position: Position(mark.position),
            why: "the chunk there is not the one that the file `head` knows".to_owned(),
        }),
    }
}

/// The last chunk, which the next one will name, must be whole.
fn check_last(path: &Path, store: &Store, tail: Tail) -> Result<(), OpenError> {
    if tail.end.position == 0 {
        return Ok(());
    }
    let header = store.header(tail.last_slot);
    let before = header.ok().flatten().map_or(0, |header| header.first - 1);
    let last = store.chunk(tail.last_slot);
    last.map(|_| ()).map_err(|error| refused(path, before, error))
}

/// The database says that it is new, or the mark cannot be read.
fn lost(path: &Path, marked: Mark) -> OpenError {
    let path = path.to_owned();
    match marked {
        Mark::At(mark) => {
            OpenError::Behind { path, found: Position::START, missing: mark.position }
        }
        Mark::Absent | Mark::Damaged => OpenError::Damaged {
            path,
            position: Position::START,
            why: "neither copy of the mark in the file `head` can be read".to_owned(),
        },
    }
}

/// What the storage's refusal means, with everything up to `position` known to be whole.
fn refused(path: &Path, position: u64, error: StoreError) -> OpenError {
    let path = path.to_owned();
    let damaged =
        |path, why: String| OpenError::Damaged { path, position: Position(position), why };
    match &error {
        StoreError::Damaged { .. }
        | StoreError::Document { .. }
        | StoreError::Packed { .. }
        | StoreError::Panic { .. } => damaged(path, error.to_string()),
        StoreError::Sled { source, .. } => match &**source {
            sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => {
                damaged(path, error.to_string())
            }
            sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => {
                OpenError::Locked { path }
            }
            _ => OpenError::Storage { path, source: Arc::new(error) },
        },
        StoreError::Io { .. } | StoreError::Index { .. } => {
            OpenError::Storage { path, source: Arc::new(error) }
        }
    }
}

/// Reads the log to bring the index up to its end.
#[derive(Debug)]
struct Reader<'a> {
    path: &'a Path,
    store: &'a Store,
    known: &'a Known,
    hasher: NameHasher,
}

type Rebuilt = Option<&'static str>;

impl Reader<'_> {
    /// The index, how many chunks were read for it, and why it was built anew if it was.
    fn index(&mut self, tail: Tail, interval: u64) -> Result<(Index, u64, Rebuilt), OpenError> {
        let end = tail.end;
        let store = self.store;
        let read = Manifest::read(store).map_err(|error| refused(self.path, 0, error))?;
        let known = read.and_then(|manifest| match manifest.covered {
            covered if covered.position > end.position || covered.slot > end.slot => {
                Err("the index is ahead of the log")
            }
            _ => Ok(manifest),
        });
        let why = match known {
            Ok(manifest) => {
                let mut index = Index::new(manifest, interval);
                let covered = index.covered().position;
                for machine in self.known.erasures.unknown(covered, &mut self.hasher) {
                    index.apply_one(machine, Head::default());
                }
                let chunks = self.read_log(&mut index, end, false)?;
                return Ok((index, chunks, None));
            }
            Err(why) => why,
        };
        guarded("clear the index", || store.index.clear())
            .map_err(|error| refused(self.path, 0, error))?;
        let mut index = Index::new(Manifest::EMPTY, interval);
        let chunks = self.read_log(&mut index, end, true)?;
        let write = index.write_manifest(store).and_then(|()| store.flush());
        write.map_err(|error| refused(self.path, end.position, error))?;
        Ok((index, chunks, (end.position > 0).then_some(why)))
    }

    /// Reads the chunks behind what the index covers. When `all` of the log is read, checkpoints
    /// are written on the way, so that not all heads are in memory.
    fn read_log(&mut self, index: &mut Index, end: Extent, all: bool) -> Result<u64, OpenError> {
        let mut at = index.covered();
        let mut chunks = 0;
        while at.slot < end.slot {
            let chunk = self.store.chunk(at.slot);
            let chunk = chunk.map_err(|error| refused(self.path, at.position, error))?;
            at = self.read_chunk(index, at, &chunk)?;
            chunks += 1;
            if all {
                index.begin_checkpoint(at);
                let finished = index.finish(self.store);
                finished.map_err(|error| refused(self.path, at.position, error))?;
                if chunks % FLUSH_CHUNKS == 0 {
                    self.store.flush().map_err(|error| refused(self.path, at.position, error))?;
                }
            }
        }
        Ok(chunks)
    }

    fn read_chunk(
        &mut self,
        index: &mut Index,
        at: Extent,
        chunk: &Chunk,
    ) -> Result<Extent, OpenError> {
        let header = *chunk.header();
        let damaged = |position: u64, why: &str| OpenError::Damaged {
            path: self.path.to_owned(),
            position: Position(position),
            why: why.to_owned(),
        };
        let next = at.position + 1;
        // What the index covers may end within chunks that were merged since.
        let merged = header.slot < at.slot && header.first < next && next < header.end();
        if !merged && (header.first != next || header.previous != at.crc) {
            return Err(damaged(at.position, "the next chunk does not follow"));
        }
        let slot = chunk.slot();
        let mut items = chunk.entries();
        while let Some(item) = items.next_item() {
            match item.map_err(|why| damaged(at.position, why))? {
                Item::Record(entry) if entry.position <= at.position => {}
                Item::Record(entry) => {
                    self.take(index, &entry, slot).map_err(|why| damaged(entry.position, why))?;
                }
                Item::Gap(gap) => {
                    let sequence = gap.space_sequence + u64::from(gap.count) - 1;
                    let space = self.hasher.space(gap.space);
                    if self.known.spaces.has(gap.space) && gap.position > at.position {
                        index.apply_one(space, Head { slot, sequence });
                    }
                }
            }
        }
        index.add_records(header.end() - at.position - 1);
        Ok(Extent { slot: header.next_slot(), position: header.end() - 1, crc: header.link })
    }

    fn take(&mut self, index: &mut Index, entry: &Entry<'_>, slot: u64) -> Result<(), Malformed> {
        if self.known.spaces.has(entry.space) {
            let space = self.hasher.space(entry.space);
            index.apply_one(space, Head { slot, sequence: entry.space_sequence });
        }
        let kind = self.known.schemas.kind_of(entry.schema);
        if self.known.erasures.cover(entry, kind) {
            return Ok(());
        }
        let kind = kind.ok_or("its schema is not known")?;
        let machine = self.hasher.parts(kind, entry.space, entry.id);
        // One that was forgotten may begin anew, also with a base if it was trimmed since.
        let is_base = matches!(entry.fact, Fact::Base { .. });
        let begins = |head: Head| entry.sequence == 1 || (head.sequence == 0 && is_base);
        let follows = |head: Head| head.sequence + 1 == entry.sequence || begins(head);
        if index.recent(machine).is_some_and(|head| !follows(head)) {
            return Err("it does not follow its machine's last one");
        }
        index.apply_one(machine, Head { slot, sequence: entry.sequence });
        Ok(())
    }
}

/// While the log is read to build the index, sled is made to write this often.
const FLUSH_CHUNKS: u64 = 256;
