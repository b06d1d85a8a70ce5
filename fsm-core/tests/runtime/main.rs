//! The runtime through its public API, on journals in memory.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod account;
mod asking;
mod crashing;
mod device;
mod failing_journal;
mod fairness;
mod healthy;
mod held_journal;
mod histories;
mod life;
mod model;
mod overload;
mod passivating;
mod performing;
mod replaying;
mod restarting;
mod seeded;
mod sending;
mod shutting_down;
mod supervised;
mod timers;
mod unjournaled;
mod watching;
