//! What every journal of these campaigns holds: the batches of the workload, and large records
//! between them. Batch `n` is the same in all of them, byte by byte.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fsm_core::Timestamp;
use fsm_core::journal::{
    Batch, Fact, KindId, MachineKey, NewRecord, Record, Registered, SchemaId, Sequence, SpaceId,
};

use crate::workload::{Workload, mix};

/// All batches so far made up.
#[derive(Default)]
pub(crate) struct Orders {
    workload: Workload,
    large: HashMap<u64, u64>,
    records: Vec<(NewRecord, Vec<u8>)>,
    /// Behind how many records each batch ends.
    ends: Vec<usize>,
}

/// The numbers that the first schema of a journal gets.
pub(crate) const KIND: Registered = Registered { kind: KindId(0), schema: SchemaId(0) };

static ORDERS: Mutex<Option<Orders>> = Mutex::new(None);

/// The batch that comes behind so many records, which end a batch.
pub(crate) fn batch_behind(records: u64) -> Batch {
    with(|orders| {
        let records = records as usize;
        orders.make(records + 1);
        let number = orders.ends.partition_point(|&end| end <= records);
        assert!(records == 0 || orders.ends[number - 1] == records, "a batch ends at {records}");
        let mut batch = Batch::new();
        for (record, payload) in &orders.records[records..orders.ends[number]] {
            let NewRecord { machine, sequence, time, schema, fact, .. } = record.clone();
            batch.push(machine, sequence, time, schema, fact, payload);
        }
        batch
    })
}

/// Whether a batch ends behind so many records.
pub(crate) fn is_end(records: u64) -> bool {
    with(|orders| {
        orders.make(records as usize);
        records == 0 || orders.ends.binary_search(&(records as usize)).is_ok()
    })
}

/// What is wrong with a record, if it is not the one that was written at its position.
pub(crate) fn difference(record: &Record) -> Option<String> {
    with(|orders| {
        let at = record.position.0 as usize;
        orders.make(at);
        let (expected, payload) = &orders.records[at - 1];
        let same = record.machine == expected.machine
            && record.sequence == expected.sequence
            && record.time == expected.time
            && record.schema == expected.schema
            && record.fact == expected.fact
            && record.payload == *payload
            && record.metadata.is_empty();
        (!same).then(|| format!("{record:?} instead of {expected:?}"))
    })
}

/// The machines in the first so many records, each with the positions of its records.
pub(crate) fn histories(records: u64) -> Vec<(MachineKey, Vec<u64>)> {
    with(|orders| {
        orders.make(records as usize);
        let mut machines: HashMap<MachineKey, Vec<u64>> = HashMap::new();
        for (at, (record, _)) in orders.records[..records as usize].iter().enumerate() {
            machines.entry(record.machine.clone()).or_default().push(at as u64 + 1);
        }
        let mut machines: Vec<_> = machines.into_iter().collect();
        machines.sort();
        machines
    })
}

fn with<T>(look: impl FnOnce(&mut Orders) -> T) -> T {
    let mut orders: MutexGuard<'_, _> = ORDERS.lock().unwrap_or_else(PoisonError::into_inner);
    look(orders.get_or_insert_default())
}

impl Orders {
    /// Makes up batches until there are at least so many records.
    fn make(&mut self, records: usize) {
        while self.records.len() < records {
            let number = self.ends.len() as u64;
            // Records that take several slots come as often as batches that take several chunks.
            let batch = if number % 8 == 5 { self.large(number) } else { self.workload.next(KIND) };
            let payloads: Vec<Vec<u8>> = batch.records().map(|(_, p)| p.to_vec()).collect();
            let records = batch.records().map(|(record, _)| record.clone());
            self.records.extend(records.zip(payloads));
            self.ends.push(self.records.len());
        }
    }

    fn large(&mut self, number: u64) -> Batch {
        let mut batch = Batch::new();
        let random = mix(number);
        for at in 0..=random % 2 {
            let machine = (random >> 8) % 5;
            let sequence = self.large.entry(machine).or_default();
            *sequence += 1;
            let id = format!("large-{machine}");
            let machine = MachineKey { space: SpaceId(1), kind: KIND.kind, id: id.into() };
            let length = 3_000 + mix(random ^ at) % 25_000;
            let payload: Vec<u8> = (0..length).map(|at| mix(number ^ at << 32) as u8).collect();
            let time = Timestamp::from_micros(number as i64);
            let sequence = Sequence(*sequence);
            batch.push(machine, sequence, time, KIND.schema, Fact::Created, &payload);
        }
        batch
    }
}
