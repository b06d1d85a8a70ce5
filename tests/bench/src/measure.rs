//! Rounds, clocks and medians.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How much time a run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Rough figures in a few seconds a case.
    Quick,
    /// Enough rounds for the median to settle.
    Full,
}

impl Effort {
    /// One number for a quick run, another for a full one.
    pub(crate) const fn choose<T: Copy>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// The processor time that this thread has used.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or(0), nanos.unwrap_or(0))
}

/// The middle value; the mean of the two middle ones of an even number of them.
///
/// # Panics
///
/// If there are no values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    assert!(!values.is_empty(), "nothing was measured");
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

/// What two contestants cost in each round, and how one stands to the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    ours: Vec<f64>,
    floor: Vec<f64>,
}

impl Rounds {
    /// Adds a round: what each cost per unit.
    pub(crate) fn add(&mut self, ours: f64, floor: f64) {
        self.ours.push(ours);
        self.floor.push(floor);
    }

    pub(crate) fn ours(&self) -> f64 {
        median(self.ours.iter().copied())
    }

    pub(crate) fn floor(&self) -> f64 {
        median(self.floor.iter().copied())
    }

    /// The median of the rounds' ratios: noise that hits both sides of a round cancels out.
    pub(crate) fn ratio(&self) -> f64 {
        median(self.ours.iter().zip(&self.floor).map(|(ours, floor)| ours / floor))
    }
}
