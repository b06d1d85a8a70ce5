//! The journal on sled, and what may happen to it: kills, cuts, full disks, damage.
//!
//! Tests that need root, or programs that are not there, say `SKIPPED` and why.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(clippy::print_stdout, reason = "what is skipped is said, and seeds are printed")]

mod cut;
mod damaged;
mod disk;
mod erased;
mod indexed;
mod killed;
mod model;
mod mount;
mod opening;
mod twin;
mod workload;
