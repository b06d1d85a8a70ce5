//! Salvaging: what can still be read of a damaged journal, in a new one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fsm_core::journal::{MachineKey, Position, Sequence};

use super::backup::{BackupError, begin, complete};
use super::carve::carve;
use super::erasure::Erasures;
use super::error::OpenError;
use super::heads::{Head, NameHasher};
use super::index::Index;
use super::journal::SledJournal;
use super::manifest::{Extent, Manifest};
use super::mark::Mark;
use super::progress::{Teller, watched};
use super::rebuild::Rebuild;
use super::rescue::{NOBODY, Piece, Rescue, each_piece};
use super::scan::Item;
use super::shared::Known;
use super::spaces::SpaceTable;
use super::store::{Store, StoreError, guarded};
use super::verify::{CACHE_BYTES, PATIENCE, VerifyOptions, check_directory};
use super::walk::end_slot;
use super::{cursor, directory, meta};
use crate::progress::Progress;

/// How a journal is salvaged.
///
/// ```
/// use fsm_persist::SalvageOptions;
///
/// let options = SalvageOptions::new().keep_up_to_hole(true).kinds_from("/backups/orders");
/// # drop(options);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SalvageOptions {
    keep_up_to_hole: bool,
    carve: bool,
    kinds_from: Option<PathBuf>,
    verify: VerifyOptions,
}

/// A machine that lost records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MachineLoss {
    /// The machine; `None` if its name is lost.
    pub machine: Option<MachineKey>,
    /// The sequences that cannot be read, from the first to the last of each run.
    pub missing: Vec<(Sequence, Sequence)>,
    /// The sequences that are in the new journal, from the first to the last.
    pub kept: Option<(Sequence, Sequence)>,
}

/// What was salvaged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SalvageReport {
    /// The last position of the new journal.
    pub head: Position,
    /// How many records are in the new journal.
    pub records: u64,
    /// How many records could be read and are not kept, because their machines have holes or
    /// their kinds or spaces are lost.
    pub dropped: u64,
    /// How many machines were met.
    pub machines: u64,
    /// The positions that cannot be read, from the first to the last of each run.
    pub holes: Vec<(Position, Position)>,
    /// The machines that lost records.
    pub losses: Vec<MachineLoss>,
    /// Why the records were carved out of sled's raw file, if they were.
    pub carved: Option<String>,
    /// The cursors that could not be read.
    pub cursors_lost: Vec<String>,
}

