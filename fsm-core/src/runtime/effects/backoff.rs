//! How long to wait between attempts.

use std::time::Duration;

/// Delays that grow from one failure to the next, up to a cap, and are spread at random so that
/// those who failed together do not come back together.
///
/// After the `n`-th failure in a row it is `first · factorⁿ⁻¹`, at most `cap`; of that, a random
/// part of up to the share `jitter` is left out.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::effects::Backoff;
///
/// let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
/// let longest = |attempt| backoff.delay(attempt, 0.0).as_secs();
/// assert_eq!([1, 2, 3, 9, 10, 99].map(longest), [1, 2, 4, 256, 300, 300]);
/// assert_eq!(backoff.delay(3, 1.0), Duration::from_secs(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Backoff {
    first: Duration,
    factor: f64,
    cap: Duration,
    jitter: f64,
}

impl Backoff {
    /// Delays from `first` to `cap`, each twice the one before, of which a random part of up to a
    /// half is left out. Half is enough to spread a crowd, and keeps what is left predictable.
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, factor: 2.0, cap, jitter: 0.5 }
    }

    /// How many times the one before a delay is: 2 unless said otherwise, and never less than 1.
    pub const fn factor(mut self, factor: f64) -> Self {
        // `max` answers the other number for one that is none.
        self.factor = factor.max(1.0);
        self
    }

    /// Which share of a delay is random, from 0 to 1: a half unless said otherwise.
    pub const fn jitter(mut self, share: f64) -> Self {
        self.jitter = share.max(0.0).min(1.0);
        self
    }

    /// How long to wait after the `attempt`-th failure in a row, counted from 1. `random` is drawn
    /// from 0 to 1.
    #[must_use]
    pub fn delay(&self, attempt: u32, random: f64) -> Duration {
        let growths = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        // Finite, so that nothing times it stays nothing.
        let growth = self.factor.powi(growths).min(f64::MAX);
        let grown = self.first.as_secs_f64() * growth;
        let capped = grown.min(self.cap.as_secs_f64());
        let spread = capped * (1.0 - self.jitter * random.clamp(0.0, 1.0));
        // What no duration can hold is above every cap.
        Duration::try_from_secs_f64(spread).unwrap_or(self.cap).min(self.cap)
    }
}
