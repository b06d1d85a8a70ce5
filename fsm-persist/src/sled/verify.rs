//! Verifying a journal: everything that is stored is read and checked against everything else.
//!
//! Memory is bounded: machines are followed so many at a time, by the hash of their names; if there
//! are more, the log is read again for the next ones. Spaces, schemas and notes are in memory, as
//! they are in an open journal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fsm_core::journal::{KindId, MachineKey, ReadError, SchemaId, Sequence, SpaceId};

use super::directory;
use super::erasure::Erasures;
use super::error::{OpenError, unreadable};
use super::heads::{Head, NameHasher};
use super::histories::{Histories, MACHINES_MAX};
use super::index::Index;
use super::journal::{Inner, SledJournal, reading};
use super::manifest::{Extent, Manifest};
use super::mark::{Mark, MarkFile};
use super::progress::{Teller, watched};
use super::read::read_history;
use super::shared::{Known, Shared};
use super::spaces::SpaceTable;
use super::store::{Store, StoreError};
use super::verify_report::{Finding, Part, Verdict, VerifyReport};
use super::verifying::{Ground, Verifying};
use super::walk::end_slot;
use super::{layout, meta};
use crate::progress::Progress;

/// How a journal is verified.
///
/// ```
/// use std::time::Duration;
///
/// use fsm_persist::VerifyOptions;
///
/// let options = VerifyOptions::new().machines_max(10_000_000).patience(Duration::from_secs(600));
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifyOptions {
    pub(super) machines_max: usize,
    pub(super) patience: Duration,
}

/// sled's cache while a closed journal is read once, from the beginning to the end.
pub(super) const CACHE_BYTES: u64 = 32 << 20;
/// For so long sled may say nothing: opening a large database takes a while.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);
/// So many records of a machine are read at once when something about it is to be confirmed.
const PAGE_RECORDS: usize = 1000;

impl Default for VerifyOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl VerifyOptions {
    /// Options that suit most journals.
    pub const fn new() -> Self {
        Self { machines_max: MACHINES_MAX, patience: PATIENCE }
    }

    /// How many machines are followed at once, in about 64 bytes each: a million unless said
    /// otherwise. If there are more, the log is read several times.
    pub const fn machines_max(mut self, machines: usize) -> Self {
        self.machines_max = if machines == 0 { 1 } else { machines };
        self
    }

    /// How long the database may say nothing before it is given up: five minutes unless said
    /// otherwise.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl SledJournal {
    /// Verifies the closed journal in the directory `path`: reads everything, and checks it.
    ///
    /// Checked are the checksum of every chunk, its slot, and that it follows the one before; that
    /// positions, the sequences of every machine and those of every space are dense, and that
    /// records point to the ones before them; schemas, spaces, notes of erasures; the index, which
    /// is built again and compared; cursors, snapshots, the file `head`, and what else is in the
    /// directory. Whatever is damaged, the outcome is a report.
    ///
    /// It blocks the thread. `told` hears how far it has come.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("orders");
    /// use fsm_core::journal::Journal;
    /// use fsm_persist::{SledJournal, Verdict, VerifyOptions};
    ///
    /// let journal = SledJournal::open(&path)?;
    /// journal.close().await?;
    ///
    /// let report = SledJournal::verify(&path, &VerifyOptions::new(), |_| {})?;
    /// assert_eq!(report.verdict, Verdict::Usable);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenError`] if there is no journal, or it is open: damage is no error.
    ///
    /// # Durability
    ///
    /// The records are not touched. sled may tidy up its own files when it opens them.
    pub fn verify(
        path: impl AsRef<Path>,
        options: &VerifyOptions,
        mut told: impl FnMut(Progress),
    ) -> Result<VerifyReport, OpenError> {
        let path = path.as_ref().to_owned();
        let mark = check_directory(&path)?;
        let (work, options_there) = (path.clone(), options.clone());
        let verified = watched(options.patience, &mut told, move |teller| {
            verify_closed(&work, mark, &options_there, teller)
        });
        directory::wait_until_unlocked(&path);
        Ok(verified.unwrap_or_else(|why| broken_report(&why)))
    }

    /// Verifies the journal while it is open, up to where it is now: as [`verify`](Self::verify)
    /// does, but for the file `head` and the directory. Appending goes on meanwhile.
    ///
    /// # Errors
    ///
    /// [`ReadError`] if the journal is closed, or the storage refuses: damage is no error.
    ///
    /// # Cancel safety
    ///
    /// A dropped call goes on to its end, and its report is lost.
    pub async fn verify_open(
        &self,
        options: &VerifyOptions,
        mut told: impl FnMut(Progress) + Send + 'static,
    ) -> Result<VerifyReport, ReadError> {
        let (inner, options) = (self.inner(), options.clone());
        reading(move || verify_open(&inner, &options, &mut Teller::new(&mut told))).await
    }
}

