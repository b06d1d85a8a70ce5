//! The tree `meta`: format version, epoch, the secret of the index, and the schemas.
//!
//! Kinds are not stored: a kind's number is the rank of its first schema among first schemas.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use fsm_core::journal::{KindId, Registered, Schema, SchemaId};

use super::layout::FORMAT_VERSION;
use super::store::{Store, StoreError, guarded};

/// What the journal knows of kinds.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    schemas: Vec<Arc<Schema>>,
    kinds_of: Vec<KindId>,
    kinds: HashMap<String, KindId>,
}

/// What stands in the first byte of the format entry, and before the version.
const FORMAT_NAME: &[u8] = b"fsm-journal";
const FORMAT_KEY: &[u8] = b"format";
const EPOCH_KEY: &[u8] = b"epoch";
const SECRET_KEY: &[u8] = b"secret";
const SCHEMA_PREFIX: &[u8] = b"schema/";
/// Schemas are cut into values of this size.
const SCHEMA_PART_BYTES: usize = 4096;
/// The most schemas: far more than any code has, few enough to be kept in memory.
pub(super) const SCHEMAS_MAX: usize = 1 << 20;

impl Schemas {
    pub(super) fn schema(&self, id: SchemaId) -> Option<Arc<Schema>> {
        self.schemas.get(id.0 as usize).cloned()
    }

    /// The kind whose schema this is.
    #[inline]
    pub(super) fn kind_of(&self, id: SchemaId) -> Option<KindId> {
        self.kinds_of.get(id.0 as usize).copied()
    }

    pub(super) fn kind(&self, name: &str) -> Option<KindId> {
        self.kinds.get(name).copied()
    }

    pub(super) const fn len(&self) -> usize {
        self.schemas.len()
    }

    /// The numbers of a schema that is known.
    pub(super) fn known(&self, schema: &Schema) -> Option<Registered> {
        let number = self.schemas.iter().position(|known| **known == *schema)?;
        Some(Registered { kind: *self.kinds_of.get(number)?, schema: SchemaId(number as u32) })
    }

    /// Numbers one more.
    pub(super) fn add(&mut self, schema: Schema) -> Registered {
        let next = KindId(self.kinds.len() as u32);
        let kind = *self.kinds.entry(schema.kind.clone()).or_insert(next);
        let number = SchemaId(self.schemas.len() as u32);
        self.schemas.push(Arc::new(schema));
        self.kinds_of.push(kind);
        Registered { kind, schema: number }
    }
}

/// The version that the journal was written in; `None` if the database is no journal.
pub(super) fn format_version(store: &Store) -> Result<Option<u8>, StoreError> {
    let value = store.get(&store.meta, FORMAT_KEY)?;
    Ok(value.and_then(|value| {
        let (&version, name) = value.split_first()?;
        (name == FORMAT_NAME).then_some(version)
    }))
}

/// Makes the database a journal.
pub(super) fn create(store: &Store) -> Result<(), StoreError> {
    let random = RandomState::new();
    let (low, high) = (random.hash_one(0u8).to_le_bytes(), random.hash_one(1u8).to_le_bytes());
    let mut batch = sled::Batch::default();
    batch.insert(FORMAT_KEY, [&[FORMAT_VERSION], FORMAT_NAME].concat());
    batch.insert(SECRET_KEY, [low, high].concat());
    batch.insert(EPOCH_KEY, &0u32.to_le_bytes());
    guarded("create the journal", || store.meta.apply_batch(batch))
}

/// The key of the index's hash.
pub(super) fn secret(store: &Store) -> Result<[u8; 16], StoreError> {
    let value = store.get(&store.meta, SECRET_KEY)?;
    value
        .and_then(|value| <[u8; 16]>::try_from(value.as_ref()).ok())
        .ok_or(StoreError::Damaged { slot: 0, why: "the secret of the index is missing" })
}

/// Raises the epoch and returns it.
pub(super) fn raise_epoch(store: &Store) -> Result<u32, StoreError> {
    let value = store.get(&store.meta, EPOCH_KEY)?;
    let epoch = value
        .and_then(|value| <[u8; 4]>::try_from(value.as_ref()).ok())
        .map(u32::from_le_bytes)
        .ok_or(StoreError::Damaged { slot: 0, why: "the epoch is missing" })?
        .saturating_add(1);
    store.insert(&store.meta, EPOCH_KEY, &epoch.to_le_bytes())?;
    Ok(epoch)
}

/// Writes a schema under its number.
pub(super) fn write_schema(
    store: &Store,
    number: usize,
    schema: &Schema,
) -> Result<(), StoreError> {
    let json = serde_json::to_vec(schema)
        .map_err(|_| StoreError::Damaged { slot: 0, why: "a schema cannot be written as JSON" })?;
    let mut batch = sled::Batch::default();
    for (part, bytes) in json.chunks(SCHEMA_PART_BYTES).enumerate() {
        batch.insert(schema_key(number, part), bytes);
    }
    guarded("write a schema", || store.meta.apply_batch(batch))
}

/// All schemas.
pub(super) fn read_schemas(store: &Store) -> Result<Schemas, StoreError> {
    let damaged = |why| StoreError::Damaged { slot: 0, why };
    let mut documents: Vec<Vec<u8>> = Vec::new();
    let pairs = guarded("read the schemas", || {
        store.meta.scan_prefix(SCHEMA_PREFIX).collect::<sled::Result<Vec<_>>>()
    })?;
    for (key, value) in pairs {
        let numbers = key.get(SCHEMA_PREFIX.len()..).ok_or(damaged("a schema has no number"))?;
        let number = numbers.get(..4).and_then(|bytes| bytes.try_into().ok());
        let number = number.map(u32::from_be_bytes).ok_or(damaged("a schema has no number"))?;
        match (number as usize).cmp(&documents.len()) {
            std::cmp::Ordering::Equal => documents.push(value.to_vec()),
            std::cmp::Ordering::Less => match documents.last_mut() {
                Some(last) => last.extend_from_slice(&value),
                None => return Err(damaged("a schema is missing")),
            },
            std::cmp::Ordering::Greater => return Err(damaged("a schema is missing")),
        }
    }
    let mut schemas = Schemas::default();
    for json in documents {
        let schema = serde_json::from_slice(&json);
        schemas.add(schema.map_err(|_| damaged("a schema cannot be read"))?);
    }
    Ok(schemas)
}

fn schema_key(number: usize, part: usize) -> Vec<u8> {
    let mut key = SCHEMA_PREFIX.to_vec();
    key.extend_from_slice(&(number as u32).to_be_bytes());
    key.extend_from_slice(&(part as u32).to_be_bytes());
    key
}
