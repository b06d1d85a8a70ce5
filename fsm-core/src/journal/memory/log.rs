//! What a journal in memory holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use foldhash::fast::RandomState;

use crate::journal::{
    AppendError, Batch, Committed, Fact, KindId, MachineKey, NewRecord, Position, Record,
    Registered, Schema, SchemaId, Sequence, Space, SpaceError, SpaceId, StoredSnapshot,
    UpkeepError,
};

/// Records in order; those that were erased leave their places empty.
#[derive(Debug, Default)]
pub(super) struct Log {
    records: Vec<Option<Record>>,
    machines: HashMap<MachineKey, History, RandomState>,
    sequences: HashMap<SpaceId, Sequence, RandomState>,
    schemas: Vec<Arc<Schema>>,
    kinds: HashMap<String, KindId>,
    /// By number, from 1.
    pub(super) spaces: BTreeMap<SpaceId, Space>,
    last_space: u32,
    pub(super) snapshots: HashMap<MachineKey, BTreeMap<Sequence, StoredSnapshot>, RandomState>,
    pub(super) cursors: BTreeMap<String, Position>,
}

/// Where a machine's records are.
#[derive(Debug)]
struct History {
    /// The sequence of the first.
    first: u64,
    positions: Vec<Position>,
}

impl History {
    const fn last(&self) -> Sequence {
        Sequence(self.first + self.positions.len() as u64 - 1)
    }

    fn index(&self, sequence: Sequence) -> usize {
        usize::try_from(sequence.0.saturating_sub(self.first)).unwrap_or(usize::MAX)
    }
}

impl Log {
    pub(super) fn head(&self) -> Position {
        Position(self.records.len() as u64)
    }

    fn last(&self, machine: &MachineKey) -> Sequence {
        self.machines.get(machine).map_or(Sequence::START, History::last)
    }

    pub(super) fn register(&mut self, schema: &Schema) -> Registered {
        let next = KindId(u32::try_from(self.kinds.len()).unwrap_or(u32::MAX));
        let kind = *self.kinds.entry(schema.kind.clone()).or_insert(next);
        let known = self.schemas.iter().position(|known| **known == *schema);
        let number = known.unwrap_or_else(|| {
            self.schemas.push(Arc::new(schema.clone()));
            self.schemas.len() - 1
        });
        Registered { kind, schema: SchemaId(u32::try_from(number).unwrap_or(u32::MAX)) }
    }

    pub(super) fn schema(&self, id: SchemaId) -> Option<Arc<Schema>> {
        self.schemas.get(id.0 as usize).cloned()
    }

    pub(super) fn kind(&self, name: &str) -> Option<KindId> {
        self.kinds.get(name).copied()
    }

