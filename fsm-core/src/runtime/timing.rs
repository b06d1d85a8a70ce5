//! Which timers a row starts and stops: those of the states and groups that it enters and leaves.
//!
//! A row that leads from a state to itself leaves and enters the state; a group that holds both
//! ends of a row is neither left nor entered. The derive's documentation has the whole order.

use std::time::Duration;

use crate::machine::{Scope, StateId, Table, TimerId, Timestamp};

/// The shortest time between two ticks of `#[every]`: a machine whose own code says zero would
/// otherwise do nothing else.
const PERIOD_MIN: Duration = Duration::from_millis(1);

/// A way from one state to another; from nowhere for a machine's creation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) table: &'static Table,
    pub(super) source: Option<StateId>,
    pub(super) target: StateId,
}

/// What becomes of the ticks of an `#[every]` whose time has passed, because the process was not
/// running or was busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissedTicks {
    /// They are made up for by one tick, at once. The next one comes when it would have come.
    #[default]
    Once,
    /// Each is made up for, the latest so many at most, one behind the other at once.
    All {
        /// How many at most.
        ticks_max: u32,
    },
    /// They are left out: the next tick is the next one that would have come.
    Skip,
}

/// What to do about a tick that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    /// Let it happen, as the one that was due then.
    Happen(Timestamp),
    /// Leave it out, and wait for this one.
    Wait(Timestamp),
}

impl Timing {
    /// The timers that start.
    pub(super) fn entered(self) -> impl Iterator<Item = TimerId> {
        let timers = 0..self.table.timers.len();
        // The derive refuses a machine with more than `u16::MAX` timers.
        let timers = timers.filter_map(|timer| u16::try_from(timer).ok().map(TimerId));
        timers.filter(move |&timer| self.runs(timer) && !self.keeps(timer))
    }

    /// Whether a timer that runs goes on.
    pub(super) fn keeps(self, timer: TimerId) -> bool {
        let scope = self.table.timer(timer).scope;
        let ran = self.source.is_some_and(|source| self.table.is_in(source, scope));
        ran && self.runs(timer) && !matches!(scope, Scope::State(_))
    }

    fn runs(self, timer: TimerId) -> bool {
        self.table.is_in(self.target, self.table.timer(timer).scope)
    }
}

impl MissedTicks {
    /// What to do `now` about a tick that was due at `due`, of a timer that ticks once a `period`.
    pub(super) fn tick(self, due: Timestamp, period: Duration, now: Timestamp) -> Tick {
        let period = u64::try_from(period.max(PERIOD_MIN).as_micros()).unwrap_or(u64::MAX);
        let late = u64::try_from(now.since(due).as_micros()).unwrap_or(u64::MAX);
        let missed = late / period;
        let after =
            |ticks: u64| due.saturating_add(Duration::from_micros(period.saturating_mul(ticks)));
        match self {
            _ if missed == 0 => Tick::Happen(due),
            Self::Once => Tick::Happen(after(missed)),
            Self::All { ticks_max } => {
                Tick::Happen(after((missed + 1).saturating_sub(u64::from(ticks_max.max(1)))))
            }
            Self::Skip => Tick::Wait(after(missed + 1)),
        }
    }

    /// When the tick behind the one of `due` is due.
    pub(super) fn next(due: Timestamp, period: Duration) -> Timestamp {
        due.saturating_add(period.max(PERIOD_MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_tick_in_time_happens() {
        for policy in [MissedTicks::Once, MissedTicks::All { ticks_max: 3 }, MissedTicks::Skip] {
            assert_eq!(policy.tick(at(10), SECOND, at(10)), Tick::Happen(at(10)));
        }
    }

    #[test]
    fn missed_ticks_are_made_up_for_as_the_policy_says() {
        let tick = |policy: MissedTicks| policy.tick(at(10), SECOND, at(15));
        assert_eq!(tick(MissedTicks::Once), Tick::Happen(at(15)));
        assert_eq!(tick(MissedTicks::All { ticks_max: 100 }), Tick::Happen(at(10)));
        assert_eq!(tick(MissedTicks::All { ticks_max: 2 }), Tick::Happen(at(14)));
        assert_eq!(tick(MissedTicks::All { ticks_max: 0 }), Tick::Happen(at(15)));
        assert_eq!(tick(MissedTicks::Skip), Tick::Wait(at(16)));
    }

    #[test]
    fn a_period_of_zero_is_no_endless_loop() {
        assert_eq!(MissedTicks::next(at(10), Duration::ZERO), Timestamp::from_micros(10_001_000));
        let tick = MissedTicks::All { ticks_max: 3 }.tick(at(10), Duration::ZERO, at(11));
        assert_eq!(tick, Tick::Happen(Timestamp::from_micros(10_998_000)));
    }
}
