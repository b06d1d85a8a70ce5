//! What the writer, the readers and the journal share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::heads::NameHasher;
use super::index::Index;
use super::manifest::Extent;
use super::meta::Schemas;
use super::queue::Queue;
use super::store::{Store, StoreError};
use super::trail::Trails;

/// Shared by all parts of one open journal.
#[derive(Debug)]
pub(super) struct Shared {
    /// `None` once the journal is closed. Readers hold the lock while they read, so that closing
    /// waits for them.
    pub(super) store: RwLock<Option<Store>>,
    /// Written by the writer only, a bounded step at a time.
    index: RwLock<Index>,
    schemas: RwLock<Schemas>,
    pub(super) queue: Queue,
    pub(super) trails: Trails,
    hasher: NameHasher,
    /// Somebody met damage in the index. The writer makes it be built anew when it ends.
    index_damaged: AtomicBool,
    /// The last durable position, and the slot behind it. The slot is raised first and read
    /// last, so a reader that sees a position sees its slot.
    position: AtomicU64,
    slot: AtomicU64,
    commits: AtomicU64,
}

impl Shared {
    pub(super) fn new(
        store: Store,
        index: Index,
        schemas: Schemas,
        hasher: NameHasher,
        end: Extent,
    ) -> Self {
        Self {
            store: RwLock::new(Some(store)),
            index: RwLock::new(index),
            schemas: RwLock::new(schemas),
            queue: Queue::default(),
            trails: Trails::default(),
            hasher,
            index_damaged: AtomicBool::new(false),
            position: AtomicU64::new(end.position),
            slot: AtomicU64::new(end.slot),
            commits: AtomicU64::new(0),
        }
    }

    // A panic of the writer stops it, and what it shares stays as it was last left whole.

    pub(super) fn store(&self) -> RwLockReadGuard<'_, Option<Store>> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn schemas(&self) -> RwLockReadGuard<'_, Schemas> {
        self.schemas.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn schemas_mut(&self) -> RwLockWriteGuard<'_, Schemas> {
        self.schemas.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hasher(&self) -> NameHasher {
        self.hasher.clone()
    }

    /// Passes an error of the storage on, and remembers if it is one of the index.
    pub(super) fn noted(&self, error: StoreError) -> StoreError {
        if let StoreError::Index { .. } = error {
            self.index_damaged.store(true, Ordering::Release);
        }
        error
    }

    pub(super) fn is_index_damaged(&self) -> bool {
        self.index_damaged.load(Ordering::Acquire)
    }

    /// The last durable position.
    pub(super) fn position(&self) -> u64 {
        self.position.load(Ordering::Acquire)
    }

    /// The slot behind everything durable.
    pub(super) fn slot(&self) -> u64 {
        self.slot.load(Ordering::Acquire)
    }

    pub(super) fn raise(&self, end: Extent) {
        self.slot.store(end.slot, Ordering::Release);
        self.position.store(end.position, Ordering::Release);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// How many commits were made since the journal was opened.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}
