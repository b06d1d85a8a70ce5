//! The spaces of a journal, as they are kept in the tree `meta`.

use std::collections::BTreeMap;

use fsm_core::Timestamp;
use fsm_core::journal::{Space, SpaceId};
use serde::{Deserialize, Serialize};

use super::documents;
use super::store::{Store, StoreError};

/// All spaces but the default one.
#[derive(Debug, Default)]
pub(super) struct SpaceTable {
    spaces: BTreeMap<SpaceId, Space>,
    /// The highest number that was ever given.
    last: u32,
}

/// The stored form of a space.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    name: String,
    labels: BTreeMap<String, String>,
    created: i64,
}

const PREFIX: &[u8] = b"space/";
const LAST_KEY: &[u8] = b"last-space";

impl SpaceTable {
    pub(super) fn read(store: &Store) -> Result<Self, StoreError> {
        let last = store.get(&store.meta, LAST_KEY)?;
        let last = last.and_then(|value| <[u8; 4]>::try_from(value.as_ref()).ok());
        let mut table = Self { last: last.map_or(0, u32::from_le_bytes), ..Self::default() };
        for (number, stored) in documents::all::<Stored>(store, PREFIX)? {
            let (id, created) = (SpaceId(number), Timestamp::from_micros(stored.created));
            let space = Space { id, name: stored.name, labels: stored.labels, created };
            table.last = table.last.max(number);
            table.spaces.insert(id, space);
        }
        Ok(table)
    }

    /// Whether records may be in the space.
    #[inline]
    pub(super) fn has(&self, id: SpaceId) -> bool {
        id == SpaceId::DEFAULT || self.spaces.contains_key(&id)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Space> {
        self.spaces.values().find(|space| space.name == name)
    }

    pub(super) fn space(&self, id: SpaceId) -> Option<&Space> {
        self.spaces.get(&id)
    }

    pub(super) fn list(&self) -> Vec<Space> {
        self.spaces.values().cloned().collect()
    }

    /// The number of the next space.
    pub(super) const fn next(&self) -> SpaceId {
        SpaceId(self.last + 1)
    }

    /// Adds a space or changes its labels, here and in the batch.
    pub(super) fn put(
        &mut self,
        store: &Store,
        batch: &mut sled::Batch,
        space: Space,
    ) -> Result<(), StoreError> {
        let stored = Stored {
            name: space.name.clone(),
            labels: space.labels.clone(),
            created: space.created.micros(),
        };
        documents::put(store, batch, PREFIX, space.id.0, &stored)?;
        self.last = self.last.max(space.id.0);
        batch.insert(LAST_KEY, &self.last.to_le_bytes());
        self.spaces.insert(space.id, space);
        Ok(())
    }

    /// Removes a space, here and in the batch.
    pub(super) fn remove(
        &mut self,
        store: &Store,
        batch: &mut sled::Batch,
        id: SpaceId,
    ) -> Result<(), StoreError> {
        self.spaces.remove(&id);
        documents::remove(store, batch, PREFIX, id.0)
    }
}
