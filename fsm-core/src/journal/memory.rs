//! The journal that keeps nothing: for tests, for toys, and as the model of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use foldhash::fast::RandomState;

use super::{
    AppendError, Batch, Committed, Durability, Journal, KindId, MachineKey, Pending, Position,
    ReadError, Record, RegisterError, Registered, Schema, SchemaId, Sequence, SpaceId,
};

/// A journal in memory.
///
/// # Durability
///
/// None: it is gone with the process. A clone is the same journal, so a test can "restart" a
/// system on it.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    shared: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    records: Vec<Record>,
    machines: HashMap<MachineKey, Vec<Position>, RandomState>,
    spaces: HashMap<SpaceId, Sequence, RandomState>,
    schemas: Vec<Arc<Schema>>,
    kinds: HashMap<String, KindId>,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Every change is whole before the lock is let go: a panic leaves nothing half done.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn last(&self, machine: &MachineKey) -> Sequence {
        Sequence(self.machines.get(machine).map_or(0, |positions| positions.len() as u64))
    }

    fn register(&mut self, schema: &Schema) -> Registered {
        let next = KindId(u32::try_from(self.kinds.len()).unwrap_or(u32::MAX));
        let kind = *self.kinds.entry(schema.kind.clone()).or_insert(next);
        let known = self.schemas.iter().position(|known| **known == *schema);
        let number = known.unwrap_or_else(|| {
            self.schemas.push(Arc::new(schema.clone()));
            self.schemas.len() - 1
        });
        Registered { kind, schema: SchemaId(u32::try_from(number).unwrap_or(u32::MAX)) }
    }

    fn check(&self, batch: &Batch) -> Result<(), AppendError> {
        if batch.is_broken() {
            return Err(AppendError::Broken);
        }
        let mut heads: HashMap<&MachineKey, Sequence, RandomState> = HashMap::default();
        for (record, _) in batch.records() {
            if self.schemas.get(record.schema.0 as usize).is_none() {
                return Err(AppendError::UnknownSchema { machine: record.machine.clone() });
            }
            let head = heads.entry(&record.machine).or_insert_with(|| self.last(&record.machine));
            if record.sequence != head.next() {
                return Err(AppendError::Conflict {
                    machine: record.machine.clone(),
                    expected: record.sequence,
                    actual: *head,
                });
            }
            *head = record.sequence;
        }
        Ok(())
    }

    fn append(&mut self, batch: Batch) -> Result<Committed, AppendError> {
        if let Err(refused) = self.check(&batch) {
            batch.break_chain();
            return Err(refused);
        }
        let first = Position(self.records.len() as u64 + 1);
        let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        for (new, payload) in batch.into_records() {
            let position = Position(self.records.len() as u64 + 1);
            let space = self.spaces.entry(new.machine.space).or_default();
            *space = space.next();
            let space_sequence = *space;
            match self.machines.get_mut(&new.machine) {
                Some(positions) => positions.push(position),
                None => drop(self.machines.insert(new.machine.clone(), vec![position])),
            }
            self.records.push(Record {
                position,
                space_sequence,
                machine: new.machine,
                sequence: new.sequence,
                time: new.time,
                schema: new.schema,
                fact: new.fact,
                payload,
                metadata: new.metadata.map(Bytes::from).unwrap_or_default(),
            });
        }
        Ok(Committed { first, count })
    }

    fn read(&self, machine: &MachineKey, from: Sequence, limit: usize) -> Vec<Record> {
        let skip = usize::try_from(from.0.saturating_sub(1)).unwrap_or(usize::MAX);
        let positions = self.machines.get(machine).map_or(&[][..], Vec::as_slice);
        let records = positions.iter().skip(skip).take(limit);
        records.filter_map(|position| self.records.get(position.0 as usize - 1)).cloned().collect()
    }

    fn read_all(&self, from: Position, limit: usize) -> Vec<Record> {
        let skip = usize::try_from(from.0.saturating_sub(1)).unwrap_or(usize::MAX);
        self.records.iter().skip(skip).take(limit).cloned().collect()
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
        self.log().schemas.get(id.0 as usize).cloned()
    }

    fn kind(&self, name: &str) -> Option<KindId> {
        self.log().kinds.get(name).copied()
    }

    fn append(&self, batch: Batch) -> Pending<'static, Result<Committed, AppendError>> {
        let committed = self.log().append(batch);
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
        Position(self.log().records.len() as u64)
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }

    fn close(&self) -> Pending<'_, Result<(), AppendError>> {
        Box::pin(async { Ok(()) })
    }
}
