//! How a journal is opened.

use std::path::Path;
use std::time::Duration;

use fsm_core::journal::Durability;

use super::error::OpenError;
use super::journal::SledJournal;

/// Options of a [`SledJournal`].
///
/// ```
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("journal");
/// use std::time::Duration;
///
/// use fsm_core::journal::Durability;
/// use fsm_persist::SledJournal;
///
/// let journal = SledJournal::options()
///     .durability(Durability::Flush(Duration::from_millis(100)))
///     .cache_bytes(256 << 20)
///     .open(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SledOptions {
    pub(super) durability: Durability,
    pub(super) cache_bytes: u64,
    pub(super) commit_timeout: Duration,
    pub(super) checkpoint_records: u64,
}

/// Enough that what is being written is never pushed out of the cache.
const CACHE_BYTES_MIN: u64 = 32 << 20;

impl SledOptions {
    pub(super) const fn new() -> Self {
        Self {
            durability: Durability::Fsync,
            cache_bytes: 64 << 20,
            commit_timeout: Duration::from_secs(60),
            checkpoint_records: 64 * 1024,
        }
    }

    /// What a committed batch survives. [`Durability::Fsync`] unless said otherwise;
    /// [`Durability::Memory`] is not on offer here and is taken for `Fsync`.
    pub const fn durability(mut self, durability: Durability) -> Self {
        self.durability = match durability {
            Durability::Memory => Durability::Fsync,
            other => other,
        };
        self
    }

    /// How much of the log is kept in memory for reading: 64 MiB unless said otherwise, and never
    /// less than 32 MiB.
    pub const fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = if bytes < CACHE_BYTES_MIN { CACHE_BYTES_MIN } else { bytes };
        self
    }

    /// How long a commit may take before the journal is given up: a minute unless said otherwise.
    /// Who waits for it then gets [`AppendError::Unknown`](fsm_core::journal::AppendError).
    pub const fn commit_timeout(mut self, timeout: Duration) -> Self {
        self.commit_timeout = timeout;
        self
    }

    /// After how many records the index is written: 65,536 unless said otherwise. Opening reads
    /// about as many records at most.
    pub const fn checkpoint_records(mut self, records: u64) -> Self {
        self.checkpoint_records = if records == 0 { 1 } else { records };
        self
    }

    /// Opens the journal in the directory `path`, or creates it there, with the directories above.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says what is in the way. A directory that holds anything else is not touched.
    ///
    /// # Durability
    ///
    /// A journal that was created is there after a loss of power.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SledJournal, OpenError> {
        SledJournal::start(self, path.as_ref())
    }
}
