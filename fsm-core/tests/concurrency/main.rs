//! The hand-made concurrency in all its orders: not in the one that a scheduler happens to choose.
//!
//! The parts that threads meet in, [`queue`] and [`lane`], are the crate's own file, compiled a
//! second time on loom's primitives; loom runs each test in every order of their operations. The
//! whole, a shard with its journal, is run on one thread in every order of small steps
//! ([`schedules`]).

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]
#![expect(clippy::print_stdout, reason = "which order failed, and how many there were")]

#[path = "../runtime/account.rs"]
#[expect(dead_code, reason = "made for other tests")]
mod account;
mod acknowledging;
mod doorbell;
#[path = "../runtime/held_journal.rs"]
#[expect(dead_code, reason = "made for other tests")]
mod held_journal;
#[path = "../../src/runtime/lane.rs"]
#[expect(dead_code, reason = "who waits for room is woken by tokio's primitives, not by loom's")]
mod lane;
mod leaving;
mod meeting;
mod pushing;
#[path = "../../src/runtime/queue.rs"]
#[expect(dead_code, reason = "the tests do not ask how long the queue is")]
mod queue;
mod schedules;
mod seats;
mod stopping;
mod sync;
#[path = "../../src/runtime/withdrawal.rs"]
mod withdrawal;
mod withdrawing;
