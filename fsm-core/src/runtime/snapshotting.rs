//! When snapshots are taken: of machines that came to rest, every so many records, and when they
//! leave memory.
//!
//! A snapshot is encoded on the shard, since that is where the machine is, and handed to the
//! journal, which is not waited for. Whether it is saved changes nothing but how long the next
//! reading takes, so a failure is counted and no more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use super::Machine;
use super::health::SnapshotHealth;
use super::machines::Machines;
use super::options::SnapshotOptions;
use super::sealed::{Behind, program, seal};
use super::slot::{Phase, Placed, Slot};
use super::stored::{Unstorable, storable};
use crate::journal::{MachineKey, Pending};

/// How many snapshots of a kind may be under way on a shard: others are taken later.
pub(super) const SAVES_MAX: u32 = 64;
/// A machine that leaves memory is worth a snapshot after this part of the interval.
const LEAVING_PART: u32 = 8;
/// How many machines are looked at, when the system ends, before others have a turn.
const PARTING_SLOTS: usize = 1_024;

/// What a kind knows of its snapshots.
#[derive(Debug)]
pub(super) struct Snapshotting {
    /// After how many records one is taken; `u32::MAX` for never.
    every: u32,
    kept: usize,
    /// The number of the program, once it was asked for.
    program: OnceLock<u64>,
    used: AtomicU64,
    saved: AtomicU64,
    discarded: AtomicU64,
    failed: AtomicU64,
}

impl Snapshotting {
    pub(super) fn new(options: SnapshotOptions, volatile: bool) -> Self {
        let is_on = options.every > 0 && !volatile;
        Self {
            every: if is_on { u32::from(options.every) } else { u32::MAX },
            kept: options.kept.get(),
            program: OnceLock::new(),
            used: AtomicU64::new(0),
            saved: AtomicU64::new(0),
            discarded: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// Whether the kind has snapshots.
    pub(super) const fn is_on(&self) -> bool {
        self.every < u32::MAX
    }

    /// The number of this program.
    pub(super) fn program<F: Machine>(&self) -> u64 {
        *self.program.get_or_init(program::<F>)
    }

    pub(super) fn count_used(&self) {
        self.used.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_discarded(&self) {
        self.discarded.fetch_add(1, Ordering::Relaxed);
    }

    fn count_saved(&self, is_saved: bool) {
        let count = if is_saved { &self.saved } else { &self.failed };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn health(&self) -> SnapshotHealth {
        SnapshotHealth {
            used: self.used.load(Ordering::Relaxed),
            saved: self.saved.load(Ordering::Relaxed),
            discarded: self.discarded.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }

    /// After how many records a machine that leaves memory is worth one.
    const fn on_leaving(&self) -> u32 {
        if self.is_on() { self.every.div_ceil(LEAVING_PART) } else { u32::MAX }
    }
}

impl<F: Machine> Machines<F> {
    /// A machine came to rest: takes a snapshot if it is time for one.
    #[inline]
    pub(super) fn snapshot_if_due(&mut self, slot: usize) {
        if self.unsaved(slot) >= self.kind.snapshots().every {
            self.snapshot(slot);
        }
    }

    /// A machine is about to leave memory: takes a snapshot if it is worth one.
    pub(super) fn snapshot_leaving(&mut self, slot: usize) {
        if self.unsaved(slot) >= self.kind.snapshots().on_leaving() {
            self.snapshot(slot);
        }
    }

    /// The system ends: takes the snapshots that are worth it, of machines from the slot `from` on.
    /// Answers what to wait for before it is called again; `None` when all are saved.
    pub(super) fn part(&mut self, from: &mut usize) -> Option<Pending<'static, ()>> {
        let saves = Arc::clone(&self.saves);
        let end = (*from + PARTING_SLOTS).min(self.slots.len());
        while *from < end {
            let is_worth_it = self.unsaved(*from) >= self.kind.snapshots().on_leaving();
            if is_worth_it && saves.available_permits() == 0 {
                return Some(Box::pin(async move { drop(saves.acquire().await) }));
            }
            if is_worth_it {
                self.snapshot(*from);
            }
            *from += 1;
        }
        match *from {
            from if from < self.slots.len() => Some(Box::pin(tokio::task::yield_now())),
            from if saves.available_permits() < SAVES_MAX as usize => {
                debug_assert!(from == self.slots.len(), "all were looked at");
                Some(Box::pin(async move { drop(saves.acquire_many(SAVES_MAX).await) }))
            }
            _ => None,
        }
    }

    /// How many records a live machine has behind its last snapshot, as far as that is known. One
    /// that has more than the type can count may wait for another interval.
    #[inline]
    fn unsaved(&self, slot: usize) -> u32 {
        match &self.slots[slot] {
            Slot { phase: Phase::Live(live), snapshot, .. } => {
                u32::from((live.sequence.0 as u16).wrapping_sub(*snapshot))
            }
            _ => 0,
        }
    }

    /// Takes a snapshot of a machine, unless something is against it just now.
    #[cold]
    fn snapshot(&mut self, slot: usize) {
        let (kind, registered) = (&self.kind, self.registered);
        let Slot { id, phase: Phase::Live(live), placed, snapshot, .. } = &mut self.slots[slot]
        else {
            return;
        };
        let (Placed::Durable(position), Some(registered)) = (*placed, registered) else { return };
        if storable(live).is_err() {
            return;
        }
        let Ok(permit) = Arc::clone(&self.saves).try_acquire_owned() else { return };
        // However this ends, it is not tried again at the next record.
        *snapshot = live.sequence.0 as u16;
        let machine = MachineKey::new(registered.kind, id.clone());
        let behind = Behind { machine, position, schema: registered.schema };
        let (program, answers_max) =
            (kind.snapshots().program::<F>(), kind.options().limits.answers_max);
        // Encoding is the user's code, and reads the machine only.
        let sealed = catch_unwind(AssertUnwindSafe(|| seal(live, behind, program, answers_max)));
        match sealed {
            Ok(Ok(sealed)) => {
                let saved = kind.journal().snapshots().save(sealed, kind.snapshots().kept);
                let kind = Arc::clone(kind);
                tokio::spawn(async move {
                    kind.snapshots().count_saved(saved.await.is_ok());
                    drop(permit);
                });
            }
            // Such a machine has none, as its kind's author knows.
            Ok(Err(Unstorable::State { .. })) => {}
            Ok(Err(_)) | Err(_) => kind.snapshots().count_saved(false),
        }
    }
}

/// The rights to have a snapshot under way.
pub(super) fn saves() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(SAVES_MAX as usize))
}
