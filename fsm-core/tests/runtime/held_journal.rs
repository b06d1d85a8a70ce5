//! A journal whose commits wait until a test lets them go, or are made to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fsm_core::journal::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, MemoryJournal,
    Pending, Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence,
    Snapshots, Spaces, Upkeep,
};
use tokio::sync::{Mutex, Notify, Semaphore};

/// A [`MemoryJournal`] whose appends are carried out one by one, each when it is released.
#[derive(Clone, Debug)]
pub(crate) struct HeldJournal {
    memory: MemoryJournal,
    held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    permits: Semaphore,
    /// Appends happen in the order in which they were called.
    turn: Arc<Mutex<()>>,
    calls: AtomicU64,
    called: Notify,
    /// The number of the append that fails, counted from 1; 0 for none.
    fails: AtomicU64,
}

impl HeldJournal {
    /// Nothing is carried out until it is released.
    pub(crate) fn new() -> Self {
        let held = Held {
            permits: Semaphore::new(0),
            turn: Arc::default(),
            calls: AtomicU64::new(0),
            called: Notify::new(),
            fails: AtomicU64::new(0),
        };
        Self { memory: MemoryJournal::new(), held: Arc::new(held) }
    }

    /// Makes the `n`-th append fail, writing nothing.
    pub(crate) fn fail_append(&self, n: u64) {
        self.held.fails.store(n, Ordering::SeqCst);
    }

    /// Nothing is held, and the `n`-th append fails, writing nothing.
    pub(crate) fn failing(n: u64) -> Self {
        let journal = Self::new();
        journal.fail_append(n);
        journal.release_all();
        journal
    }

    /// What is in the journal.
    pub(crate) fn memory(&self) -> MemoryJournal {
        self.memory.clone()
    }

    /// Waits until `append` has been called this often.
    pub(crate) async fn appended(&self, calls: u64) {
        loop {
            let called = self.held.called.notified();
            if self.held.calls.load(Ordering::SeqCst) >= calls {
                return;
            }
            called.await;
        }
    }

    pub(crate) async fn release_one(&self) {
        self.held.permits.add_permits(1);
    }

    pub(crate) fn release_all(&self) {
        self.held.permits.add_permits(1_000_000);
    }
}

impl Journal for HeldJournal {
    fn register<'a>(
        &'a self,
        schema: &'a Schema,
    ) -> Pending<'a, Result<Registered, RegisterError>> {
        self.memory.register(schema)
    }

    fn schema(&self, id: SchemaId) -> Option<Arc<Schema>> {
        self.memory.schema(id)
    }

    fn kind(&self, name: &str) -> Option<KindId> {
        self.memory.kind(name)
    }

    fn append(&self, batch: Batch) -> Pending<'static, Result<Committed, AppendError>> {
        let call = self.held.calls.fetch_add(1, Ordering::SeqCst) + 1;
        self.held.called.notify_waiters();
        let journal = self.clone();
        // The append takes its turn now, in call order, not when it is first polled.
        let turn = Arc::clone(&self.held.turn).lock_owned();
        let appended = tokio::spawn(async move {
            let _turn = turn.await;
            journal.held.permits.acquire().await.expect("it is never closed").forget();
            if call == journal.held.fails.load(Ordering::SeqCst) {
                batch.break_chain();
                return Err(AppendError::Stopped { why: "the test says so".into() });
            }
            journal.memory.append(batch).await
        });
        Box::pin(async { appended.await.expect("the append does not panic") })
    }

    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>> {
        self.memory.read(machine, from, limit)
    }

    fn read_all(
        &self,
        from: Position,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, ReadError>> {
        self.memory.read_all(from, limit)
    }

    fn head(&self) -> Position {
        self.memory.head()
    }

    fn reached(&self, position: Position) -> Pending<'_, Result<(), ReadError>> {
        self.memory.reached(position)
    }

    fn snapshots(&self) -> &dyn Snapshots {
        self.memory.snapshots()
    }

    fn cursors(&self) -> &dyn Cursors {
        self.memory.cursors()
    }

    fn spaces(&self) -> &dyn Spaces {
        self.memory.spaces()
    }

    fn upkeep(&self) -> &dyn Upkeep {
        self.memory.upkeep()
    }

    fn record_bytes_max(&self) -> usize {
        1_000
    }

    fn durability(&self) -> Durability {
        self.memory.durability()
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        self.memory.close()
    }
}
