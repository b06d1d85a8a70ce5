//! The tree `meta`: format version, epoch, the secret of the index, and the schemas.
//!
//! Kinds are not stored: a kind's number is the rank of its first schema among first schemas.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use fsm_core::journal::{KindId, Registered, Schema, SchemaId};

use super::documents;
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
const MERGED_KEY: &[u8] = b"merged";
const SCHEMA_PREFIX: &[u8] = b"schema/";
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
        .ok_or(StoreError::Document { why: "the secret of the index is missing" })
}

/// Raises the epoch and returns it.
pub(super) fn raise_epoch(store: &Store) -> Result<u32, StoreError> {
    let value = store.get(&store.meta, EPOCH_KEY)?;
    let epoch = value
        .and_then(|value| <[u8; 4]>::try_from(value.as_ref()).ok())
        .map(u32::from_le_bytes)
        .ok_or(StoreError::Document { why: "the epoch is missing" })?
        .saturating_add(1);
    store.insert(&store.meta, EPOCH_KEY, &epoch.to_le_bytes())?;
    Ok(epoch)
}

/// The slot from which on chunks were not looked at for merging.
pub(super) fn merged(store: &Store) -> Result<u64, StoreError> {
    let value = store.get(&store.meta, MERGED_KEY)?;
    let value = value.and_then(|value| <[u8; 8]>::try_from(value.as_ref()).ok());
    Ok(value.map_or(0, u64::from_le_bytes))
}

/// Remembers from which slot on chunks were not looked at for merging.
pub(super) fn write_merged(store: &Store, slot: u64) -> Result<(), StoreError> {
    store.insert(&store.meta, MERGED_KEY, &slot.to_le_bytes())
}

/// Whether something is kept under this key.
pub(super) fn is_key(key: &[u8]) -> bool {
    let single = [FORMAT_KEY, EPOCH_KEY, SECRET_KEY, MERGED_KEY, b"last-space"];
    single.contains(&key) || [&b"erase/"[..], b"gone/"].iter().any(|p| is_document(key, p)) || {
        is_of_kinds(key)
    }
}

/// Whether a schema or a space is kept under this key.
pub(super) fn is_of_kinds(key: &[u8]) -> bool {
    key == b"last-space" || is_document(key, SCHEMA_PREFIX) || is_document(key, b"space/")
}

fn is_document(key: &[u8], prefix: &[u8]) -> bool {
    key.strip_prefix(prefix).is_some_and(|numbers| numbers.len() == 8)
}

/// Writes a schema under its number.
pub(super) fn write_schema(
    store: &Store,
    number: usize,
    schema: &Schema,
) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    documents::put(store, &mut batch, SCHEMA_PREFIX, number as u32, schema)?;
    guarded("write a schema", || store.meta.apply_batch(batch))
}

/// All schemas.
pub(super) fn read_schemas(store: &Store) -> Result<Schemas, StoreError> {
    let mut schemas = Schemas::default();
    for (number, schema) in documents::all::<Schema>(store, SCHEMA_PREFIX)? {
        if number as usize != schemas.len() {
            return Err(StoreError::Document { why: "a schema is missing" });
        }
        schemas.add(schema);
    }
    Ok(schemas)
}
