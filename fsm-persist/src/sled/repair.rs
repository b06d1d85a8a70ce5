//! Repairing a journal: only what is certain, and nothing is just thrown away.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fsm_core::journal::Position;

use super::cut::CutFile;
use super::error::OpenError;
use super::journal::SledJournal;
use super::manifest::{Extent, Manifest};
use super::mark::{Mark, MarkFile};
use super::options::SledOptions;
use super::progress::{Teller, watched};
use super::store::{Store, StoreError, guarded, sync};
use super::verify::{CACHE_BYTES, PATIENCE, VerifyOptions, check_directory, verify_store};
use super::verify_report::{Part, Verdict};
use super::walk::{Step, Walk, end_slot, values};
use super::{cursor, directory, erasure, meta, open, snapshot};
use crate::progress::Progress;

/// What repairing may do.
///
/// ```
/// use fsm_persist::RepairOptions;
///
/// let options = RepairOptions::new().accept_loss(true);
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RepairOptions {
    accept_loss: bool,
    verify: VerifyOptions,
}

/// What was repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairReport {
    /// The last record there is now.
    pub head: Position,
    /// The records that are gone, from the first to the last, as far as that is known.
    pub cut: Option<(Position, Position)>,
    /// Where what was cut, and what was replaced, is kept.
    pub kept_in: Option<PathBuf>,
    /// Whether the index was dropped and built anew.
    pub index_rebuilt: bool,
    /// Whether the file `head` was written anew from the log.
    pub head_rewritten: bool,
    /// How many snapshots were dropped.
    pub snapshots_dropped: u64,
    /// The cursors that stood behind the end and stand at it now, and where they stood.
    pub cursors_moved: Vec<(String, Position)>,
    /// The cursors that could not be read and are gone.
    pub cursors_dropped: Vec<String>,
}

/// Why a journal was not repaired. Nothing was changed then, but for what
/// [`Storage`](Self::Storage) says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// There is no journal, or it is open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something before valid records is damaged: cutting it off would lose those.
    #[error(
        "the journal in {path:?} cannot be repaired, since it is damaged before valid records{}: \
         {why}; restore a backup, or take what can be read with `SledJournal::salvage`",
        at(*.position)
    )]
    NeedsSalvage {
        /// The directory.
        path: PathBuf,
        /// The first position that is damaged, if it is known.
        position: Option<Position>,
        /// What was found there.
        why: String,
    },
    /// Records that were durable would be given up.
    #[error(
        "the journal in {path:?} ends at {end}, and {why}: restore a backup, or go on without \
         them with `RepairOptions::accept_loss(true)`"
    )]
    WouldLose {
        /// The directory.
        path: PathBuf,
        /// The last record that is whole.
        end: Position,
        /// What would be lost.
        why: String,
    },
    /// What is to be cut could not be kept, or the storage refused: repair it again.
    #[error("cannot repair the journal in {path:?}: {source}")]
    Storage {
        /// The directory.
        path: PathBuf,
        /// What the storage said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl Default for RepairOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl RepairOptions {
    /// Options that accept no loss of durable records.
    pub const fn new() -> Self {
        Self { accept_loss: false, verify: VerifyOptions::new().patience(PATIENCE) }
    }

    /// Whether records that the file `head` knows to have been durable may be given up, and a file
    /// `head` that cannot be read be written anew.
    pub const fn accept_loss(mut self, accept: bool) -> Self {
        self.accept_loss = accept;
        self
    }

    /// How long the database may say nothing before it is given up.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.verify = self.verify.patience(patience);
        self
    }
}

impl SledJournal {
    /// Repairs the closed journal in the directory `path`, as far as it is certain how.
    ///
    /// | what is wrong | what is done |
    /// | --- | --- |
    /// | the last chunks cannot be read | they are cut, and kept in a file beside the directory |
    /// | the end is lost, or was durable | the same, if `accept_loss` |
    /// | the file `head` cannot be read | it is written from the log, if `accept_loss` |
    /// | the index is damaged | it is built anew |
    /// | a snapshot is damaged, or ahead of its machine | it is dropped |
    /// | a cursor is behind the end | it is moved to the end |
    /// | a cursor cannot be read | it is dropped, and kept in the file |
    /// | anything before valid records | nothing: see [`salvage`](Self::salvage) |
    ///
    /// The whole journal is verified first. What was cut is in `<directory>.cut-<time>.jsonl`: a
    /// line for each value, in base64. It blocks the thread.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("orders");
    /// use fsm_persist::{RepairOptions, SledJournal};
    ///
    /// drop(SledJournal::open(&path)?);
    /// let report = SledJournal::repair(&path, &RepairOptions::new(), |_| {})?;
    /// assert_eq!(report.cut, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RepairError`] says what is in the way.
    ///
    /// # Durability
    ///
    /// What is cut is on the disk before it is cut. A repair that was cut short is done again.
    pub fn repair(
        path: impl AsRef<Path>,
        options: &RepairOptions,
        mut told: impl FnMut(Progress),
    ) -> Result<RepairReport, RepairError> {
        let path = path.as_ref().to_owned();
        let mark = check_directory(&path)?;
        let (there, options_there) = (path.clone(), options.clone());
        let repaired = watched(options.verify.patience, &mut told, move |teller| {
            repair(&there, mark, &options_there, teller)
        });
        directory::wait_until_unlocked(&path);
        repaired.unwrap_or_else(|why| Err(RepairError::NeedsSalvage { path, position: None, why }))
    }
}

