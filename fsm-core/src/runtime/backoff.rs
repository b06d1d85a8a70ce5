//! How long to wait before another attempt.

use std::time::Duration;

/// How long something that failed waits before it is tried again: longer after each failure, up to
/// a cap, and shortened at random, so that those who failed together do not come back together.
///
/// After the `n`-th failure in a row it waits `first · factorⁿ⁻¹`, at most `cap`; of that, a random
/// part of up to the share `jitter` is left out.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::Backoff;
///
/// let backoff = Backoff::new(Duration::from_millis(100))
///     .factor(2.0)
///     .cap(Duration::from_secs(5))
///     .jitter(0.1)
///     .reset_after(Duration::from_secs(60));
/// assert_eq!(backoff.delay(1), Duration::from_millis(100));
/// assert_eq!(backoff.delay(3), Duration::from_millis(400));
/// assert_eq!(backoff.delay(1_000), Duration::from_secs(5));
/// assert_eq!(backoff.delay_with_jitter(3, 0.5), Duration::from_millis(380));
/// ```
///
/// [Effects](super::PerformOptions::backoff) wait so between their attempts, and members of a
/// [supervised](super::supervision) set before they are started again. There, an end in order
/// counts as a failure too, if the member is to be restarted after it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Backoff {
    first: Duration,
    factor: f64,
    cap: Duration,
    jitter: f64,
    reset_after: Duration,
}

/// The longest delay unless said otherwise.
const CAP: Duration = Duration::from_secs(30);

impl Backoff {
    /// Waits this long after the first failure. Unless said otherwise: twice as long after each
    /// further one, at most 30 seconds (or `first`, if that is longer), shortened by up to a fifth,
    /// and from the beginning again after a minute without failure.
    pub const fn new(first: Duration) -> Self {
        let cap = if first.as_nanos() > CAP.as_nanos() { first } else { CAP };
        let reset_after = Duration::from_secs(60);
        Self { first, factor: 2.0, cap, jitter: 0.2, reset_after }
    }

    /// Does not wait: what failed is tried again at once. OTP restarts members so.
    pub const fn none() -> Self {
        let none = Duration::ZERO;
        Self { first: none, factor: 1.0, cap: none, jitter: 0.0, reset_after: none }
    }

    /// Waits this many times as long after each further failure. What is less than 1, or no number,
    /// counts as 1.
    pub const fn factor(mut self, factor: f64) -> Self {
        // Also false for what is no number.
        self.factor = if factor >= 1.0 { factor } else { 1.0 };
        self
    }

    /// Waits at most this long.
    pub const fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Shortens each delay at random by up to this part of it. What lies outside of 0 to 1 counts
    /// as the nearer of them, and what is no number as 0.
    pub const fn jitter(mut self, part: f64) -> Self {
        self.jitter = if part >= 0.0 { part.min(1.0) } else { 0.0 };
        self
    }

    /// Begins with the first delay again when nothing has failed for this long since the attempt
    /// after the last failure: a member has run for so long. An effect has nothing to begin again:
    /// its first success is its end.
    pub const fn reset_after(mut self, time: Duration) -> Self {
        self.reset_after = time;
        self
    }

    /// The delay after so many failures in a row, before jitter.
    #[must_use]
    pub fn delay(&self, failures: u32) -> Duration {
        if self.first.is_zero() {
            return Duration::ZERO;
        }
        let powers = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.first.as_secs_f64() * self.factor.powi(powers);
        // What no duration can hold is more than any cap.
        Duration::try_from_secs_f64(seconds).unwrap_or(self.cap).min(self.cap)
    }

    /// The delay after so many failures in a row. The fraction, drawn from 0 to 1, says how much of
    /// the jitter is left out; what lies outside counts as the nearer of them.
    #[must_use]
    pub fn delay_with_jitter(&self, failures: u32, fraction: f64) -> Duration {
        let whole = self.delay(failures);
        let kept = 1.0 - self.jitter * fraction.clamp(0.0, 1.0);
        // Jitter and fraction lie between 0 and 1, and so does what is kept.
        Duration::try_from_secs_f64(whole.as_secs_f64() * kept).unwrap_or(whole).min(whole)
    }

    pub(super) fn is_reset_after(&self, calm: Duration) -> bool {
        calm >= self.reset_after
    }
}

impl Default for Backoff {
    /// [`Backoff::new`] with one second.
    fn default() -> Self {
        Self::new(Duration::from_secs(1))
    }
}
