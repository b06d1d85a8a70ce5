//! What `#[derive(Fsm)]` costs to compile: a crate with a large machine beside an empty one.
//!
//! The large machines ([`machine`]) have 100 states and 500 rows. One is flat; the other has
//! groups, entry and exit actions, a history and timers as well. Both crates and the empty one are
//! members of a throw-away workspace ([`crates`]) and depend on `fsm-core` as a program without a
//! runtime does. Its dependencies are built once; then, in turn, each crate is built anew.
//!
//! The goal is for a build from scratch, which is what the first build is and every one on a
//! server. An edit is the one that somebody waits for: one line of the file has changed.

mod crates;
mod machine;
mod run;

pub(crate) use run::run;