fn at(position: Option<Position>) -> String {
    position.map_or_else(String::new, |position| format!(" at {position}"))
}

fn repair(
    path: &Path,
    mark: Mark,
    options: &RepairOptions,
    teller: &mut Teller<'_>,
) -> Result<RepairReport, RepairError> {
    let failed = |error: StoreError| match &error {
        StoreError::Io { .. } => {
            RepairError::Storage { path: path.to_owned(), source: Arc::new(error) }
        }
        _ => {
            let (path, why) = (path.to_owned(), error.to_string());
            RepairError::NeedsSalvage { path, position: None, why }
        }
    };
    let store = Store::open(path, CACHE_BYTES).map_err(failed)?;
    let verified = verify_store(&store, mark, &options.verify, teller).map_err(failed)?;
    let lethal = verified.findings.iter().find(|found| found.remedy == Verdict::NeedsSalvage);
    if let Some(finding) = lethal {
        let (position, why) = (finding.position, finding.why.clone());
        return Err(RepairError::NeedsSalvage { path: path.to_owned(), position, why });
    }
    let index_damaged = verified.findings.iter().any(|found| found.part == Part::Index);
    let end = find_end(&store, teller).map_err(failed)?;
    let mark = mark.beside(end.extent.position);
    let mut mending = Mending { path, store: &store, mark, end, kept: CutFile::beside(path) };
    mending.check_loss(options.accept_loss)?;
    let mut report = mending.mend(index_damaged).map_err(failed)?;
    store.flush().map_err(failed)?;
    report.kept_in = mending.kept.path();
    drop(store);
    directory::wait_until_unlocked(path);
    finish(path, &mut report)?;
    Ok(report)
}

/// The end of what can be read.
#[derive(Clone, Copy, Debug)]
struct End {
    extent: Extent,
    /// The slot of the last chunk.
    last_slot: u64,
}

fn find_end(store: &Store, teller: &mut Teller<'_>) -> Result<End, StoreError> {
    let mut end = End { extent: Extent::NOTHING, last_slot: 0 };
    let mut walk = Walk::new(store, end_slot(store)?);
    while let Some(Step::Chunk { chunk, .. }) = walk.next_step() {
        end = End { extent: walk.at(), last_slot: chunk.slot() };
        teller.tell(end.extent.position, 0);
    }
    Ok(end)
}

/// A repair at work.
#[derive(Debug)]
struct Mending<'a> {
    path: &'a Path,
    store: &'a Store,
    mark: Mark,
    end: End,
    kept: CutFile,
}

