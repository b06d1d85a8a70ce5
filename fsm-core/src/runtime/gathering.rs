//! The batch that a shard fills while those before it are written.

use serde::Serialize;

use super::Machine;
use super::live::Live;
use crate::journal::{
    Batch, Chain, Codec, CodecError, Fact, KindId, MachineId, MachineKey, Metadata, Registered,
    SchemaId, SpaceId,
};

/// How many records a shard hands to the journal at once: enough that the cost of a commit is
/// spread thin, few enough that its callers do not wait for strangers.
const BATCH_RECORDS_MAX: usize = 4_096;
/// How many payload bytes a shard hands to the journal at once. Four batches of a shard may be
/// under way, and the journals have room for those of 64 shards.
const BATCH_BYTES_MAX: usize = 1 << 20;

/// The batch that a shard is filling while the one before is written.
#[derive(Debug)]
pub(super) struct Gathering {
    number: u64,
    batch: Batch,
    /// What the batches that are under way share: each was decided on top of those before.
    chain: Chain,
    record_bytes_max: usize,
    /// Whether nothing is journaled.
    volatile: bool,
}

/// Whose record it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) id: &'a MachineId,
    pub(super) kind: KindId,
    pub(super) schema: SchemaId,
    /// Whether somebody watches it.
    pub(super) watched: bool,
}

impl<'a> Place<'a> {
    /// The machine `id` of the kind with these numbers, once they are known.
    pub(super) fn new(
        id: &'a MachineId,
        registered: Option<Registered>,
        watched: bool,
    ) -> Option<Self> {
        registered.map(|Registered { kind, schema }| Self { id, kind, schema, watched })
    }
}

impl Gathering {
    /// The first batch for a journal that takes records of this size; or, for a system that is
    /// `volatile`, one that stays empty.
    pub(super) fn new(record_bytes_max: usize, volatile: bool) -> Self {
        let (batch, chain) = (Batch::new(), Chain::default());
        Self { number: 0, batch, chain, record_bytes_max, volatile }
    }

    /// The number of the batch being gathered.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Whether nothing is journaled, so that nothing has to be waited for.
    pub(super) const fn is_volatile(&self) -> bool {
        self.volatile
    }

    pub(super) const fn is_full(&self) -> bool {
        self.batch.len() >= BATCH_RECORDS_MAX || self.batch.payload_bytes() >= BATCH_BYTES_MAX
    }

    pub(super) const fn record_bytes_max(&self) -> usize {
        self.record_bytes_max
    }

    /// How many records it has: where the next one will stand.
    pub(super) fn end(&self) -> u32 {
        // `is_full` keeps a batch far below 2^32 records.
        u32::try_from(self.batch.len()).unwrap_or(u32::MAX)
    }

    /// The batch, to be handed to the journal; the next one is begun.
    pub(super) fn hand_over(&mut self) -> Batch {
        self.number += 1;
        let next = Batch::with_capacity(self.batch.len(), self.batch.payload_bytes());
        std::mem::replace(&mut self.batch, next).chained(&self.chain)
    }

    /// Forgets what was gathered: a batch that it rests on was refused. What is gathered next
    /// rests on what the journal has.
    pub(super) fn abandon(&mut self) {
        self.batch = Batch::new();
        self.chain = Chain::default();
    }

    /// Forgets the records behind the first `end`, and what was encoded for another.
    pub(super) fn cut(&mut self, end: u32) {
        self.batch.truncate(usize::try_from(end).unwrap_or(usize::MAX));
    }

    /// Encodes the payload of the next record.
    ///
    /// # Errors
    ///
    /// [`CodecError`] if it cannot be encoded; then nothing is kept of it.
    pub(super) fn encode<T: Serialize>(&mut self, payload: &T) -> Result<(), CodecError> {
        if self.volatile {
            return Ok(());
        }
        let encoded = Codec::default().encode(payload, self.batch.payload_buffer());
        if encoded.is_err() {
            self.batch.discard_encoded();
        }
        encoded
    }

    /// What was encoded for the next record.
    pub(super) fn encoded(&mut self) -> &[u8] {
        let bytes = self.batch.encoded_bytes();
        let buffer = self.batch.payload_buffer();
        &buffer[buffer.len() - bytes..]
    }

    /// How large the record encoded last is with this metadata, if that is more than the journal
    /// takes; then nothing is kept of it.
    pub(super) fn too_large(
        &mut self,
        id: &MachineId,
        metadata: Option<&Metadata>,
    ) -> Option<usize> {
        if self.volatile {
            return None;
        }
        let metadata = metadata.map_or(0, Metadata::bytes_max);
        let bytes = self.batch.encoded_bytes() + id.len() + metadata;
        if bytes <= self.record_bytes_max {
            return None;
        }
        self.batch.discard_encoded();
        Some(bytes)
    }

    /// Makes a record of the payload encoded last, as the one that the machine has begun.
    pub(super) fn record<F: Machine>(
        &mut self,
        place: Place<'_>,
        live: &Live<F>,
        fact: Fact,
        metadata: Option<&Metadata>,
    ) {
        if self.volatile {
            return;
        }
        let (space, kind, id) = (SpaceId::DEFAULT, place.kind, place.id.clone());
        let key = MachineKey { space, kind, id };
        let metadata = metadata.and_then(Metadata::encode);
        self.batch.push_annotated(key, live.sequence, live.time, place.schema, fact, metadata);
    }
}

impl Default for Gathering {
    /// One that stays empty.
    fn default() -> Self {
        Self::new(0, true)
    }
}
