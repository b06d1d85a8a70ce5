//! Time as a dependency.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::journal::Pending;
use crate::machine::Timestamp;

/// How long [`SystemClock`] sleeps before it looks at the time of day again: whoever sets the
/// system's clock does not wake its sleepers.
const NAP: Duration = Duration::from_secs(60);

/// Where the runtime reads the time, and where it waits for a time. Nothing else in the runtime
/// does either.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits until it is this time, or later; ready at once if it is already.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    fn sleep_until(&self, time: Timestamp) -> Pending<'static, ()>;
}

/// The system's time of day.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// A clock that stands still until it is told to move: virtual time for tests. A clone is the
/// same clock.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::Timestamp;
/// use fsm_core::runtime::{Clock, ManualClock};
///
/// let clock = ManualClock::at(Timestamp::EPOCH);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), Timestamp::from_micros(60_000_000));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    face: Arc<Mutex<Face>>,
}

#[derive(Debug, Default)]
struct Face {
    now: Timestamp,
    /// Those who wait, by the time that they wait for, and then by who came first.
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
    slept: u64,
}

impl ManualClock {
    /// A clock that stands at this time.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        let face = Face { now: time, ..Face::default() };
        Self { face: Arc::new(Mutex::new(face)) }
    }

    /// Moves it on, and wakes those who waited for a time up to then, the earliest first.
    pub fn advance(&self, by: Duration) {
        let mut face = self.face();
        let now = face.now.saturating_add(by);
        face.turn_to(now);
    }

    /// Sets it, backwards too.
    pub fn set(&self, time: Timestamp) {
        self.face().turn_to(time);
    }

    /// The earliest time that somebody waits for.
    #[must_use]
    pub fn next_wake(&self) -> Option<Timestamp> {
        let mut face = self.face();
        face.sleepers.retain(|_, sleeper| !sleeper.is_closed());
        face.sleepers.keys().next().map(|&(time, _)| time)
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        // Every change is whole before anything could panic.
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Face {
    fn turn_to(&mut self, now: Timestamp) {
        self.now = now;
        while let Some(first) = self.sleepers.first_entry() {
            if first.key().0 > now {
                return;
            }
            // One that waits no longer misses a call it does not want.
            let _ = first.remove().send(());
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }

    fn sleep_until(&self, time: Timestamp) -> Pending<'static, ()> {
        let clock = *self;
        Box::pin(async move {
            loop {
                let left = time.since(clock.now());
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(NAP)).await;
            }
        })
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.face().now
    }

    fn sleep_until(&self, time: Timestamp) -> Pending<'static, ()> {
        let mut face = self.face();
        if time <= face.now {
            return Box::pin(async {});
        }
        let (wake, woken) = oneshot::channel();
        face.slept += 1;
        let key = (time, face.slept);
        face.sleepers.insert(key, wake);
        Box::pin(async move {
            // The clock is gone, or the time has come: nobody could wait longer.
            let _ = woken.await;
        })
    }
}
