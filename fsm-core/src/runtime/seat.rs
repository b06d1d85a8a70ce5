//! What a handle knows of its machine's seat.

use std::sync::atomic::{AtomicU64, Ordering};

use super::queue::Seat;

/// What a handle knows of its machine's seat. It may be out of date: who queues something for a
/// seat asks the queue whether it still is the machine's.
#[derive(Debug)]
pub(super) struct KnownSeat {
    /// The slot and how often it was given up, or [`UNKNOWN`].
    packed: AtomicU64,
}

/// A seat that no machine has: slots are counted from 0, and there is no memory for so many.
const UNKNOWN: u64 = u64::MAX;

impl KnownSeat {
    #[inline]
    pub(super) fn known(&self) -> Option<Seat> {
        // Nothing else is read because of it.
        let packed = self.packed.load(Ordering::Relaxed);
        (packed != UNKNOWN).then_some(Seat { slot: (packed >> 32) as u32, vacated: packed as u32 })
    }

    pub(super) fn learn(&self, Seat { slot, vacated }: Seat) {
        self.packed.store(u64::from(slot) << 32 | u64::from(vacated), Ordering::Relaxed);
    }

    pub(super) fn forget(&self) {
        self.packed.store(UNKNOWN, Ordering::Relaxed);
    }
}

impl Default for KnownSeat {
    fn default() -> Self {
        Self { packed: AtomicU64::new(UNKNOWN) }
    }
}

impl Clone for KnownSeat {
    fn clone(&self) -> Self {
        Self { packed: AtomicU64::new(self.packed.load(Ordering::Relaxed)) }
    }
}
