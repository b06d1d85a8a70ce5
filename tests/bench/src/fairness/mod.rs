//! What a machine waits for that has troublesome neighbours.
//!
//! - [`flood`]: one machine is sent thousands of casts, and another of its shard is asked. Beside
//!   the same without casts, and beside others in the same situation: a task with one channel for
//!   all counters, which has no fairness at all, and a task for each ([`shared`] and the
//!   contestants of [`actors`](crate::actors)).
//! - [`catching_up`]: a system starts again and finds a hundred thousand timers due, and another
//!   machine is asked meanwhile. Beside a start that finds nothing, and beside the whole catch-up.
//!
//! What is compared is the median of the rounds' ratios.

mod catching_up;
mod flood;
mod shared;

use crate::journal::Failure;
use crate::measure::Effort;
use crate::report::Comparison;

/// Runs all cases.
///
/// # Errors
///
/// If a contestant fails.
pub(crate) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let mut comparisons = flood::run(effort)?;
    comparisons.extend(catching_up::run(effort)?);
    Ok(comparisons)
}
