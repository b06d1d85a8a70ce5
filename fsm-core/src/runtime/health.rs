//! How a system is doing, for whoever looks after it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::effects::Statistics;
use crate::journal::MachineId;

/// How many quarantined machines are named; the others are counted.
const NAMED_MAX: usize = 1_000;

/// How a system is doing: [`System::health`](super::System::health).
///
/// Numbers of different places are read one after the other, so they may differ by what happened
/// between.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The kinds that were used, by name.
    pub kinds: Vec<KindHealth>,
    /// Effects that could not be performed, and are at hand.
    pub dead_letters: usize,
}

/// How the machines of a kind are doing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KindHealth {
    /// The kind's name.
    pub kind: &'static str,
    /// Machines in memory, on their way there or quarantined.
    pub machines: usize,
    /// Machines out of memory for which something is due some time.
    pub asleep: usize,
    /// Commands that wait in queues, to be looked at.
    pub queued: usize,
    /// Casts that found their machine's backlog full and were dropped, ever.
    pub casts_dropped: u64,
    /// How often a machine panicked, ever.
    pub crashes: u64,
    /// How many machines refuse everything until they are released.
    pub quarantined: usize,
    /// Their ids and why, of the first thousand.
    pub quarantines: Vec<(String, String)>,
    /// How the kind's effects are doing, if it has a handler.
    pub effects: Option<Statistics>,
    /// How its snapshots are doing.
    pub snapshots: SnapshotHealth,
}

/// How the snapshots of a kind's machines are doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotHealth {
    /// How often one was used to read a machine, ever.
    pub used: u64,
    /// How many were saved, ever.
    pub saved: u64,
    /// How often one was found doubtful, ever: it was not used, and those of its machine were
    /// discarded.
    pub discarded: u64,
    /// How many could not be encoded or saved, ever.
    pub failed: u64,
}

impl Health {
    /// Whether nobody needs to look: no machine is quarantined, no effect was given up.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.dead_letters == 0 && self.kinds.iter().all(|kind| kind.quarantined == 0)
    }
}

/// What the shards count of a kind.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    machines: AtomicUsize,
    asleep: AtomicUsize,
    casts_dropped: AtomicU64,
    crashes: AtomicU64,
    quarantined: AtomicUsize,
    quarantines: Mutex<BTreeMap<MachineId, String>>,
}

impl Gauges {
    /// A machine came to memory, or to its queue there.
    pub(super) fn came(&self) {
        self.machines.fetch_add(1, Ordering::Relaxed);
    }

    /// A machine left.
    pub(super) fn left(&self) {
        self.machines.fetch_sub(1, Ordering::Relaxed);
    }

    /// A machine went to sleep, which is to leave with something left behind.
    pub(super) fn fell_asleep(&self) {
        self.left();
        self.asleep.fetch_add(1, Ordering::Relaxed);
    }

    /// A machine that slept is wanted.
    pub(super) fn woke(&self) {
        self.asleep.fetch_sub(1, Ordering::Relaxed);
        self.came();
    }

    pub(super) fn dropped_cast(&self) {
        self.casts_dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn crashed(&self) {
        self.crashes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn quarantined(&self, id: &MachineId, why: String) {
        self.quarantined.fetch_add(1, Ordering::Relaxed);
        let mut quarantines = self.quarantines();
        if quarantines.len() < NAMED_MAX {
            quarantines.insert(id.clone(), why);
        }
    }

    pub(super) fn released(&self, id: &MachineId) {
        self.quarantined.fetch_sub(1, Ordering::Relaxed);
        self.quarantines().remove(id);
    }

    pub(super) fn read(
        &self,
        kind: &'static str,
        queued: usize,
        effects: Option<Statistics>,
        snapshots: SnapshotHealth,
    ) -> KindHealth {
        let quarantines = self.quarantines();
        let named = quarantines.iter().map(|(id, why)| (id.to_string(), why.clone()));
        KindHealth {
            kind,
            machines: self.machines.load(Ordering::Relaxed),
            asleep: self.asleep.load(Ordering::Relaxed),
            queued,
            casts_dropped: self.casts_dropped.load(Ordering::Relaxed),
            crashes: self.crashes.load(Ordering::Relaxed),
            quarantined: self.quarantined.load(Ordering::Relaxed),
            quarantines: named.collect(),
            effects,
            snapshots,
        }
    }

    fn quarantines(&self) -> MutexGuard<'_, BTreeMap<MachineId, String>> {
        // Nothing panics under the lock.
        self.quarantines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
