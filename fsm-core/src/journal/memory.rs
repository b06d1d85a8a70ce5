//! The journal that keeps nothing: for tests, for toys, and as the model of the others.

mod log;
mod ports;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{
    AppendError, Batch, Committed, Cursors, Durability, Journal, KindId, MachineKey, Pending,
    Position, ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence, Snapshots,
    Spaces, Upkeep,
};
use log::Log;

/// A journal in memory.
///
/// # Durability
///
/// None: it is gone with the process. A clone is the same journal, so a test can "restart" a
/// system on it.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    log: Mutex<Log>,
    head: watch::Sender<Position>,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.shared.log()
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        // Every change is whole before the lock is let go: a panic leaves nothing half done.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn register<'a>(
        &'a self,
        schema: &'a Schema,
    ) -> Pending<'a, Result<Registered, RegisterError>> {
        let registered = self.log().register(schema);
        Box::pin(async move { Ok(registered) })
    }

    fn schema(&self, id: SchemaId) -> Option<Arc<Schema>> {
        self.log().schema(id)
    }

    fn kind(&self, name: &str) -> Option<KindId> {
        self.log().kind(name)
    }

    fn append(&self, batch: Batch) -> Pending<'static, Result<Committed, AppendError>> {
        let mut log = self.log();
        let committed = log.append(batch);
        // Under the lock, so that the head never goes back.
        self.shared.head.send_replace(log.head());
        drop(log);
        Box::pin(async move { committed })
    }

    fn read<'a>(
        &'a self,
        machine: &'a MachineKey,
        from: Sequence,
        limit: usize,
    ) -> Pending<'a, Result<Vec<Record>, ReadError>> {
        let records = self.log().read(machine, from, limit);
        Box::pin(async move { Ok(records) })
    }

    fn read_all(
        &self,
        from: Position,
        limit: usize,
    ) -> Pending<'_, Result<Vec<Record>, ReadError>> {
        let records = self.log().read_all(from, limit);
        Box::pin(async move { Ok(records) })
    }

    fn head(&self) -> Position {
        self.log().head()
    }

    fn reached(&self, position: Position) -> Pending<'_, Result<(), ReadError>> {
        let mut head = self.shared.head.subscribe();
        Box::pin(async move {
            let reached = head.wait_for(|head| *head >= position).await;
            reached.map(drop).map_err(|_| ReadError::Closed)
        })
    }

    fn snapshots(&self) -> &dyn Snapshots {
        &*self.shared
    }

    fn cursors(&self) -> &dyn Cursors {
        &*self.shared
    }

    fn spaces(&self) -> &dyn Spaces {
        &*self.shared
    }

    fn upkeep(&self) -> &dyn Upkeep {
        &*self.shared
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        Box::pin(async { Ok(()) })
    }
}
