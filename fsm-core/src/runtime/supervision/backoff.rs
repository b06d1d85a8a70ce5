//! How long to wait before a restart.

use std::time::Duration;

/// How long a member waits before it is started again: longer after each failure, up to a cap, and
/// short again once it has run for a while. An end in order counts as a failure here, if the member
/// is to be restarted after it. OTP restarts at once; [`Backoff::none`] does too.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::supervision::Backoff;
///
/// let backoff = Backoff::new(Duration::from_millis(100))
///     .factor(2.0)
///     .cap(Duration::from_secs(5))
///     .jitter(0.1)
///     .reset_after(Duration::from_secs(60));
/// assert_eq!(backoff.delay(1), Duration::from_millis(100));
/// assert_eq!(backoff.delay(3), Duration::from_millis(400));
/// assert_eq!(backoff.delay(1_000), Duration::from_secs(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Backoff {
    first: Duration,
    factor: f64,
    cap: Duration,
    jitter: f64,
    reset_after: Duration,
}

/// A small generator of fractions (splitmix64). Jitter needs no more than that two supervisors do
/// not agree, and a tree with the same seed must do the same again.
#[derive(Clone, Debug)]
pub(super) struct Fractions {
    seed: u64,
}

impl Backoff {
    /// Waits this long after the first failure. Unless said otherwise: twice as long after each
    /// further one, at most 30 seconds (or `first`, if that is longer), shortened by up to a fifth,
    /// and from the beginning again after a minute without failure.
    pub fn new(first: Duration) -> Self {
        let cap = Duration::from_secs(30).max(first);
        let reset_after = Duration::from_secs(60);
        Self { first, factor: 2.0, cap, jitter: 0.2, reset_after }
    }

    /// Does not wait: a failed member is started again at once, as in OTP.
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

    /// Shortens each delay at random by up to this part of it, so that those who failed together do
    /// not come back together. What lies outside of 0 to 1 counts as the nearer of them, and what
    /// is no number as 0.
    pub const fn jitter(mut self, part: f64) -> Self {
        self.jitter = if part >= 0.0 { part.min(1.0) } else { 0.0 };
        self
    }

    /// Begins with the first delay again when the member has run this long since the restart after
    /// its last failure.
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

    pub(super) fn delay_with_jitter(&self, failures: u32, fraction: f64) -> Duration {
        let whole = self.delay(failures);
        let kept = 1.0 - self.jitter * fraction;
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

impl Fractions {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The next fraction, from 0 to just below 1.
    pub(super) fn next(&mut self) -> f64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        // 32 bits are enough to spread restarts, and an `f64` holds each of them exactly.
        f64::from((mixed >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }
}
