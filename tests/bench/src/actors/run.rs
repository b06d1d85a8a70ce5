//! The run: all cases, one after the other.

use super::{memory, messages, recovering, restarting, spawning};
use crate::journal::Failure;
use crate::measure::Effort;
use crate::report::Comparison;

/// Runs all cases.
///
/// # Errors
///
/// If a contestant fails.
pub(crate) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let mut comparisons = messages::run(effort)?;
    comparisons.extend(spawning::run(effort)?);
    comparisons.extend(restarting::run(effort)?);
    comparisons.extend(memory::run(effort)?);
    comparisons.extend(recovering::run(effort)?);
    Ok(comparisons)
}
