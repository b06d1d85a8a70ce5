//! A breaker that many attempts share, or none.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::breaker::{Admission, Breaker, BreakerOptions, BreakerState, Pass};
use crate::machine::Timestamp;

/// Where attempts ask whether they may pass. Without a breaker all may.
#[derive(Debug)]
pub(super) struct Gate {
    breaker: Option<Mutex<Breaker>>,
}

/// One attempt that was let pass. Dropping it says that the attempt was given up.
#[derive(Debug)]
pub(super) struct Passage<'a> {
    pass: Option<(&'a Mutex<Breaker>, Pass)>,
}

impl Gate {
    pub(super) fn new(options: Option<BreakerOptions>) -> Self {
        Self { breaker: options.map(|options| Mutex::new(Breaker::new(options))) }
    }

    /// Lets an attempt pass. The fraction is drawn from 0 to below 1.
    ///
    /// # Errors
    ///
    /// When to ask again.
    pub(super) fn admit(&self, now: Timestamp, fraction: f64) -> Result<Passage<'_>, Timestamp> {
        let Some(breaker) = &self.breaker else {
            return Ok(Passage { pass: None });
        };
        match lock(breaker).admit(now, fraction) {
            Admission::Go(pass) => Ok(Passage { pass: Some((breaker, pass)) }),
            Admission::Wait { until } => Err(until),
        }
    }

    pub(super) fn state(&self, now: Timestamp) -> Option<BreakerState> {
        self.breaker.as_ref().map(|breaker| lock(breaker).state(now))
    }
}

impl Passage<'_> {
    /// Says whether the service has answered.
    pub(super) fn end(mut self, is_answered: bool, now: Timestamp) {
        match self.pass.take() {
            Some((breaker, pass)) if is_answered => lock(breaker).answered(pass, now),
            Some((breaker, pass)) => lock(breaker).failed(pass, now),
            None => {}
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if let Some((breaker, pass)) = self.pass.take() {
            lock(breaker).given_up(pass);
        }
    }
}

fn lock(breaker: &Mutex<Breaker>) -> MutexGuard<'_, Breaker> {
    // No code of others runs under this lock, and every change is whole.
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}
