//! The journal itself: the port's calls, handed to the writer or to a reading thread.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fsm_core::journal::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, Pending,
    Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence, Snapshots,
    Spaces, Upkeep,
};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::change::Change;
use super::commit::Commit;
use super::directory;
use super::error::OpenError;
use super::growth::Growth;
use super::layout::{RECORD_BYTES_MAX, RECORD_OVERHEAD_BYTES};
use super::open::{self, OpenReport};
use super::options::SledOptions;
use super::queue::{Answer, Job};
use super::read::{PageEnds, read_all, read_machine};
use super::shared::{Head, Shared};
use super::store::guarded;
use super::tasks::Tasks;
use super::writer::{Writer, check_room};

/// A journal in a directory, on sled.
///
/// # Durability
///
/// What was answered survives:
///
/// | | a kill of the process | a crash of the system, loss of power |
/// | --- | --- | --- |
/// | an append, a cursor, with [`Durability::Fsync`], the default | yes | yes |
/// | the same with [`Durability::Flush`] | yes | once the interval has passed |
/// | a schema, a space, `forget`, `trim`, deleting a space | yes | yes |
/// | a snapshot | yes | perhaps: nothing rests on it |
/// | the journal, once it was created | yes | yes |
///
/// Dropping or closing it makes everything durable. When a write or a sync fails, the journal stops
/// and says so, and never syncs that handle again: what was under way has an unknown outcome, and
/// opening the journal again reads what is there. Behind a *sync* that failed, restart the machine
/// or mount the file system anew first: Linux may show data that the disk does not have.
///
/// Dropping blocks the thread until then; [`close`](Journal::close) does not.
#[derive(Debug)]
pub struct SledJournal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    path: PathBuf,
    pub(super) shared: Arc<Shared>,
    ends: PageEnds,
    durability: Durability,
    commit_timeout: Duration,
    report: OpenReport,
    threads: Mutex<Option<Threads>>,
}

/// The threads of an open journal.
#[derive(Debug)]
struct Threads {
    /// Hears when the writer has ended: its other end is dropped.
    ended: Receiver<()>,
    /// Dropped to end the watchdog.
    _watched: Sender<()>,
}

impl SledJournal {
    /// Opens the journal in the directory `path`, or creates it there, with default options.
    ///
    /// # Errors
    ///
    /// [`OpenError`] says what is in the way.
    ///
    /// # Durability
    ///
    /// A journal that was created is there after a loss of power.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::options().open(path)
    }

    /// Options to open a journal with.
    pub const fn options() -> SledOptions {
        SledOptions::new()
    }

    /// What was found when it was opened.
    #[must_use]
    pub fn open_report(&self) -> OpenReport {
        self.inner.report
    }

    /// How many commits were made since it was opened: records divided by it is how well group
    /// commit works.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.inner.shared.commits()
    }

    /// Merges the small chunks that there are now into larger ones, which otherwise happens while
    /// nothing else is to be written.
    ///
    /// # Errors
    ///
    /// [`AppendError`] if the journal is stopped, or stops meanwhile.
    ///
    /// # Cancel safety
    ///
    /// The merging goes on whether or not it is awaited.
    pub async fn merge(&self) -> Result<(), AppendError> {
        self.inner.change(Change::Merge).await.map(drop)
    }

    /// What its parts share.
    pub(super) fn inner(&self) -> Arc<Inner> {
        Arc::clone(&self.inner)
    }

    pub(super) fn start(options: &SledOptions, path: &Path) -> Result<Self, OpenError> {
        let opened = open::open(path, options.cache_bytes, options.checkpoint_records)?;
        let file = directory::open_database(path)?;
        let report = opened.report;
        let commit = Commit::new(opened.hasher.clone(), opened.end, opened.last_slot, report.epoch);
        let tasks = Tasks::resumed(opened.known.erasures.all(), opened.merged);
        let shared = Arc::new(Shared::new(
            opened.store,
            opened.index,
            opened.known,
            opened.hasher,
            opened.end,
        ));
        let writer = Writer {
            shared: Arc::clone(&shared),
            commit,
            file,
            mark: opened.mark,
            durability: options.durability,
            laid_out: opened.laid_out,
            unsynced: None,
            outcomes: Vec::new(),
            tasks,
            growth: Growth::default(),
            merged: opened.merged,
        };
        let threads = spawn(writer, options.commit_timeout)
            .map_err(|error| directory::failed("start the threads of", path, error))?;
        let inner = Inner {
            path: path.to_owned(),
            shared,
            ends: PageEnds::default(),
            durability: options.durability,
            commit_timeout: options.commit_timeout,
            report,
            threads: Mutex::new(Some(threads)),
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

/// Starts the writer, and the watchdog that gives it up when it is stuck in the storage.
fn spawn(writer: Writer, timeout: Duration) -> std::io::Result<Threads> {
    let (ending, ended) = channel::<()>();
    let (watched, ending_watch) = channel::<()>();
    let shared = Arc::clone(&writer.shared);
    thread::Builder::new().name("fsm-journal".to_owned()).spawn(move || {
        let _ending = ending;
        writer.run();
    })?;
    thread::Builder::new().name("fsm-watchdog".to_owned()).spawn(move || {
        let tick = (timeout / 4).max(Duration::from_millis(1));
        while ending_watch.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
            if shared.queue.busy_for().is_some_and(|busy| busy > timeout) {
                let why = format!("it stalled for more than {timeout:?}");
                let error = AppendError::Unknown { why, source: None };
                shared.queue.stop(&error, &mut Vec::new());
            }
        }
    })?;
    Ok(Threads { ended, _watched: watched })
}

impl Inner {
    /// Its directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the writer finish, and lets go of the database.
    fn close(&self) -> Result<(), AppendError> {
        self.shared.queue.close();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = threads.take() else { return Ok(()) };
        // The writer has a commit's time for what is left, and the watchdog as much to give up.
        let patience = self.commit_timeout.saturating_mul(3);
        if running.ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            // It is stuck inside sled and holds the database: nothing more can be done to it, but
            // nobody shall wait for it.
            let why = "it stalled while closing".to_owned();
            let error = AppendError::Unknown { why, source: None };
            self.shared.queue.stop(&error, &mut Vec::new());
            return Err(error);
        }
        let store = self.shared.store.write().unwrap_or_else(PoisonError::into_inner).take();
        let dropped = guarded("close the database", || {
            drop(store);
            Ok(())
        });
        directory::wait_until_unlocked(&self.path);
        // If it cannot be cut off now, opening does it.
        drop(directory::trim_database(&self.path));
        if let Some(stopped) = self.shared.queue.stopped() {
            return Err(stopped);
        }
        dropped.map_err(|error| super::error::unknown(&error))
    }
}

