//! The writer: one thread that makes everything durable, in order.
//!
//! It takes what waits, without delay; what comes meanwhile is the next commit. Whatever fails,
//! it stops: nothing is synced a second time, and the journal is to be opened again.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fsm_core::journal::{AppendError, Durability, RegisterError, Registered, Schema};

use super::change::{Changed, Task};
use super::commit::{Commit, Ground};
use super::directory;
use super::error::unknown;
use super::growth::Growth;
use super::layout::{SLOTS_AHEAD_MIN, SLOTS_STEP, slot_key};
use super::manifest::{Extent, Manifest};
use super::mark::{MarkFile, SYNC_INTERVAL};
use super::meta::{self, SCHEMAS_MAX, write_schema};
use super::queue::{Job, Next, Outcome};
use super::shared::Shared;
use super::store::{Store, StoreError, panic_text, sync};
use super::tasks::Tasks;

/// After so long without work, the writer looks whether something is to be tidied up.
const IDLE_AFTER: Duration = Duration::from_millis(20);
/// How many chunks a step of a long task looks at: while nobody waits, and while somebody does.
const IDLE_CHUNKS: usize = 64;
const BUSY_CHUNKS: usize = 16;
/// After so many steps, or slots that were merged, what was rewritten is handed to the system.
const FLUSH_STEPS: usize = 16;
const FLUSH_SLOTS: u64 = 4096;

/// The thread's own.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) commit: Commit,
    /// sled's file, by a handle of ours: sled's own flush does not reach the disk.
    pub(super) file: File,
    pub(super) mark: MarkFile,
    pub(super) durability: Durability,
    /// The slot behind the empty ones that are laid out.
    pub(super) laid_out: u64,
    /// What was flushed and not synced, with `Durability::Flush`, and since when.
    pub(super) unsynced: Option<(Extent, Instant)>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) tasks: Tasks,
    pub(super) growth: Growth,
    /// What `tasks.merged()` was when it was last written.
    pub(super) merged: u64,
}

impl Writer {
    /// Works until the journal is closed or something fails.
    pub(super) fn run(mut self) {
        let worked = catch_unwind(AssertUnwindSafe(|| self.work()));
        self.shared.end();
        let error = match worked {
            Ok(Ok(())) => return self.shared.queue.ended(),
            Ok(Err(error)) => error,
            Err(panic) => AppendError::Unknown {
                why: format!("the writer panicked: {}", panic_text(panic.as_ref())),
                source: None,
            },
        };
        if self.shared.is_index_damaged() {
            // The log is whole. If this fails as well, the next opening meets the damage again.
            drop(self.forget_index());
        }
        self.shared.queue.stop(&error, &mut self.outcomes);
    }

    fn forget_index(&self) -> Result<(), StoreError> {
        let store = self.shared.store();
        let Some(store) = store.as_ref() else { return Ok(()) };
        Manifest::forget(store)?;
        store.flush()
    }

    fn work(&mut self) -> Result<(), AppendError> {
        let mut jobs = Vec::new();
        loop {
            match self.shared.queue.take(&mut jobs, self.patience()) {
                Next::Jobs => {
                    if !self.commit(&mut jobs)? {
                        return Ok(());
                    }
                    self.sync_if_due(false).map_err(|error| unknown(&error))?;
                }
                Next::Idle => {
                    self.sync_if_due(false).map_err(|error| unknown(&error))?;
                    let shared = Arc::clone(&self.shared);
                    let store = shared.store();
                    let store = store.as_ref().ok_or_else(closed)?;
                    self.work_on(store, true).map_err(|error| unknown(&error))?;
                }
                Next::Closed if self.shared.queue.stopped().is_some() => return Ok(()),
                Next::Closed => return self.close().map_err(|error| unknown(&error)),
            }
        }
    }

    /// How long it may wait for work before something is to be synced.
    fn patience(&self) -> Option<Duration> {
        let data =
            self.unsynced.map(|(_, since)| self.flush_interval().saturating_sub(since.elapsed()));
        let mark = (!self.mark.is_synced()).then_some(SYNC_INTERVAL);
        let end = self.commit.end().slot;
        let tasks = match self.tasks.is_due(end, false) {
            true => Some(Duration::ZERO),
            false => self.tasks.is_due(end, true).then_some(IDLE_AFTER),
        };
        data.into_iter()
            .chain(mark)
            .chain(tasks)
            .min()
            .map(|patience| patience.max(Duration::from_millis(1)))
    }

