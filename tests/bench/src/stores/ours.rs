//! Ours: the journal on sled, used through its port.

use std::path::Path;

use fsm_core::journal::{
    Batch, Journal, KindId, MachineKey, Position, Record, Registered, Schema, SchemaId, Sequence,
};
use fsm_persist::SledJournal;
use tokio::runtime::{Builder, Runtime};

use super::store::{Failure, Seen, Store, Visit};

/// The numbers that a new journal gives the first schema that it is told of. All contestants
/// append the same batches, and these numbers stand in them.
pub(crate) const REGISTERED: Registered = Registered { kind: KindId(0), schema: SchemaId(0) };

/// How many records are read at once: what the runtime reads when it wakes a machine.
const PAGE_RECORDS: usize = 1_024;

/// A journal, and the runtime that its calls are awaited on.
#[derive(Debug)]
pub(super) struct Ours {
    journal: SledJournal,
    runtime: Runtime,
}

impl Ours {
    /// Opens or creates the journal in a directory.
    pub(super) fn open(place: &Path) -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
        let journal = SledJournal::open(place)?;
        let schema = Schema::bare("Meter", &["Running"], &["Read"]);
        let registered = runtime.block_on(journal.register(&schema))?;
        if registered != REGISTERED {
            return Err(format!("the schema has the numbers {registered:?}").into());
        }
        Ok(Self { journal, runtime })
    }
}

impl Store for Ours {
    fn append(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        self.runtime.block_on(self.journal.append(std::mem::take(batch)))?;
        Ok(())
    }

    fn read_all(&mut self, visit: Visit<'_>) -> Result<(), Failure> {
        self.runtime.block_on(async {
            let mut from = Position(1);
            loop {
                let page = self.journal.read_all(from, PAGE_RECORDS).await?;
                page.iter().try_for_each(|record| visit(seen(record)))?;
                if page.len() < PAGE_RECORDS {
                    return Ok(());
                }
                from = from.plus(PAGE_RECORDS as u64);
            }
        })
    }

    fn read_machine(&mut self, machine: &MachineKey, visit: Visit<'_>) -> Result<(), Failure> {
        self.runtime.block_on(async {
            let mut from = Sequence(1);
            loop {
                let page = self.journal.read(machine, from, PAGE_RECORDS).await?;
                page.iter().try_for_each(|record| visit(seen(record)))?;
                if page.len() < PAGE_RECORDS {
                    return Ok(());
                }
                from = Sequence(from.0 + PAGE_RECORDS as u64);
            }
        })
    }

    fn last(&mut self) -> Result<Position, Failure> {
        let head = self.journal.head();
        let page = self.runtime.block_on(self.journal.read_all(head, 1))?;
        Ok(page.last().map_or(Position::START, |record| record.position))
    }

    fn settle(&mut self) -> Result<(), Failure> {
        self.runtime.block_on(self.journal.merge())?;
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), Failure> {
        self.runtime.block_on(self.journal.close())?;
        Ok(())
    }
}

fn seen(record: &Record) -> Seen<'_> {
    Seen {
        position: record.position.0,
        machine: &record.machine.id,
        sequence: record.sequence.0,
        time: record.time.micros(),
        fact: record.fact,
        payload: &record.payload,
    }
}
