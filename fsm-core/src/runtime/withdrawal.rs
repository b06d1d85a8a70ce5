//! Whether a command has been begun or called back: only one of them happens.

use super::sync::{AtomicU8, Ordering};

/// Whether a command has been begun or called back: only one of them happens.
#[derive(Debug, Default)]
pub(super) struct Withdrawal {
    state: AtomicU8,
}

const QUEUED: u8 = 0;
const BEGUN: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Withdrawal {
    /// Begins the command, unless it was called back.
    pub(super) fn begin(&self) -> bool {
        self.state.compare_exchange(QUEUED, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Calls the command back, unless it was begun.
    pub(super) fn withdraw(&self) -> bool {
        self.state.compare_exchange(QUEUED, WITHDRAWN, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
