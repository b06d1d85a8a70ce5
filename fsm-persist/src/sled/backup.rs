//! Backing up a journal while it is open, and restoring what was backed up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fsm_core::journal::Position;

use super::copying::{CopyError, Copying, check_target};
use super::error::OpenError;
use super::journal::{Inner, SledJournal, reading};
use super::manifest::Extent;
use super::mark::MarkFile;
use super::options::SledOptions;
use super::progress::{Teller, watched};
use super::repair::write_head;
use super::store::{Store, StoreError, sync};
use super::verify::{CACHE_BYTES, PATIENCE, VerifyOptions, check_directory, verify_store};
use super::verify_report::{Part, Verdict};
use super::walk::{Step, Walk, end_slot};
use super::{directory, open};
use crate::progress::Progress;

/// What was backed up or restored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackupReport {
    /// The last record in the copy.
    pub head: Position,
    /// How many chunks were copied.
    pub chunks_copied: u64,
    /// How many chunks were in the copy already.
    pub chunks_kept: u64,
}

/// Why a journal was not backed up or restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The journal is damaged: this copy is incomplete, and the one before is worth keeping.
    #[error(
        "the journal is damaged at {position}, which was found by copying it: {why}; verify it, \
         and keep the last copy"
    )]
    Damaged {
        /// Where.
        position: Position,
        /// What was found.
        why: String,
    },
    /// The directory holds a copy of another journal, or one that was written to.
    #[error("{path:?} is no earlier copy of this journal: {why}; name another directory")]
    Other {
        /// The directory.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The journal was rewritten faster than it could be copied.
    #[error("the journal was rewritten all the while: back it up again")]
    Busy,
    /// The journal was closed, or stopped.
    #[error("the journal was closed before its copy was complete: back it up again")]
    Closed,
    /// The directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The storage refused.
    #[error("cannot copy the journal to {path:?}: {source}")]
    Storage {
        /// The directory.
        path: PathBuf,
        /// What the storage said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// So often it is gone over again because records were erased while it was copied.
const ROUNDS_MAX: usize = 8;

impl SledJournal {
    /// Makes a copy of the journal in the directory `to`, while it is open: everything up to where
    /// it is now, or a little further, with spaces, schemas, cursors, notes and snapshots. It is a
    /// journal, and can be opened as it is.
    ///
    /// Every chunk is checked before it is copied, so a backup finds damage. The writer is not
    /// held up. Backed up into a directory that has an earlier copy, only what is new is written,
    /// and what was rewritten since: records that were erased go from the copy as well. The journal
    /// and the copy are both read from the beginning for that.
    ///
    /// As long as it is not complete, the directory says so, and cannot be opened; back up into it
    /// again. Do not write to a copy that is to be backed up into once more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path();
    /// use fsm_core::journal::Journal;
    /// use fsm_persist::SledJournal;
    ///
    /// let journal = SledJournal::open(path.join("orders"))?;
    /// journal.backup(path.join("backup"), |_| {}).await?;
    /// journal.close().await?;
    ///
    /// let restored = path.join("restored");
    /// SledJournal::restore(path.join("backup"), &restored, |_| {})?;
    /// SledJournal::open(restored)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`BackupError`] says what is in the way.
    ///
    /// # Cancel safety
    ///
    /// A dropped call goes on to its end.
    ///
    /// # Durability
    ///
    /// The copy is on the disk when it is answered.
    pub async fn backup(
        &self,
        to: impl AsRef<Path>,
        mut told: impl FnMut(Progress) + Send + 'static,
    ) -> Result<BackupReport, BackupError> {
        let (inner, to) = (self.inner(), to.as_ref().to_owned());
        let done = reading(move || {
            let mut teller = Teller::new(&mut told);
            Ok(backup(&inner, &to, &mut teller))
        });
        done.await.unwrap_or_else(|error| {
            let (path, source) = (self.inner().path().to_owned(), Arc::new(error));
            Err(BackupError::Storage { path, source })
        })
    }

    /// Copies the journal in the closed directory `from`, a backup, to the directory `to`, which is
    /// not there or empty. It is verified as [`verify`](Self::verify) does before it is copied. It
    /// blocks the thread; see [`backup`](Self::backup) for an example.
    ///
    /// # Errors
    ///
    /// [`BackupError`] says what is in the way.
    ///
    /// # Durability
    ///
    /// The copy is on the disk when it is answered.
    pub fn restore(
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
        mut told: impl FnMut(Progress),
    ) -> Result<BackupReport, BackupError> {
        let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
        if to.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(BackupError::Open(OpenError::NotEmpty { path: to }));
        }
        let (source, target) = (from.clone(), to.clone());
        let restored =
            watched(PATIENCE, &mut told, move |teller| restore(&source, &target, teller));
        directory::wait_until_unlocked(&from);
        directory::wait_until_unlocked(&to);
        restored.unwrap_or_else(|why| Err(BackupError::Damaged { position: Position::START, why }))
    }
}

/// What stood in the way, when copying to `path`.
fn failed(path: &Path, error: CopyError) -> BackupError {
    let path = path.to_owned();
    match error {
        CopyError::Damaged { position, why } => {
            BackupError::Damaged { position: Position(position), why }
        }
        CopyError::Other(why) => BackupError::Other { path, why: why.to_owned() },
        CopyError::Ended => BackupError::Closed,
        CopyError::Busy => BackupError::Busy,
        CopyError::Store(error) => BackupError::Storage { path, source: Arc::new(error) },
    }
}

fn backup(inner: &Inner, to: &Path, teller: &mut Teller<'_>) -> Result<BackupReport, BackupError> {
    let shared = &inner.shared;
    let failed = |error| failed(to, error);
    let guard = shared.store();
    let source = guard.as_ref().ok_or(BackupError::Closed)?;
    let target = begin(to, |target| check_target(source, target))?;
    let is_ended = || !shared.watch().borrow().is_open;
    let mut copying = Copying::new(source, &target, &is_ended);
    let mut rounds = 0;
    loop {
        let erasures = shared.erasure_changes();
        copying.copy_kept().map_err(failed)?;
        // The slot is read last: it is at least that of the position.
        let head = || {
            let position = shared.position();
            Extent { position, slot: shared.slot(), crc: 0 }
        };
        copying.copy_log(&head, teller).map_err(failed)?;
        copying.copy_meta().map_err(failed)?;
        if erasures == shared.erasure_changes() {
            break;
        }
        // What was erased meanwhile may have been copied before.
        rounds += 1;
        if rounds == ROUNDS_MAX {
            return Err(BackupError::Busy);
        }
    }
    copying.tidy_index().map_err(failed)?;
    let report = report(&copying);
    let (end, last_slot) = (copying.end, copying.last_slot);
    complete(to, target, end, last_slot)?;
    Ok(report)
}

fn restore(from: &Path, to: &Path, teller: &mut Teller<'_>) -> Result<BackupReport, BackupError> {
    let mark = check_directory(from)?;
    let failed = |error| failed(to, error);
    let source = Store::open(from, CACHE_BYTES).map_err(|error| failed(error.into()))?;
    let options = VerifyOptions::new();
    let verified = verify_store(&source, mark, &options, teller);
    let verified = verified.map_err(|error| failed(error.into()))?;
    let lethal = verified.findings.iter().find(|finding| {
        finding.remedy == Verdict::NeedsSalvage || matches!(finding.part, Part::Tail | Part::Head)
    });
    if let Some(finding) = lethal {
        let position = finding.position.unwrap_or(Position::START);
        return Err(BackupError::Damaged { position, why: finding.to_string() });
    }
    let target = begin(to, |_| Ok(()))?;
    let mut copying = Copying::new(&source, &target, &|| false);
    copying.copy_kept().map_err(failed)?;
    let slot = end_slot(&source).map_err(|error| failed(error.into()))?;
    let head = Extent { position: last_position(&source, slot), slot, crc: 0 };
    copying.copy_log(&|| head, teller).map_err(failed)?;
    copying.copy_meta().map_err(failed)?;
    let report = report(&copying);
    let (end, last_slot) = (copying.end, copying.last_slot);
    complete(to, target, end, last_slot)?;
    Ok(report)
}

const fn report(copying: &Copying<'_>) -> BackupReport {
    let (chunks_copied, chunks_kept) = (copying.copied, copying.kept);
    BackupReport { head: copying.head(), chunks_copied, chunks_kept }
}

/// The position of the last record of a log that was verified.
fn last_position(store: &Store, end: u64) -> u64 {
    let mut walk = Walk::new(store, end);
    while let Some(Step::Chunk { .. }) = walk.next_step() {}
    walk.at().position
}

/// Opens the database in a directory that is to be a copy, and has it say that it is incomplete:
/// not before `check` agrees, if there is a journal in it.
pub(super) fn begin(
    to: &Path,
    check: impl FnOnce(&Store) -> Result<(), CopyError>,
) -> Result<Store, BackupError> {
    let is_copy = directory::holds_journal(to)?;
    if directory::is_locked(to) {
        return Err(OpenError::Locked { path: to.to_owned() }.into());
    }
    if !is_copy {
        directory::begin_copy(to)?;
    }
    let store = Store::open(to, CACHE_BYTES).map_err(|error| failed(to, error.into()))?;
    check(&store).map_err(|error| failed(to, error))?;
    if is_copy {
        directory::begin_copy(to)?;
    }
    Ok(store)
}

/// Opens the copy for the first time, which builds its index, and has the directory say no longer
/// that it is incomplete.
pub(super) fn complete(
    to: &Path,
    target: Store,
    end: Extent,
    last_slot: u64,
) -> Result<(), BackupError> {
    let storage = |error: StoreError| failed(to, error.into());
    target.flush().map_err(storage)?;
    write_head(to, end, last_slot).map_err(storage)?;
    let opened = MarkFile::open(to);
    let marked = opened.map_err(|error| directory::failed("open `head` in", to, error))?;
    let options = SledOptions::new();
    let opened = open::read(to, target, marked, options.checkpoint_records)?;
    opened.store.flush().map_err(storage)?;
    drop(opened);
    directory::wait_until_unlocked(to);
    let database = directory::open_database(to)?;
    sync(&database, "sync the copy").map_err(storage)?;
    directory::complete_copy(to)?;
    Ok(())
}
