//! A journal on a disk that holds appends back, refuses them, and can be read all the while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fsm_core::journal::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, MemoryJournal,
    Pending, Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence,
    Snapshots, Spaces, Upkeep,
};
use tokio::sync::watch;

/// A [`MemoryJournal`] on such a disk. A clone is the same disk.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    memory: MemoryJournal,
    /// How many appends may be carried out; those called later are held back.
    allowed: watch::Sender<u64>,
    called: watch::Sender<u64>,
    /// How many are refused, writing nothing, of those that are carried out next.
    refusals: Arc<AtomicU64>,
    /// The number of the append that is refused, from 1; 0 for none.
    refused: Arc<AtomicU64>,
    carried_out: Arc<AtomicU64>,
}

impl Disk {
    /// One that works.
    pub(crate) fn new() -> Self {
        Self {
            memory: MemoryJournal::new(),
            allowed: watch::Sender::new(u64::MAX),
            called: watch::Sender::new(0),
            refusals: Arc::default(),
            refused: Arc::default(),
            carried_out: Arc::default(),
        }
    }

    /// Holds every later append back.
    pub(crate) fn hold(&self) {
        self.allowed.send_replace(*self.called.borrow());
    }

    /// Lets the appends go that are held, and the later ones.
    pub(crate) fn release(&self) {
        self.allowed.send_replace(u64::MAX);
    }

    /// Refuses the next so many appends.
    pub(crate) fn refuse(&self, appends: u64) {
        self.refusals.store(appends, Ordering::SeqCst);
    }

    /// Refuses the append of this number, from 1.
    pub(crate) fn refuse_call(&self, call: u64) {
        self.refused.store(call, Ordering::SeqCst);
    }

    /// How many appends were called.
    pub(crate) fn called(&self) -> u64 {
        *self.called.borrow()
    }

    /// Waits until so many appends have been called.
    pub(crate) async fn wait_for_calls(&self, calls: u64) {
        self.called.subscribe().wait_for(|called| *called >= calls).await.unwrap();
    }

    /// How many appends have ended, well or not.
    pub(crate) fn carried_out(&self) -> u64 {
        self.carried_out.load(Ordering::SeqCst)
    }
}

impl Journal for Disk {
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
        self.called.send_modify(|called| *called += 1);
        let (call, disk) = (*self.called.borrow(), self.clone());
        // A shard polls its appends in the order in which it called them.
        Box::pin(async move {
            let mut allowed = disk.allowed.subscribe();
            allowed.wait_for(|allowed| *allowed >= call).await.expect("the disk has it");
            disk.carried_out.fetch_add(1, Ordering::SeqCst);
            let one_less = |left: u64| left.checked_sub(1);
            let is_one = call == disk.refused.load(Ordering::SeqCst);
            let order = Ordering::SeqCst;
            if is_one || disk.refusals.fetch_update(order, order, one_less).is_ok() {
                batch.break_chain();
                return Err(AppendError::Stopped { why: "the disk is full".into() });
            }
            disk.memory.append(batch).await
        })
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

    fn durability(&self) -> Durability {
        self.memory.durability()
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        self.memory.close()
    }
}
