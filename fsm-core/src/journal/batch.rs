//! What is appended in one go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::{Fact, MachineKey, SchemaId, Sequence};
use crate::machine::Timestamp;

/// Records to be appended together: all of them, in this order, or none.
///
/// Payloads share one buffer, so that a batch of thousands of records makes a handful of
/// allocations.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    records: Vec<NewRecord>,
    payloads: Vec<u8>,
    chain: Option<Chain>,
}

/// What batches share that were decided on top of each other and are appended without waiting for
/// one another: once one of them is refused, the later ones are too.
///
/// Sequences alone would not do: somebody else may have written what the refused batch was to
/// write, and the next batch's sequences would then fit records that it knows nothing of.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    broken: Arc<AtomicBool>,
}

/// A record that has no position yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// The machine it is about.
    pub machine: MachineKey,
    /// Its sequence, which must follow the machine's last one.
    pub sequence: Sequence,
    /// When it happened.
    pub time: Timestamp,
    /// The schema it is written with.
    pub schema: SchemaId,
    /// What happened.
    pub fact: Fact,
    /// The stored form of its [`Metadata`](super::Metadata), if it has any.
    pub metadata: Option<Box<[u8]>>,
    /// Where its payload ends in the batch's buffer; it starts where the one before ends.
    payload_end: usize,
}

/// The records of a batch with their payloads, in order.
#[derive(Clone, Debug)]
pub struct NewRecords<'a> {
    records: std::slice::Iter<'a, NewRecord>,
    payloads: &'a [u8],
    start: usize,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub const fn new() -> Self {
        Self { records: Vec::new(), payloads: Vec::new(), chain: None }
    }

    /// An empty batch with room for this many records and payload bytes.
    #[must_use]
    pub fn with_capacity(records: usize, payload_bytes: usize) -> Self {
        Self {
            records: Vec::with_capacity(records),
            payloads: Vec::with_capacity(payload_bytes),
            chain: None,
        }
    }

    /// Makes the batch one of this chain.
    #[must_use]
    pub fn chained(mut self, chain: &Chain) -> Self {
        self.chain = Some(chain.clone());
        self
    }

    /// Whether an earlier batch of its chain was refused: then a journal refuses this one.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.broken.load(Ordering::Acquire))
    }

    /// Says that this batch is refused. A journal calls it before it looks at the next batch.
    pub fn break_chain(&self) {
        if let Some(chain) = &self.chain {
            chain.broken.store(true, Ordering::Release);
        }
    }

    /// How many bytes were written to [`payload_buffer`](Self::payload_buffer) since the last
    /// record.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        self.payloads.len() - self.records.last().map_or(0, |last| last.payload_end)
    }

    /// Adds a record with its payload.
    pub fn push(
        &mut self,
        machine: MachineKey,
        sequence: Sequence,
        time: Timestamp,
        schema: SchemaId,
        fact: Fact,
        payload: &[u8],
    ) {
        self.payloads.extend_from_slice(payload);
        self.push_encoded(machine, sequence, time, schema, fact);
    }

    /// The buffer behind the last record's payload, to encode the next payload into; then
    /// [`push_encoded`](Self::push_encoded) makes a record of it, or
    /// [`discard_encoded`](Self::discard_encoded) drops it.
    pub const fn payload_buffer(&mut self) -> &mut Vec<u8> {
        &mut self.payloads
    }

    /// Adds a record whose payload is what was written to [`payload_buffer`](Self::payload_buffer)
    /// since the last record.
    pub fn push_encoded(
        &mut self,
        machine: MachineKey,
        sequence: Sequence,
        time: Timestamp,
        schema: SchemaId,
        fact: Fact,
    ) {
        self.push_annotated(machine, sequence, time, schema, fact, None);
    }

    /// [`push_encoded`](Self::push_encoded), with the stored form of the record's metadata.
    pub fn push_annotated(
        &mut self,
        machine: MachineKey,
        sequence: Sequence,
        time: Timestamp,
        schema: SchemaId,
        fact: Fact,
        metadata: Option<Box<[u8]>>,
    ) {
        let payload_end = self.payloads.len();
        let new = NewRecord { machine, sequence, time, schema, fact, metadata, payload_end };
        self.records.push(new);
    }

    /// Drops every record behind the first `records`, and what was written to
    /// [`payload_buffer`](Self::payload_buffer) since.
    pub fn truncate(&mut self, records: usize) {
        self.records.truncate(records);
        self.discard_encoded();
    }

    /// Drops what was written to [`payload_buffer`](Self::payload_buffer) since the last record.
    pub fn discard_encoded(&mut self) {
        self.payloads.truncate(self.records.last().map_or(0, |last| last.payload_end));
    }

    /// How many records it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many bytes its payloads have together.
    #[must_use]
    pub const fn payload_bytes(&self) -> usize {
        self.payloads.len()
    }

    /// The records with their payloads.
    #[must_use]
    pub fn records(&self) -> NewRecords<'_> {
        NewRecords { records: self.records.iter(), payloads: &self.payloads, start: 0 }
    }

    /// The records and, for each, its payload as a slice of one shared buffer.
    pub fn into_records(self) -> impl Iterator<Item = (NewRecord, Bytes)> {
        let payloads = Bytes::from(self.payloads);
        let mut start = 0;
        self.records.into_iter().map(move |record| {
            let payload = payloads.slice(start..record.payload_end);
            start = record.payload_end;
            (record, payload)
        })
    }
}

impl NewRecord {
    /// How many bytes its id, this payload and its metadata have together: what a journal limits.
    #[must_use]
    pub fn bytes(&self, payload: &[u8]) -> usize {
        let metadata = self.metadata.as_ref().map_or(0, |metadata| metadata.len());
        self.machine.id.len() + payload.len() + metadata
    }
}

impl<'a> Iterator for NewRecords<'a> {
    type Item = (&'a NewRecord, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.records.next()?;
        let payload = &self.payloads[self.start..record.payload_end];
        self.start = record.payload_end;
        Some((record, payload))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.records.size_hint()
    }
}

impl ExactSizeIterator for NewRecords<'_> {}