impl Drop for SledJournal {
    fn drop(&mut self) {
        // Whoever wanted to know what became of the last commits has awaited them.
        drop(self.inner.close());
    }
}

impl Journal for SledJournal {
    fn register<'a>(
        &'a self,
        schema: &'a Schema,
    ) -> Pending<'a, Result<Registered, RegisterError>> {
        let shared = &self.inner.shared;
        let known = shared.schemas().known(schema);
        let answer = if known.is_none() && check_room(shared, schema).is_ok() {
            let (sender, answer) = oneshot::channel();
            shared.queue.push(Job::Register(schema.clone()), Answer::Register(sender));
            Some(answer)
        } else {
            None
        };
        Box::pin(async move {
            if let Some(known) = known {
                return Ok(known);
            }
            let kind = || schema.kind.clone();
            let answer = answer.ok_or_else(|| RegisterError::Full { kind: kind() })?;
            let answered = answer.await.unwrap_or_else(|_| Err(gone()));
            answered.map_err(|source| RegisterError::Append { kind: kind(), source })
        })
    }

    fn schema(&self, id: SchemaId) -> Option<Arc<Schema>> {
        self.inner.shared.schemas().schema(id)
    }

    fn kind(&self, name: &str) -> Option<KindId> {
        self.inner.shared.schemas().kind(name)
    }

    fn append(&self, batch: Batch) -> Pending<'static, Result<Committed, AppendError>> {
        let (sender, answer) = oneshot::channel();
        self.inner.shared.queue.push(Job::Append(batch), Answer::Append(sender));
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(gone())) })
    }

    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>> {
        let inner = Arc::clone(&self.inner);
        let machine = machine.clone();
        reading(move || read_machine(&inner.shared, &machine, from, limit))
    }

    fn read_all(
        &self,
        from: Position,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, ReadError>> {
        let inner = Arc::clone(&self.inner);
        reading(move || read_all(&inner.shared, &inner.ends, from, limit))
    }

    fn head(&self) -> Position {
        Position(self.inner.shared.position())
    }

    fn reached(&self, position: Position) -> Pending<'_, Result<(), ReadError>> {
        let mut head = self.inner.shared.watch();
        Box::pin(async move {
            let came = |head: &Head| head.position >= position.0 || !head.is_open;
            match head.wait_for(came).await {
                Ok(head) if head.position >= position.0 => Ok(()),
                _ => Err(ReadError::Closed),
            }
        })
    }

    fn snapshots(&self) -> &dyn Snapshots {
        &*self.inner
    }

    fn cursors(&self) -> &dyn Cursors {
        &*self.inner
    }

    fn spaces(&self) -> &dyn Spaces {
        &*self.inner
    }

    fn upkeep(&self) -> &dyn Upkeep {
        &*self.inner
    }

    fn record_bytes_max(&self) -> usize {
        RECORD_BYTES_MAX - RECORD_OVERHEAD_BYTES
    }

    fn durability(&self) -> Durability {
        self.inner.durability
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        let inner = Arc::clone(&self.inner);
        // It starts now, not when it is awaited.
        let closing = match Handle::try_current() {
            Ok(runtime) => Ok(runtime.spawn_blocking(move || inner.close())),
            Err(_) => Err(inner.close()),
        };
        Box::pin(async move {
            match closing {
                Ok(task) => task.await.unwrap_or_else(|_| Err(gone())),
                Err(closed) => closed,
            }
        })
    }
}

/// Reads on a thread that may block. sled's panics were caught; what panics here is a fault of
/// ours, and harms only this reader.
pub(super) fn reading<'a, T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Pending<'a, Result<T, ReadError>> {
    Box::pin(async move {
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or_else(|error| {
            let why = "the reading thread panicked".to_owned();
            Err(ReadError::Storage { why, source: Some(Arc::new(error)) })
        })
    })
}

/// The writer went away without an answer, which only a fault of ours can do.
pub(super) fn gone() -> AppendError {
    AppendError::Unknown { why: "the writer is gone".to_owned(), source: None }
}
