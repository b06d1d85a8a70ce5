//! What lasts from one life of the system to the next: the disk, the time, what clients were
//! answered, and the faults that were found.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fsm_core::Timestamp;
use fsm_core::journal::{Journal, MachineKey, MemoryJournal, Position, Record, Sequence};
use fsm_core::runtime::{Clock, EffectKey, ManualClock};
use futures_util::FutureExt;

use crate::device;
use crate::family::{ChildState, ParentState};
use crate::known::Known;
use crate::shop;

/// More records than any simulation writes.
const ALL: usize = 1_000_000;

/// What lasts.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) disk: MemoryJournal,
    pub(crate) clock: ManualClock,
    pub(crate) devices: Known<device::State>,
    pub(crate) orders: Known<shop::State>,
    pub(crate) parents: Known<ParentState>,
    pub(crate) children: Known<ChildState>,
    /// What the handler has done, to the end.
    pub(crate) performed: Mutex<Vec<EffectKey>>,
    faults: Mutex<Vec<String>>,
    story: Mutex<Vec<String>>,
}

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// All that is on the disk.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.disk.read_all(Position(1), ALL).now_or_never().unwrap().unwrap()
    }

    /// What is on the disk of one machine.
    pub(crate) fn records_of(&self, kind: &str, id: &str) -> Vec<Record> {
        let Some(kind) = self.disk.kind(kind) else { return Vec::new() };
        let key = MachineKey::new(kind, id.to_owned());
        self.disk.read(&key, Sequence(1), ALL).now_or_never().unwrap().unwrap()
    }

    /// Notes that a promise was broken.
    pub(crate) fn fault(&self, fault: impl Into<String>) {
        let fault = fault.into();
        self.tell(format!("FAULT {fault}"));
        lock(&self.faults).push(fault);
    }

    /// Notes that a promise was broken, if it was.
    pub(crate) fn check(&self, kept: Result<(), String>) {
        if let Err(fault) = kept {
            self.fault(fault);
        }
    }

    pub(crate) fn faults(&self) -> Vec<String> {
        lock(&self.faults).clone()
    }

    /// Notes what happens, for who looks for the reason of a fault.
    pub(crate) fn tell(&self, what: impl Into<String>) {
        lock(&self.story).push(format!("{} {}", self.now(), what.into()));
    }

    pub(crate) fn story(&self) -> String {
        lock(&self.story).join("\n")
    }
}

pub(crate) fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
