//! All chance of a simulation, from one seed.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Chance. Each part of a simulation has dice of its own, so that one that rolls more often does
/// not change what the others see.
#[derive(Debug)]
pub(crate) struct Dice {
    chance: TestRng,
}

impl Dice {
    /// The dice of one part of the simulation of this seed.
    pub(crate) fn new(seed: u64, part: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&part.to_le_bytes());
        Self { chance: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes) }
    }

    /// A number from 0 to `end`, without it.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.chance.next_u64() % end.max(1)
    }

    /// Whether something happens that happens so many times of a thousand.
    pub(crate) fn of_thousand(&mut self, times: u64) -> bool {
        self.below(1_000) < times
    }

    /// Whether something happens that happens one time of so many.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }
}