/// Why a journal was not salvaged. It was not touched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SalvageError {
    /// There is no journal, or it is open, or the other directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The schemas cannot be read: nobody would know what the records mean.
    #[error(
        "the schemas of the journal in {path:?} cannot be read: {why}; name a backup of it with \
         `SalvageOptions::kinds_from`"
    )]
    NoKinds {
        /// The directory.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The storage refused.
    #[error("cannot salvage the journal in {path:?}: {source}")]
    Storage {
        /// The directory.
        path: PathBuf,
        /// What the storage said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

impl Default for SalvageOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl SalvageOptions {
    /// Options that keep whole histories only.
    pub const fn new() -> Self {
        let verify = VerifyOptions::new().patience(PATIENCE);
        Self { keep_up_to_hole: false, carve: false, kinds_from: None, verify }
    }

    /// Whether a machine with a hole keeps its records up to there. It may have gone on to do
    /// things since that it will do again.
    pub const fn keep_up_to_hole(mut self, keep: bool) -> Self {
        self.keep_up_to_hole = keep;
        self
    }

    /// Whether records are carved out of sled's raw file in any case: also otherwise, if sled
    /// cannot open it or has lost its end.
    pub const fn carve(mut self, carve: bool) -> Self {
        self.carve = carve;
        self
    }

    /// A backup of this journal, closed, to take schemas and spaces from if they cannot be read.
    pub fn kinds_from(mut self, path: impl Into<PathBuf>) -> Self {
        self.kinds_from = Some(path.into());
        self
    }

    /// How long the database may say nothing before it is given up.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.verify = self.verify.patience(patience);
        self
    }

    /// How many machines are followed at once, as for [`VerifyOptions::machines_max`].
    pub const fn machines_max(mut self, machines: usize) -> Self {
        self.verify = self.verify.machines_max(machines);
        self
    }
}

impl SledJournal {
    /// Makes a new journal in the directory `to`, which is not there or empty, of everything in the
    /// closed journal `from` that can still be read and is whole.
    ///
    /// A machine is whole if its history is: from its creation or a base, up to its last record.
    /// If records of it are missing *before* others, it is not kept, unless a base follows, from
    /// which on it is, or [`keep_up_to_hole`](SalvageOptions::keep_up_to_hole). If its last ones
    /// are missing, it ends where they begin. The report names every machine that lost records
    /// that others, or the index, prove to have been there.
    ///
    /// Records keep their positions and sequences: what is missing is as if it had been erased, and
    /// no position is given twice. Schemas, spaces and cursors come along; snapshots do not.
    ///
    /// If sled cannot open the directory, or has lost the end of the log, records are carved out of
    /// its raw file. A version of a chunk that was written later stands for all earlier ones; if
    /// the last one is damaged, an earlier one does, and records come back that were erased since.
    ///
    /// It blocks the thread. Beside `to` it needs room for another copy of the journal meanwhile.
    ///
    /// ```
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path();
    /// use fsm_persist::{SalvageOptions, SledJournal};
    ///
    /// drop(SledJournal::open(path.join("orders"))?);
    /// let (from, to) = (path.join("orders"), path.join("salvaged"));
    /// let report = SledJournal::salvage(from, &to, &SalvageOptions::new(), |_| {})?;
    /// assert!(report.losses.is_empty());
    /// SledJournal::open(to)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SalvageError`] says what is in the way.
    ///
    /// # Durability
    ///
    /// The new journal is on the disk when it is answered. The old one is not touched. Opening,
    /// verifying or repairing a damaged journal lets sled clear what it takes for torn: salvage it,
    /// or copy the directory, before that is tried again and again.
    pub fn salvage(
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        options: &SalvageOptions,
        mut told: impl FnMut(Progress),
    ) -> Result<SalvageReport, SalvageError> {
        let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
        let mark = check_directory(&from)?;
        if to.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(OpenError::NotEmpty { path: to }.into());
        }
        let why = if options.carve {
            "it was asked for".to_owned()
        } else {
            // sled clears what it takes for torn when it opens a database: it is given a copy.
            let copy = aside(&to, "copy");
            copy_files(&from, &copy)?;
            let (paths, there) = ((from.clone(), copy.clone(), to.clone()), options.clone());
            let read = watched(options.verify.patience, &mut told, move |teller| {
                let (from, copy, to) = paths;
                read(&copy, &from, &to, mark, &there, teller)
            });
            directory::wait_until_unlocked(&copy);
            remove(&copy)?;
            match read {
                Ok(Err(Unread::Carve(why))) | Err(why) => why,
                Ok(Err(Unread::Failed(error))) => return Err(error),
                Ok(Ok(report)) => return Ok(report),
            }
        };
        let carved = carve_and_read(&from, &to, mark, options, &mut Teller::new(&mut told))?;
        Ok(SalvageReport { carved: Some(why), ..carved })
    }
}

/// Why nothing was read by means of sled.
enum Unread {
    /// It is to be carved.
    Carve(String),
    Failed(SalvageError),
}

/// A directory beside the new journal, for as long as it is salvaged.
fn aside(to: &Path, word: &str) -> PathBuf {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    to.with_file_name(format!("{name}.{word}"))
}

fn remove(aside: &Path) -> Result<(), OpenError> {
    std::fs::remove_dir_all(aside).map_err(|error| directory::failed("remove", aside, error))
}

