//! How the effects of a kind are performed.

use std::time::Duration;

use tokio::sync::Semaphore;

use super::breaker::BreakerOptions;
use crate::runtime::backoff::Backoff;

/// How long an effect waits between attempts, unless said otherwise.
const BACKOFF: Backoff =
    Backoff::new(Duration::from_secs(1)).cap(Duration::from_secs(300)).jitter(0.5);

/// How the effects of one kind of machine are performed: how often each is tried, for how long, at
/// which intervals, and how many at once.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::runtime::{Backoff, PerformOptions};
/// use fsm_core::runtime::effects::BreakerOptions;
///
/// let options = PerformOptions::new()
///     .attempts_max(5)
///     .attempt_timeout(Duration::from_secs(3))
///     .backoff(Backoff::new(Duration::from_millis(200)).cap(Duration::from_secs(10)))
///     .running_max(8)
///     .breaker(BreakerOptions::new().open_for(Duration::from_secs(60)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct PerformOptions {
    pub(super) attempts_max: u32,
    pub(super) attempt_timeout: Duration,
    pub(super) backoff: Backoff,
    pub(super) running_max: usize,
    pub(super) under_way_max: usize,
    pub(super) breaker: Option<BreakerOptions>,
}

impl PerformOptions {
    /// 20 attempts of 30 seconds each, from a second to five minutes apart, 64 at once, without a
    /// breaker.
    pub const fn new() -> Self {
        Self {
            attempts_max: 20,
            attempt_timeout: Duration::from_secs(30),
            backoff: BACKOFF,
            running_max: 64,
            under_way_max: 4_096,
            breaker: None,
        }
    }

    /// After how many failed attempts an effect is dead: 20 unless said otherwise, and at least
    /// one. With the delays as they are, the last of 20 comes after about an hour: most outages are
    /// over by then, and the machine's later effects wait behind it.
    pub const fn attempts_max(mut self, attempts: u32) -> Self {
        self.attempts_max = if attempts == 0 { 1 } else { attempts };
        self
    }

    /// How long one attempt may take: 30 seconds unless said otherwise, by when most who ask a
    /// service over the network have given up. What takes longer is dropped at its next await, and
    /// has failed.
    pub const fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long to wait between attempts: a second, then twice as long each time, up to five
    /// minutes, of which a random part of up to a half is left out; unless said otherwise. A second
    /// is over before anybody waits for it, after five minutes a service that is back is found soon
    /// enough, and a half spreads a crowd and keeps what is left predictable.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// How many attempts run at once: 64 unless said otherwise, and at least one. It is the number
    /// of connections that the service on the other side sees; set it to what that service allows.
    pub const fn running_max(mut self, attempts: usize) -> Self {
        self.running_max = permits(attempts);
        self
    }

    /// How many effects may have been begun and have no verdict: 4,096 unless said otherwise, and
    /// at least one. These are the attempts that run, and what waits for its next one. Each takes
    /// about a kilobyte. When as many as this fail again and again, what is new waits with them.
    pub const fn under_way_max(mut self, effects: usize) -> Self {
        self.under_way_max = permits(effects);
        self
    }

    /// Leaves the service alone while it is down, so that it is not kept down: none unless said
    /// otherwise, because a handler may talk to several services, and one breaker is for one.
    pub const fn breaker(mut self, breaker: BreakerOptions) -> Self {
        self.breaker = Some(breaker);
        self
    }
}

impl Default for PerformOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// At least one, and no more than a semaphore can have.
const fn permits(count: usize) -> usize {
    if count == 0 {
        1
    } else if count > Semaphore::MAX_PERMITS {
        Semaphore::MAX_PERMITS
    } else {
        count
    }
}
