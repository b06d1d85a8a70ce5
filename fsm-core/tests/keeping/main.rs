//! What is kept of a machine, and how long: snapshots, looks back, machines that are condensed and
//! forgotten, and readers of the journal.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod condensing;
mod damaged;
mod device;
mod faithless;
mod forgetting;
mod looking_back;
mod run;
mod same_as_replay;
mod storable;
mod tailing;
mod when;
