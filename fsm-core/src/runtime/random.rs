//! Chance: it spreads a crowd, and keeps no secret.
//!
//! Whatever the runtime leaves to chance is drawn here: by how much a [`Backoff`](super::Backoff)
//! shortens a delay, and when who waits for a breaker asks again. A system has one source, and
//! [`Builder::seed`](super::Builder::seed) seeds it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

/// A source of chance that can be shared. With the same seed it draws the same again.
#[derive(Debug)]
pub(super) struct Random {
    drawing: Mutex<Rng>,
}

impl Random {
    pub(super) fn seeded(seed: u64) -> Self {
        Self { drawing: Mutex::new(Rng::with_seed(seed)) }
    }

    /// One whose seed nobody knows.
    pub(super) fn unseeded() -> Self {
        Self { drawing: Mutex::new(Rng::new()) }
    }

    /// The next number.
    pub(super) fn number(&self) -> u64 {
        self.drawing().u64(..)
    }

    /// The next fraction, from 0 to just below 1.
    pub(super) fn fraction(&self) -> f64 {
        self.drawing().f64()
    }

    fn drawing(&self) -> MutexGuard<'_, Rng> {
        // Drawing does not panic.
        self.drawing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Random {
    /// One that draws from here on what this one draws.
    fn clone(&self) -> Self {
        Self { drawing: Mutex::new(self.drawing().clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_clone_draws_the_same() {
        let random = Random::seeded(7);
        let again = random.clone();
        assert!((0..100).all(|_| random.fraction() == again.fraction()));
    }

    #[test]
    fn without_a_seed_each_draws_something_else() {
        assert_ne!(Random::unseeded().number(), Random::unseeded().number());
    }
}