impl Mending<'_> {
    fn check_loss(&self, accepted: bool) -> Result<(), RepairError> {
        let end = self.end.extent.position;
        let why = match self.mark {
            Mark::At(mark) if mark.position > end => {
                format!("{} records behind it were durable", mark.position - end)
            }
            Mark::Damaged => {
                "the file `head`, which cannot be read, may know of records behind it".to_owned()
            }
            Mark::At(_) | Mark::Absent => return Ok(()),
        };
        if accepted {
            return Ok(());
        }
        Err(RepairError::WouldLose { path: self.path.to_owned(), end: Position(end), why })
    }

    fn mend(&mut self, index_damaged: bool) -> Result<RepairReport, StoreError> {
        let store = self.store;
        let mut report = RepairReport::default();
        let end = self.end.extent;
        report.head = Position(end.position);
        let torn = self.keep_end(&mut report)?;
        let (moved, dropped) = self.find_cursors()?;
        let rewrite_head = self.rewrites_head();
        if rewrite_head {
            self.kept.keep_file("head", &self.path.join(super::mark::FILE_NAME))?;
        }
        // What is replaced is on the disk before anything is.
        self.kept.finish()?;
        for slot in torn {
            store.insert(&store.log, &super::layout::slot_key(slot), &[])?;
        }
        for (name, at) in moved {
            cursor::save(store, &name, Position(end.position))?;
            report.cursors_moved.push((name, at));
        }
        for name in dropped {
            guarded("remove a cursor", || store.cursors.remove(&name).map(drop))?;
            report.cursors_dropped.push(String::from_utf8_lossy(&name).into_owned());
        }
        let covered = Manifest::read(store)?.map(|manifest| manifest.covered.position);
        if index_damaged || covered.is_ok_and(|covered| covered > end.position) {
            guarded("clear the index", || store.index.clear())?;
            report.index_rebuilt = true;
        }
        if report.cut.is_some() || rewrite_head {
            erasure::clamp(store, end.position)?;
            report.snapshots_dropped += drop_snapshots_behind(store, end.position)?;
            let merged = meta::merged(store)?.min(self.end.last_slot);
            meta::write_merged(store, merged)?;
        }
        store.flush()?;
        let database = directory::open_database(self.path)
            .map_err(|error| io("open the database", std::io::Error::other(error)))?;
        sync(&database, "sync the database")?;
        if rewrite_head {
            self.write_head()?;
            report.head_rewritten = true;
        }
        Ok(report)
    }

    /// Keeps the values behind the end, and says in which slots they are.
    fn keep_end(&mut self, report: &mut RepairReport) -> Result<Vec<u64>, StoreError> {
        let end = self.end.extent;
        let mut last = match self.mark {
            Mark::At(mark) => mark.position,
            Mark::Absent | Mark::Damaged => end.position,
        };
        let mut torn = Vec::new();
        for (slot, value) in values(self.store, end.slot)? {
            if value.is_empty() {
                continue;
            }
            let header = super::scan::Header::read(&value).ok();
            // What a torn header says is believed as far as it can be.
            let claimed = header.filter(|header| header.slot == slot).map(|header| header.end());
            last = last.max(claimed.map_or(end.position + 1, |end| end - 1));
            self.kept.keep_value("log", &slot.to_string(), &value)?;
            torn.push(slot);
        }
        if last > end.position {
            report.cut = Some((Position(end.position + 1), Position(last)));
        }
        Ok(torn)
    }

    /// The cursors that stand behind the end, and those that cannot be read.
    #[expect(clippy::type_complexity, reason = "two lists, used once")]
    fn find_cursors(&mut self) -> Result<(Vec<(String, Position)>, Vec<sled::IVec>), StoreError> {
        let (mut moved, mut dropped) = (Vec::new(), Vec::new());
        for (name, cursor) in cursor::each(self.store)? {
            let text = String::from_utf8_lossy(&name).into_owned();
            let value = self.store.get(&self.store.cursors, &name)?.unwrap_or_default();
            match cursor {
                Ok(at) if at.0 > self.end.extent.position => moved.push((text.clone(), at)),
                Ok(_) => continue,
                Err(_) => dropped.push(name),
            }
            self.kept.keep_value("cursor", &text, &value)?;
        }
        Ok((moved, dropped))
    }

    const fn rewrites_head(&self) -> bool {
        match self.mark {
            Mark::At(mark) => mark.position > self.end.extent.position,
            Mark::Damaged => true,
            Mark::Absent => false,
        }
    }

    fn write_head(&self) -> Result<(), StoreError> {
        write_head(self.path, self.end.extent, self.end.last_slot)
    }
}

/// Writes the file `head` for a log that ends here, and makes it last.
pub(super) fn write_head(path: &Path, end: Extent, last_slot: u64) -> Result<(), StoreError> {
    let failed = |source| io("write the file `head`", source);
    let (mut file, _) = MarkFile::open(path).map_err(failed)?;
    if end.position == 0 {
        return file.clear().map_err(failed);
    }
    // Both copies, so that none is left of what was.
    for _ in 0..2 {
        file.write(Extent { slot: last_slot, ..end }).map_err(failed)?;
    }
    file.sync(true).map_err(failed)
}

pub(super) fn io(what: &'static str, source: std::io::Error) -> StoreError {
    StoreError::Io { what, source: Arc::new(source) }
}

/// Drops the snapshots that were taken behind this position.
fn drop_snapshots_behind(store: &Store, last: u64) -> Result<u64, StoreError> {
    let mut dropped = 0;
    snapshot::for_each(store, |machine, sequence| {
        if snapshot::position(store, machine, sequence)?.is_none_or(|at| at.0 > last) {
            snapshot::remove(store, machine, sequence)?;
            dropped += 1;
        }
        Ok(())
    })?;
    Ok(dropped)
}

/// Opens the journal, which builds its index, and drops the snapshots that do not fit it.
fn finish(path: &Path, report: &mut RepairReport) -> Result<(), RepairError> {
    let options = SledOptions::new();
    let opened = open::open(path, options.cache_bytes, options.checkpoint_records)?;
    report.index_rebuilt |= opened.report.index_rebuilt.is_some();
    let store = &opened.store;
    let mut dropped = 0;
    let tidied = snapshot::for_each(store, |machine, sequence| {
        let head = opened.index.find(store, machine)?.unwrap_or_default();
        if head.sequence < sequence || snapshot::check(store, machine, sequence)?.is_err() {
            snapshot::remove(store, machine, sequence)?;
            dropped += 1;
        }
        Ok(())
    });
    report.snapshots_dropped += dropped;
    let tidied = tidied.and_then(|()| store.flush());
    let path = path.to_owned();
    tidied.map_err(|error| RepairError::Storage { path, source: Arc::new(error) })
}