    pub(super) fn has_space(&self, id: SpaceId) -> bool {
        id == SpaceId::DEFAULT || self.spaces.contains_key(&id)
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
            if !self.has_space(record.machine.space) {
                return Err(AppendError::UnknownSpace { machine: record.machine.clone() });
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

    pub(super) fn append(&mut self, batch: Batch) -> Result<Committed, AppendError> {
        if let Err(refused) = self.check(&batch) {
            batch.break_chain();
            return Err(refused);
        }
        let first = self.head().plus(1);
        let count = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        for (new, payload) in batch.into_records() {
            self.push(new, payload);
        }
        Ok(Committed { first, count })
    }

    fn push(&mut self, new: NewRecord, payload: Bytes) {
        let position = self.head().plus(1);
        let space = self.sequences.entry(new.machine.space).or_default();
        *space = space.next();
        let space_sequence = *space;
        match self.machines.get_mut(&new.machine) {
            Some(history) => history.positions.push(position),
            None => {
                let history = History { first: new.sequence.0, positions: vec![position] };
                self.machines.insert(new.machine.clone(), history);
            }
        }
        self.records.push(Some(Record {
            position,
            space_sequence,
            machine: new.machine,
            sequence: new.sequence,
            time: new.time,
            schema: new.schema,
            fact: new.fact,
            payload,
            metadata: new.metadata.map(Bytes::from).unwrap_or_default(),
        }));
    }

    pub(super) fn read(&self, machine: &MachineKey, from: Sequence, limit: usize) -> Vec<Record> {
        let Some(history) = self.machines.get(machine) else { return Vec::new() };
        let positions = history.positions.iter().skip(history.index(from)).take(limit);
        positions.filter_map(|&position| self.record(position)).cloned().collect()
    }

    fn record(&self, position: Position) -> Option<&Record> {
        self.records.get(usize::try_from(position.0).ok()?.checked_sub(1)?)?.as_ref()
    }

    pub(super) fn read_all(&self, from: Position, limit: usize) -> Vec<Record> {
        let skip = usize::try_from(from.0.saturating_sub(1)).unwrap_or(usize::MAX);
        self.records.iter().skip(skip).flatten().take(limit).cloned().collect()
    }

    pub(super) fn read_space(&self, id: SpaceId, from: Sequence, limit: usize) -> Vec<Record> {
        let records = self.records.iter().flatten();
        let records = records.filter(|record| record.machine.space == id);
        let records = records.filter(|record| record.space_sequence >= from);
        records.take(limit).cloned().collect()
    }

    pub(super) fn space_head(&self, id: SpaceId) -> Sequence {
        self.sequences.get(&id).copied().unwrap_or_default()
    }

    pub(super) fn create_space(&mut self, space: Space) -> Result<Space, SpaceError> {
        if self.spaces.values().any(|known| known.name == space.name) {
            return Err(SpaceError::Exists { name: space.name });
        }
        self.last_space += 1;
        let space = Space { id: SpaceId(self.last_space), ..space };
        self.spaces.insert(space.id, space.clone());
        Ok(space)
    }

    /// Removes a space and everything in it.
    pub(super) fn delete_space(&mut self, id: SpaceId) -> u64 {
        self.spaces.remove(&id);
        self.sequences.remove(&id);
        self.machines.retain(|machine, _| machine.space != id);
        self.snapshots.retain(|machine, _| machine.space != id);
        let mut erased = 0;
        for place in &mut self.records {
            if place.take_if(|record| record.machine.space == id).is_some() {
                erased += 1;
            }
        }
        erased
    }

    pub(super) fn forget(&mut self, machine: &MachineKey) -> Result<u64, UpkeepError> {
        let history = self.machines.remove(machine);
        let history = history.ok_or_else(|| UpkeepError::NotFound { machine: machine.clone() })?;
        self.snapshots.remove(machine);
        Ok(self.erase(&history.positions))
    }

    pub(super) fn trim(
        &mut self,
        machine: &MachineKey,
        base: Sequence,
    ) -> Result<u64, UpkeepError> {
        let history = self.machines.get(machine);
        let history = history.ok_or_else(|| UpkeepError::NotFound { machine: machine.clone() })?;
        let before = history.index(base);
        let place = history.positions.get(before).copied().filter(|_| base.0 >= history.first);
        let record = place.and_then(|position| self.record(position));
        if record.is_none_or(|record| !matches!(record.fact, Fact::Base { .. })) {
            return Err(UpkeepError::NoBase { machine: machine.clone(), sequence: base });
        }
        let Some(history) = self.machines.get_mut(machine) else { return Ok(0) };
        let erased: Vec<Position> = history.positions.drain(..before).collect();
        history.first = base.0;
        if let Some(snapshots) = self.snapshots.get_mut(machine) {
            snapshots.retain(|&sequence, _| sequence >= base);
        }
        Ok(self.erase(&erased))
    }

    fn erase(&mut self, positions: &[Position]) -> u64 {
        for position in positions {
            if let Some(place) = self.records.get_mut(position.0 as usize - 1) {
                *place = None;
            }
        }
        positions.len() as u64
    }
}
