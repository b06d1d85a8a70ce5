//! Whether the journal on sled can be trusted with orders: campaigns of cuts, faults and damage.
//!
//! A round does something to a disk under a journal, opens it again, and compares every byte with
//! what was written. A campaign is many rounds; it prints its seed and what it counted:
//!
//! ```text
//! CAMPAIGN | power cuts, strict | 40 rounds | 81234 acknowledged | 0 lost | 0 undetected | ...
//! ```
//!
//! - `TORTURE_ROUNDS`: how many times the rounds of an everyday run; 1 unless said otherwise.
//! - `TORTURE_SEED`: the seed of a run that is to be repeated.
//!
//! `tests/torture` runs all of it for long and makes a table of it. `docs/reliability.md` says what
//! each method does, and what it cannot show.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(clippy::print_stdout, reason = "what was counted is said")]

mod campaign;
mod cuts;
mod damage;
mod examined;
mod failing;
mod found;
mod full;
mod judge;
mod killed;
mod lazyfs;
mod life;
mod orders;
mod replaced;
mod torn;
#[expect(dead_code, reason = "the tests of another target use the rest")]
#[path = "../sled/workload.rs"]
mod workload;
