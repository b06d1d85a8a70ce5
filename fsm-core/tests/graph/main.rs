//! The questions that a table answers as a graph.
#![cfg(feature = "derive")]
#![deny(warnings)]
#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod automatic;
mod coverage;
mod derived;
mod drawn;
mod groups;
mod limits;
mod model;
mod questions;
mod transitions;