    const fn flush_interval(&self) -> Duration {
        match self.durability {
            Durability::Flush(interval) => interval,
            Durability::Memory | Durability::Fsync => Duration::ZERO,
        }
    }

    /// Writes the jobs and answers them. `false` if the watchdog gave up on it meanwhile.
    fn commit(&mut self, jobs: &mut Vec<Job>) -> Result<bool, AppendError> {
        let shared = Arc::clone(&self.shared);
        let store = shared.store();
        let store = store.as_ref().ok_or_else(closed)?;
        let before = self.commit.end().slot;
        let (registered, changed) = self.gather(store, jobs)?;
        let end = self.commit.finish();
        let bytes = self.commit.values.iter().map(|(_, value)| value.len()).sum();
        let records = self.commit.records;
        if records > 0 || registered || changed {
            self.write(store, end, registered).map_err(|error| unknown(&error))?;
            let mut index = shared.index_mut();
            index.apply(&mut self.commit.heads, records);
            drop(index);
            self.commit.records = 0;
            shared.raise(end);
        }
        if !shared.queue.complete(&mut self.outcomes) {
            return Ok(false);
        }
        let grown = self.growth.grow(&self.file);
        grown.map_err(|source| unknown(&mark_error(source, "grow the database")))?;
        // What follows goes to the disk with the next commit; nobody waits for it now.
        self.tasks.committed(before, end.slot, bytes);
        self.prepare(store, end, records).map_err(|error| unknown(&error))?;
        Ok(true)
    }

    /// Puts the jobs into the commit; says whether something was written beside the log that is to
    /// be synced, and something that need not be.
    fn gather(&mut self, store: &Store, jobs: &mut Vec<Job>) -> Result<(bool, bool), AppendError> {
        let shared = Arc::clone(&self.shared);
        let (mut registered, mut changed) = (false, false);
        for job in jobs.drain(..) {
            let outcome = match job {
                Job::Append(batch) => {
                    let (index, schemas) = (shared.index(), shared.schemas());
                    let spaces = shared.spaces();
                    let ground = Ground {
                        shared: &shared,
                        store,
                        index: &index,
                        schemas: &schemas,
                        spaces: &spaces,
                    };
                    match self.commit.add(&batch, ground) {
                        Ok(committed) => Outcome::Appended(committed),
                        Err(error @ AppendError::Unknown { .. }) => return Err(error),
                        Err(error) => Outcome::Refused(error),
                    }
                }
                Job::Register(schema) => {
                    registered = true;
                    Outcome::Registered(self.register(store, schema)?)
                }
                Job::Change(change) => {
                    changed = true;
                    registered |= change.is_synced();
                    self.change(store, change)?
                }
            };
            self.outcomes.push(outcome);
        }
        Ok((registered, changed))
    }