/// Copies sled's files.
fn copy_files(from: &Path, to: &Path) -> Result<(), OpenError> {
    let failed = |path: &Path, error| directory::failed("copy", path, error);
    std::fs::create_dir_all(to).map_err(|error| failed(to, error))?;
    for entry in from.read_dir().map_err(|error| failed(from, error))? {
        let entry = entry.map_err(|error| failed(from, error))?;
        let path = entry.path();
        if path.is_file() {
            let copied = std::fs::copy(&path, to.join(entry.file_name()));
            copied.map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}

fn read(
    copy: &Path,
    from: &Path,
    to: &Path,
    mark: Mark,
    options: &SalvageOptions,
    teller: &mut Teller<'_>,
) -> Result<SalvageReport, Unread> {
    let carve = |error: StoreError| Unread::Carve(error.to_string());
    let store = Store::open(copy, CACHE_BYTES).map_err(carve)?;
    let end = end_slot(&store).map_err(carve)?;
    if let Mark::At(mark) = mark
        && mark.slot >= end
        && store.header(mark.slot).is_ok_and(|header| header.is_none())
    {
        return Err(Unread::Carve("the end of the log is lost".to_owned()));
    }
    if meta::format_version(&store).map_err(carve)?.is_none() {
        return Err(Unread::Carve("the database is no journal any more".to_owned()));
    }
    salvage_store(&store, from, to, mark, options, teller).map_err(Unread::Failed)
}

/// Carves into a database beside the new journal, which is removed in the end.
fn carve_and_read(
    from: &Path,
    to: &Path,
    mark: Mark,
    options: &SalvageOptions,
    teller: &mut Teller<'_>,
) -> Result<SalvageReport, SalvageError> {
    let aside = aside(to, "carved");
    std::fs::create_dir_all(&aside).map_err(|error| directory::failed("create", &aside, error))?;
    let salvaged = Store::open(&aside, CACHE_BYTES).map_err(|error| storage(from, error));
    let salvaged = salvaged.and_then(|store| {
        carve(&from.join("db"), &store, teller).map_err(|error| storage(from, error))?;
        salvage_store(&store, from, to, mark, options, teller)
    });
    directory::wait_until_unlocked(&aside);
    remove(&aside)?;
    salvaged
}

fn storage(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> SalvageError {
    SalvageError::Storage { path: path.to_owned(), source: Arc::new(error) }
}

fn salvage_store(
    store: &Store,
    from: &Path,
    to: &Path,
    mark: Mark,
    options: &SalvageOptions,
    teller: &mut Teller<'_>,
) -> Result<SalvageReport, SalvageError> {
    let failed = |error: StoreError| storage(from, error);
    let kinds = kinds(store, from, options.kinds_from.as_deref())?;
    let target = begin(to, |_| Ok(())).map_err(|error| began(to, error))?;
    meta::create(&target).map_err(failed)?;
    let mut batch = sled::Batch::default();
    kinds.into_iter().for_each(|(key, value)| batch.insert(key, value));
    guarded("write the schemas", || target.meta.apply_batch(batch)).map_err(failed)?;
    let known = Known {
        schemas: meta::read_schemas(&target).map_err(failed)?,
        spaces: SpaceTable::read(&target).map_err(failed)?,
        erasures: Erasures::read(store).unwrap_or_default(),
    };
    let secret = meta::secret(store);
    let manifest = Manifest::read(store).ok().and_then(Result::ok).filter(|_| secret.is_ok());
    let mut index = manifest.map(|manifest| Index::new(manifest, 1));
    if let (Some(index), Ok(secret)) = (&mut index, &secret) {
        // It does not know of machines that were forgotten since it was written.
        let covered = index.covered().position;
        for machine in known.erasures.unknown(covered, &mut NameHasher::new(secret)) {
            index.apply_one(machine, Head::default());
        }
    }
    let end = end_slot(store).map_err(failed)?;
    let (secret, machines_max) = (secret.unwrap_or_default(), options.verify.machines_max);
    let mut rescue = Rescue::new(store, &known, &secret, index, end, machines_max);
    rescue.run(teller).map_err(failed)?;
    let hasher = NameHasher::new(&meta::secret(&target).map_err(failed)?);
    let writing = Writing {
        rescue: &mut rescue,
        rebuild: Rebuild::new(&target, hasher),
        up_to_hole: options.keep_up_to_hole,
        hole: 0,
        kept: HashMap::new(),
        report: SalvageReport::default(),
    };
    let (mut report, end, last_slot) = writing.run(mark, teller).map_err(failed)?;
    copy_cursors(store, &target, &mut report).map_err(failed)?;
    complete(to, target, end, last_slot).map_err(|error| began(to, error))?;
    Ok(report)
}

fn began(to: &Path, error: BackupError) -> SalvageError {
    match error {
        BackupError::Open(error) => SalvageError::Open(error),
        error => storage(to, error),
    }
}

type Pairs = Vec<(sled::IVec, sled::IVec)>;

/// Schemas and spaces, of the journal or of a backup of it.
fn kinds(store: &Store, path: &Path, backup: Option<&Path>) -> Result<Pairs, SalvageError> {
    let damaged =
        |error: StoreError| SalvageError::NoKinds { path: path.to_owned(), why: error.to_string() };
    match readable_kinds(store) {
        Ok(pairs) => Ok(pairs),
        Err(error) => match backup {
            None => Err(damaged(error)),
            Some(backup) => {
                check_directory(backup)?;
                let store = Store::open(backup, CACHE_BYTES).map_err(damaged)?;
                readable_kinds(&store).map_err(damaged)
            }
        },
    }
}

fn readable_kinds(store: &Store) -> Result<Pairs, StoreError> {
    let schemas = meta::read_schemas(store)?;
    if schemas.len() == 0 && end_slot(store)? > 0 {
        return Err(StoreError::Document { why: "there are none" });
    }
    SpaceTable::read(store)?;
    let all = guarded("read the schemas", || store.meta.iter().collect::<sled::Result<Vec<_>>>())?;
    Ok(all.into_iter().filter(|(key, _)| meta::is_of_kinds(key)).collect())
}

fn copy_cursors(
    store: &Store,
    target: &Store,
    report: &mut SalvageReport,
) -> Result<(), StoreError> {
    for (name, at) in cursor::each(store)? {
        let text = String::from_utf8_lossy(&name).into_owned();
        match at {
            Ok(at) => cursor::save(target, &text, at.min(report.head))?,
            Err(_) => report.cursors_lost.push(text),
        }
    }
    Ok(())
}

/// Writing what is kept.
struct Writing<'a, 'b> {
    rescue: &'b mut Rescue<'a>,
    rebuild: Rebuild<'b>,
    up_to_hole: bool,
    /// The next hole.
    hole: usize,
    /// The first and the last sequence of machines that lost records.
    kept: HashMap<u128, (u64, u64)>,
    report: SalvageReport,
}

impl Writing<'_, '_> {
    fn run(
        mut self,
        mark: Mark,
        teller: &mut Teller<'_>,
    ) -> Result<(SalvageReport, Extent, u64), StoreError> {
        let (store, end) = (self.rescue.store, self.rescue.end);
        each_piece(store, end, teller, |piece| self.piece(piece))?;
        if let Mark::At(mark) = mark {
            // Who read them knows these positions: they are not given again.
            let lost = (mark.position + 1).saturating_sub(self.rebuild.position());
            self.leave_out(lost);
            self.rebuild.gap(NOBODY, lost)?;
        }
        for (machine, broken) in &self.rescue.broken {
            let kept = self.kept.get(machine);
            self.report.losses.push(MachineLoss {
                machine: broken.machine.clone(),
                missing: broken.missing(),
                kept: kept.map(|&(first, last)| (Sequence(first), Sequence(last))),
            });
        }
        self.report.losses.sort_by(|one, other| one.machine.cmp(&other.machine));
        self.report.machines = self.rescue.machines;
        let (end, last_slot) = self.rebuild.finish()?;
        self.report.head = Position(end.position);
        Ok((self.report, end, last_slot))
    }

    fn leave_out(&mut self, count: u64) {
        if count > 0 {
            let first = self.rebuild.position();
            self.report.holes.push((Position(first), Position(first + count - 1)));
        }
    }

    fn piece(&mut self, piece: Piece<'_>) -> Result<(), StoreError> {
        match piece {
            Piece::Hole(count) => {
                self.leave_out(count);
                let spaces = self.rescue.holes.get(self.hole).map(|hole| hole.spaces.clone());
                self.hole += 1;
                let mut rest = count;
                for (space, count) in spaces.unwrap_or_default() {
                    self.rebuild.gap(space, count)?;
                    rest = rest.saturating_sub(count);
                }
                self.rebuild.gap(NOBODY, rest)
            }
            Piece::Item(_, Item::Gap(gap)) => self.rebuild.gap(gap.space, u64::from(gap.count)),
            Piece::Item(_, Item::Record(entry)) => {
                if let Some(kind) = self.rescue.kind(&entry) {
                    let machine = self.rescue.hasher.parts(kind, entry.space, entry.id);
                    let broken = self.rescue.broken.get(&machine);
                    let keeps =
                        broken.is_none_or(|broken| broken.keeps(entry.position, self.up_to_hole));
                    if keeps && self.rebuild.record(&entry, kind)? {
                        self.report.records += 1;
                        if broken.is_some() {
                            let first = (entry.sequence, entry.sequence);
                            let kept = self.kept.entry(machine).or_insert(first);
                            kept.1 = entry.sequence;
                        }
                        return Ok(());
                    }
                    self.report.dropped += 1;
                }
                self.rebuild.gap(entry.space, 1)
            }
        }
    }
}
