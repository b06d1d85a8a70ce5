//! The care of a journal: verifying, repairing, salvaging, backing up, archiving; and damage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod archiving;
mod backing_up;
mod damage;
mod life;
mod reopening;
mod repairing;
mod salvaging;
#[cfg(feature = "parquet")]
mod tabling;
mod verifying;
