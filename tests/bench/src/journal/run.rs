//! The run: all cases, one after the other.

use std::path::Path;

use super::{append, footprint, sends};
use crate::measure::Effort;
use crate::report::Comparison;
use crate::stores::Failure;

/// Runs all cases in a directory of their own below `disk`.
///
/// # Errors
///
/// If a contestant fails, or reads back something else than was written.
pub(crate) fn run(disk: &Path, effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let directory = tempfile::Builder::new().prefix("fsm-bench-").tempdir_in(disk)?;
    let mut comparisons = append::run(directory.path(), effort)?;
    comparisons.extend(footprint::run(directory.path(), effort)?);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    comparisons.extend(runtime.block_on(sends::run(directory.path(), effort))?);
    Ok(comparisons)
}