    /// Does some of the long tasks.
    fn work_on(&mut self, store: &Store, idle: bool) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        let end = self.commit.end().slot;
        let mut steps = 0;
        while self.tasks.is_due(end, idle) {
            let chunks = if idle { IDLE_CHUNKS } else { BUSY_CHUNKS };
            if let Some((task, changed)) = self.tasks.step(&shared, store, end, chunks)? {
                self.complete(store, task, changed)?;
            }
            shared.queue.alive();
            steps += 1;
            if steps % FLUSH_STEPS == 0 || self.tasks.merged() > self.merged + FLUSH_SLOTS {
                self.merged = self.tasks.merged();
                meta::write_merged(store, self.merged)?;
                store.flush()?;
            }
            if !idle || shared.queue.has_work() {
                break;
            }
        }
        Ok(())
    }

    /// A task is done, and is made durable before anybody hears of it.
    fn complete(&mut self, store: &Store, task: Task, changed: Changed) -> Result<(), StoreError> {
        self.merged = self.tasks.merged();
        meta::write_merged(store, self.merged)?;
        store.flush()?;
        sync(&self.file, "sync the database")?;
        if let Task::Erase(number) = task {
            // Behind the sync: an erasure that is not noted must be whole.
            let hasher = &mut self.shared.hasher();
            self.shared.change_erasures(|erasures| erasures.done(store, number, hasher))?;
            store.flush()?;
        }
        self.shared.queue.done(task, changed);
        Ok(())
    }

    fn register(&self, store: &Store, schema: Schema) -> Result<Registered, AppendError> {
        let mut schemas = self.shared.schemas_mut();
        if let Some(known) = schemas.known(&schema) {
            return Ok(known);
        }
        write_schema(store, schemas.len(), &schema).map_err(|error| unknown(&error))?;
        Ok(schemas.add(schema))
    }

    /// Makes the commit durable, as far as the durability goes.
    fn write(&mut self, store: &Store, end: Extent, synced: bool) -> Result<(), StoreError> {
        if !self.commit.values.is_empty() {
            if end.slot > self.laid_out {
                self.lay_out(store, end.slot)?;
            }
            store.write_log(&mut self.commit.values)?;
        }
        store.flush()?;
        // The mark names the last chunk, so that opening can find it.
        let mark = Extent { slot: self.commit.last_slot(), ..end };
        if synced || self.durability == Durability::Fsync {
            return self.sync(mark);
        }
        let since = self.unsynced.map_or_else(Instant::now, |(_, since)| since);
        self.unsynced = Some((mark, since));
        Ok(())
    }

    fn sync(&mut self, mark: Extent) -> Result<(), StoreError> {
        sync(&self.file, "sync the database")?;
        directory::check_linked(&self.file)?;
        self.unsynced = None;
        if mark.position > 0 {
            self.mark.write(mark).map_err(|source| mark_error(source, "write the file `head`"))?;
        }
        Ok(())
    }

    fn sync_if_due(&mut self, now: bool) -> Result<(), StoreError> {
        let interval = self.flush_interval();
        if let Some((mark, since)) = self.unsynced
            && (now || since.elapsed() >= interval)
        {
            self.sync(mark)?;
        }
        self.mark.sync(now).map_err(|source| mark_error(source, "sync the file `head`"))
    }

    /// Lays out slots and does its part of the index.
    fn prepare(&mut self, store: &Store, end: Extent, records: u64) -> Result<(), StoreError> {
        if self.laid_out < end.slot + SLOTS_AHEAD_MIN {
            self.lay_out(store, end.slot)?;
        }
        let mut index = self.shared.index_mut();
        index.begin_checkpoint(end);
        let busy = index.is_busy();
        drop(index);
        // Taken as a reader first: the lock is not asked for when there is nothing to do.
        if busy || self.shared.index().runs() >= super::index::FAN_IN {
            let stepped = self.shared.index_mut().step(store, records);
            stepped.map_err(|error| self.shared.noted(error))?;
            let covered = self.shared.index().covered().position;
            if self.shared.erasures().is_known(covered) {
                self.shared.change_erasures(|erasures| erasures.prune(store, covered))?;
            }
        }
        if self.tasks.is_due(end.slot, false) {
            self.work_on(store, false)?;
        }
        Ok(())
    }

    /// Writes empty values into the slots ahead. sled splits a leaf when it has more than 16
    /// keys, and rewrites it; so the keys come first, while they cost nothing.
    fn lay_out(&mut self, store: &Store, end: u64) -> Result<(), StoreError> {
        let target = (end + SLOTS_AHEAD_MIN).max(self.laid_out) + SLOTS_STEP;
        while self.laid_out < target {
            store.insert(&store.log, &slot_key(self.laid_out), &[])?;
            self.laid_out += 1;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        if shared.is_index_damaged() {
            self.forget_index()?;
        }
        if let Some(store) = shared.store().as_ref() {
            meta::write_merged(store, self.tasks.merged())?;
            store.flush()?;
            let mark = Extent { slot: self.commit.last_slot(), ..self.commit.end() };
            self.unsynced.get_or_insert((mark, Instant::now()));
        }
        self.sync_if_due(true)
    }
}

/// Whether one more schema can be numbered.
pub(super) fn check_room(shared: &Shared, schema: &Schema) -> Result<(), RegisterError> {
    if shared.schemas().len() < SCHEMAS_MAX {
        return Ok(());
    }
    Err(RegisterError::Full { kind: schema.kind.clone() })
}

fn closed() -> AppendError {
    AppendError::Stopped { why: "it was closed".to_owned() }
}

fn mark_error(source: std::io::Error, what: &'static str) -> StoreError {
    StoreError::Io { what, source: Arc::new(source) }
}
