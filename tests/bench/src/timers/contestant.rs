//! What every contestant can do, and the wheel as the first of them.

use fsm_core::Timestamp;

use super::wheel::{Armed, Wheel};

/// When all contestants start.
pub(super) const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// How many timers are delivered in one go.
pub(super) const SLICE: usize = 1_000;

/// Timers with an item of eight bytes.
pub(super) trait Contestant {
    const NAME: &'static str;
    /// Whether timers are delivered in the order of their due times.
    const ORDERED: bool = true;
    /// What cancels a timer.
    type Armed: Copy;

    fn new() -> Self;

    fn arm(&mut self, due: Timestamp, item: u64) -> Self::Armed;

    /// Says whether the timer was armed still.
    fn cancel(&mut self, armed: Self::Armed) -> bool;

    /// Delivers at most a slice of what is due; says whether to call it again.
    fn expire(&mut self, now: Timestamp, due: &mut Vec<(Timestamp, u64)>) -> bool;
}

impl Contestant for Wheel<u64> {
    const NAME: &'static str = "wheel";
    type Armed = Armed;

    fn new() -> Self {
        Self::new(START)
    }

    fn arm(&mut self, due: Timestamp, item: u64) -> Armed {
        self.arm(due, item)
    }

    fn cancel(&mut self, armed: Armed) -> bool {
        self.cancel(armed).is_some()
    }

    fn expire(&mut self, now: Timestamp, due: &mut Vec<(Timestamp, u64)>) -> bool {
        self.expire(now, SLICE, due)
    }
}
