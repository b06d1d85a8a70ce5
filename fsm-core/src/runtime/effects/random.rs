//! Chance, for jitter.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A number from 0 to below 1. It spreads a crowd; it keeps no secret.
pub(crate) fn random() -> f64 {
    // The keys of a new state are the system's randomness and differ at each call.
    let drawn = RandomState::new().build_hasher().finish();
    // A double has 53 bits of precision.
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}
