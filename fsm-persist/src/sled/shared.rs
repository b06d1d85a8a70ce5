//! What the writer, the readers and the journal share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use fsm_core::journal::ReadError;
use tokio::sync::watch;

use super::erasure::Erasures;
use super::heads::NameHasher;
use super::index::Index;
use super::manifest::Extent;
use super::meta::Schemas;
use super::queue::Queue;
use super::spaces::SpaceTable;
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
    spaces: RwLock<SpaceTable>,
    /// What is being erased; readers give out nothing of it.
    erasures: RwLock<Arc<Erasures>>,
    /// How often the log was rewritten, or was to be: what a reader found meanwhile may not fit
    /// together.
    rewritten: AtomicU64,
    /// How often an erasure was begun or done: a copy that was made meanwhile may hold too much.
    erasure_changes: AtomicU64,
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
    /// For those who wait for a position.
    head: watch::Sender<Head>,
}

/// What the journal knows beside its log.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) schemas: Schemas,
    pub(super) spaces: SpaceTable,
    pub(super) erasures: Erasures,
}

/// How far the log is durable, and whether it may go further.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) position: u64,
    pub(super) is_open: bool,
}

impl Shared {
    pub(super) fn new(
        store: Store,
        index: Index,
        known: Known,
        hasher: NameHasher,
        end: Extent,
    ) -> Self {
        Self {
            store: RwLock::new(Some(store)),
            index: RwLock::new(index),
            schemas: RwLock::new(known.schemas),
            spaces: RwLock::new(known.spaces),
            erasures: RwLock::new(Arc::new(known.erasures)),
            rewritten: AtomicU64::new(0),
            erasure_changes: AtomicU64::new(0),
            queue: Queue::default(),
            trails: Trails::default(),
            hasher,
            index_damaged: AtomicBool::new(false),
            position: AtomicU64::new(end.position),
            slot: AtomicU64::new(end.slot),
            commits: AtomicU64::new(0),
            head: watch::Sender::new(Head { position: end.position, is_open: true }),
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

    pub(super) fn spaces(&self) -> RwLockReadGuard<'_, SpaceTable> {
        self.spaces.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn spaces_mut(&self) -> RwLockWriteGuard<'_, SpaceTable> {
        self.spaces.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn erasures(&self) -> Arc<Erasures> {
        Arc::clone(&self.erasures.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is being erased. Only the writer does.
    pub(super) fn change_erasures<T>(
        &self,
        change: impl FnOnce(&mut Erasures) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut erasures = Erasures::clone(&self.erasures());
        let changed = change(&mut erasures)?;
        *self.erasures.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(erasures);
        self.erasure_changes.fetch_add(1, Ordering::AcqRel);
        self.rewritten();
        Ok(changed)
    }

    /// How often an erasure was begun or done since the journal was opened.
    pub(super) fn erasure_changes(&self) -> u64 {
        self.erasure_changes.load(Ordering::Acquire)
    }

    /// A part of the log was rewritten.
    pub(super) fn rewritten(&self) {
        self.rewritten.fetch_add(1, Ordering::AcqRel);
    }

    /// Reads; again, if it looks like damage and the log was rewritten meanwhile.
    pub(super) fn steadily<T>(
        &self,
        mut read: impl FnMut() -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let mut before = self.rewritten.load(Ordering::Acquire);
        loop {
            let found = read();
            let now = self.rewritten.load(Ordering::Acquire);
            if now == before || !matches!(found, Err(ReadError::Damaged { .. })) {
                return found;
            }
            before = now;
        }
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
        self.head.send_modify(|head| head.position = end.position);
    }

    /// Nothing will be appended any more.
    pub(super) fn end(&self) {
        self.head.send_modify(|head| head.is_open = false);
    }

    /// Tells how far the log is durable.
    pub(super) fn watch(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// How many commits were made since the journal was opened.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}
