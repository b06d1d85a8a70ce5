//! Trails: where the records of a long-lived machine are, remembered while it is read in pages.
//!
//! A history is found from its end, going back. Without this, every page of it would go back all
//! the way again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The slots of a machine's records, ascending, each with the first sequence in it.
pub(super) type Trail = Vec<(u64, u64)>;

/// The trails of the machines that were read last.
#[derive(Debug, Default)]
pub(super) struct Trails {
    recent: Mutex<VecDeque<(u128, Arc<Trail>)>>,
}

/// So many machines' trails are kept.
const MACHINES_MAX: usize = 16;
/// A trail with fewer slots is as quickly found again.
const SLOTS_MIN: usize = 8;
/// A longer one is not kept: it would take 16 MiB.
const SLOTS_MAX: usize = 1 << 20;

impl Trails {
    /// The machine's trail, if it goes back to `from`.
    pub(super) fn find(&self, machine: u128, from: u64) -> Option<Arc<Trail>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, trail) = recent.iter().find(|(known, _)| *known == machine)?;
        trail.first().is_some_and(|&(first, _)| first <= from).then(|| Arc::clone(trail))
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Remembers a trail in place of the machine's last one.
    pub(super) fn keep(&self, machine: u128, trail: Arc<Trail>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|(known, _)| *known != machine);
        if (SLOTS_MIN..=SLOTS_MAX).contains(&trail.len()) {
            recent.push_front((machine, trail));
            recent.truncate(MACHINES_MAX);
        }
    }
}