/// Makes sure that a closed journal of ours is there, and reads its mark.
pub(super) fn check_directory(path: &Path) -> Result<Mark, OpenError> {
    if !path.is_dir() {
        return Err(OpenError::NoJournal { path: path.to_owned() });
    }
    directory::prepare(path)?;
    if directory::is_locked(path) {
        return Err(OpenError::Locked { path: path.to_owned() });
    }
    if !path.join("db").exists() {
        return Err(OpenError::NoJournal { path: path.to_owned() });
    }
    MarkFile::look(path).map_err(|error| directory::failed("read `head` in", path, error))
}

fn broken_report(why: &str) -> VerifyReport {
    let mut report = VerifyReport::new();
    report.add(Finding::new(Part::Database, Verdict::NeedsSalvage, why));
    report
}

fn verify_closed(
    path: &Path,
    mark: Mark,
    options: &VerifyOptions,
    teller: &mut Teller<'_>,
) -> VerifyReport {
    let verified = Store::open(path, CACHE_BYTES).and_then(|store| {
        let mut report = verify_store(&store, mark, options, teller)?;
        check_blobs(&mut report, &path.join("blobs"));
        Ok(report)
    });
    verified.unwrap_or_else(|error| broken_report(&error.to_string()))
}

/// Verifies a database that nobody else uses.
pub(super) fn verify_store(
    store: &Store,
    mark: Mark,
    options: &VerifyOptions,
    teller: &mut Teller<'_>,
) -> Result<VerifyReport, StoreError> {
    let mut report = VerifyReport::new();
    if meta::format_version(store)? != Some(layout::FORMAT_VERSION) {
        let why = "the database is no journal of this version";
        report.add(Finding::new(Part::Database, Verdict::NeedsSalvage, why));
        return Ok(report);
    }
    let (known, secret) = read_known(store, &mut report);
    let index = read_index(store, &mut report)?;
    let indexed = index.as_ref().map(|index| index.covered().position);
    let end = end_slot(store)?;
    let ground = Closed { store, known, index };
    report.spaces = ground.known.spaces.list().len() as u64;
    report.schemas = ground.known.schemas.len() as u64;
    let mut verifying = Verifying {
        store,
        ground: &ground,
        hasher: NameHasher::new(&secret),
        report,
        histories: Histories::new(options.machines_max),
        last: last_position(store, end).unwrap_or(0),
        end,
        indexed,
    };
    let run = verifying.run(teller);
    let mut report = verifying.report;
    // What was found up to there stays found.
    let checked = run.and_then(|()| check_mark(&mut report, store, mark, verifying.last));
    if let Err(error) = checked {
        let why = error.to_string();
        report.add(Finding::new(Part::Database, Verdict::NeedsSalvage, why));
    }
    Ok(report)
}

/// The position of the last record, if the last chunk's header can be read.
fn last_position(store: &Store, end: u64) -> Option<u64> {
    (0..end).rev().take(usize::from(u16::MAX)).find_map(|slot| {
        let header = store.header(slot).ok().flatten()?;
        Some(header.end() - 1)
    })
}

/// What is known beside the log, with what is wrong with it.
fn read_known(store: &Store, report: &mut VerifyReport) -> (Known, [u8; 16]) {
    let mut wrong = |part: Part, error: &StoreError| {
        report.add(Finding::new(part, Verdict::NeedsSalvage, error.to_string()));
    };
    let schemas = meta::read_schemas(store);
    let schemas = schemas.inspect_err(|error| wrong(Part::Schemas, error)).unwrap_or_default();
    let spaces = SpaceTable::read(store);
    let spaces = spaces.inspect_err(|error| wrong(Part::Space, error)).unwrap_or_default();
    let erasures = Erasures::read(store);
    let erasures = erasures.inspect_err(|error| wrong(Part::Erasures, error)).unwrap_or_default();
    let secret = meta::secret(store);
    let secret = secret.inspect_err(|error| wrong(Part::Index, error)).unwrap_or_default();
    (Known { schemas, spaces, erasures }, secret)
}

fn read_index(store: &Store, report: &mut VerifyReport) -> Result<Option<Index>, StoreError> {
    match Manifest::read(store)? {
        Ok(manifest) => Ok(Some(Index::new(manifest, 1))),
        Err(why) => {
            report.add(Finding::new(Part::Index, Verdict::Repairable, why));
            Ok(None)
        }
    }
}

