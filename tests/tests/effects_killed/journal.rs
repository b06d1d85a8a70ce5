//! A journal with kill points around each call.

use std::sync::Arc;

use fsm_core::journal::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, Pending,
    Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence, Snapshots,
    Spaces, Upkeep,
};
use fsm_persist::SledJournal;
use tokio::sync::watch;

use crate::kill::{Point, pass};

/// A [`SledJournal`] around whose appends and reads the process can die.
#[derive(Debug)]
pub(crate) struct DeadlyJournal {
    pub(crate) sled: SledJournal,
    /// The last position that somebody was told to be durable.
    told: watch::Sender<Position>,
}

impl DeadlyJournal {
    pub(crate) fn new(sled: SledJournal) -> Self {
        let told = watch::Sender::new(sled.head());
        Self { sled, told }
    }

    /// Says when something more became durable.
    pub(crate) fn told(&self) -> watch::Receiver<Position> {
        self.told.subscribe()
    }
}

impl Journal for DeadlyJournal {
    fn register<'a>(
        &'a self,
        schema: &'a Schema,
    ) -> Pending<'a, Result<Registered, RegisterError>> {
        self.sled.register(schema)
    }

    fn schema(&self, id: SchemaId) -> Option<Arc<Schema>> {
        self.sled.schema(id)
    }

    fn kind(&self, name: &str) -> Option<KindId> {
        self.sled.kind(name)
    }

    fn append(&self, batch: Batch) -> Pending<'static, Result<Committed, AppendError>> {
        pass(Point::BeforeAppend);
        let appended = self.sled.append(batch);
        let told = self.told.clone();
        Box::pin(async move {
            let committed = appended.await?;
            pass(Point::AfterAppend);
            told.send_replace(committed.first);
            Ok(committed)
        })
    }

    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>> {
        Box::pin(async move {
            pass(Point::BeforeRead);
            let read = self.sled.read(machine, from, limit).await;
            pass(Point::AfterRead);
            read
        })
    }

    fn read_all(
        &self,
        from: Position,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, ReadError>> {
        Box::pin(async move {
            pass(Point::BeforeRead);
            let read = self.sled.read_all(from, limit).await;
            pass(Point::AfterRead);
            read
        })
    }

    fn head(&self) -> Position {
        self.sled.head()
    }

    fn reached(&self, position: Position) -> Pending<'_, Result<(), ReadError>> {
        self.sled.reached(position)
    }

    fn snapshots(&self) -> &dyn Snapshots {
        self.sled.snapshots()
    }

    fn cursors(&self) -> &dyn Cursors {
        self.sled.cursors()
    }

    fn spaces(&self) -> &dyn Spaces {
        self.sled.spaces()
    }

    fn upkeep(&self) -> &dyn Upkeep {
        self.sled.upkeep()
    }

    fn record_bytes_max(&self) -> usize {
        self.sled.record_bytes_max()
    }

    fn durability(&self) -> Durability {
        self.sled.durability()
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        self.sled.close()
    }
}