/// Whether the file `head` and the log agree.
fn check_mark(
    report: &mut VerifyReport,
    store: &Store,
    mark: Mark,
    last: u64,
) -> Result<(), StoreError> {
    let mut wrong = |remedy, why: String| report.add(Finding::new(Part::Head, remedy, why));
    let mark = mark.beside(last);
    let Mark::At(Extent { slot, position, crc }) = mark else {
        if mark == Mark::Damaged {
            wrong(Verdict::Repairable, "neither copy of the mark can be read".to_owned());
        }
        return Ok(());
    };
    if position == 0 {
        return Ok(());
    }
    if position > last {
        let missing = position - last;
        let why = format!("{missing} records that were durable are missing behind {last}");
        wrong(Verdict::Repairable, why);
        return Ok(());
    }
    let differs = match store.header(slot) {
        Ok(Some(header)) if header.slot == slot => header.link != crc,
        Ok(Some(header)) => header.end() <= position,
        Ok(None) => true,
        // It was told of when the log was read.
        Err(StoreError::Damaged { .. }) => false,
        Err(error) => return Err(error),
    };
    if differs {
        let why = format!("the chunk in slot {slot} is not the one that it knows");
        wrong(Verdict::NeedsSalvage, why);
    }
    Ok(())
}

/// No value of ours is large enough for a file of its own; sync would not reach it.
fn check_blobs(report: &mut VerifyReport, blobs: &Path) {
    let entries = std::fs::read_dir(blobs).into_iter().flatten().flatten();
    for entry in entries {
        let name: PathBuf = entry.file_name().into();
        let why = format!("{name:?} is in `blobs`, where nothing of a journal is");
        report.add(Finding::new(Part::Files, Verdict::Usable, why));
    }
}

/// A closed journal.
struct Closed<'a> {
    store: &'a Store,
    known: Known,
    index: Option<Index>,
}

impl Ground for Closed<'_> {
    fn kind(&self, schema: SchemaId) -> Option<KindId> {
        self.known.schemas.kind_of(schema)
    }

    fn has_space(&self, space: SpaceId) -> bool {
        self.known.spaces.has(space)
    }

    fn erasures(&self) -> Arc<Erasures> {
        Arc::new(self.known.erasures.clone())
    }

    fn find(&self, machine: u128) -> Result<Option<Head>, StoreError> {
        self.index.as_ref().map_or(Ok(None), |index| index.find(self.store, machine))
    }

    fn is_open(&self) -> bool {
        false
    }

    fn is_ended(&self) -> bool {
        false
    }

    fn confirm(&self, _: &MachineKey) -> bool {
        true
    }
}

/// An open journal.
struct Open<'a> {
    shared: &'a Shared,
    store: &'a Store,
}

impl Ground for Open<'_> {
    fn kind(&self, schema: SchemaId) -> Option<KindId> {
        self.shared.schemas().kind_of(schema)
    }

    fn has_space(&self, space: SpaceId) -> bool {
        self.shared.spaces().has(space)
    }

    fn erasures(&self) -> Arc<Erasures> {
        self.shared.erasures()
    }

    fn find(&self, machine: u128) -> Result<Option<Head>, StoreError> {
        self.shared.index().find(self.store, machine)
    }

    fn is_open(&self) -> bool {
        true
    }

    fn is_ended(&self) -> bool {
        !self.shared.watch().borrow().is_open
    }

    fn confirm(&self, machine: &MachineKey) -> bool {
        let mut from = Sequence(1);
        loop {
            let read = || read_history(self.shared, self.store, machine, from, PAGE_RECORDS);
            match self.shared.steadily(read) {
                Err(_) => return true,
                Ok(page) => match page.last() {
                    Some(last) if page.len() == PAGE_RECORDS => from = last.sequence.next(),
                    _ => return false,
                },
            }
        }
    }
}

fn verify_open(
    inner: &Inner,
    options: &VerifyOptions,
    teller: &mut Teller<'_>,
) -> Result<VerifyReport, ReadError> {
    let shared = &inner.shared;
    let guard = shared.store();
    let store = guard.as_ref().ok_or(ReadError::Closed)?;
    let (last, end) = (shared.position(), shared.slot());
    let mut report = VerifyReport::new();
    report.spaces = shared.spaces().list().len() as u64;
    report.schemas = shared.schemas().len() as u64;
    let mut verifying = Verifying {
        store,
        ground: &Open { shared, store },
        hasher: shared.hasher(),
        report,
        histories: Histories::new(options.machines_max),
        last,
        end,
        indexed: Some(last),
    };
    let run = verifying.run(teller);
    run.map_err(|error| unreadable(error, verifying.report.head.0, None))?;
    if verifying.ground.is_ended() { Err(ReadError::Closed) } else { Ok(verifying.report) }
}
