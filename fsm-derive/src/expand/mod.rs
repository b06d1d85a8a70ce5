//! From a checked table to the `impl`.
//!
//! Invariant: what the user wrote appears with its own spans and, in `decide` and `step`, with the
//! same types around it, so that a mistake in it is one error of rustc's at the user's token.
//! Paths are absolute; names of our own are hidden from the user's expressions, and the other way
//! round only `ctx`, `now`, `id` and `state` can be seen.

mod arm;
mod body;
mod constant;
mod eventless;
mod field;
mod header;
mod hold;
mod implementation;
mod moment;
mod offer;
mod passage;
mod past;
mod pattern;
mod storing;
mod uses;

pub(crate) use header::{Types, types};
pub(crate) use implementation::implementation;
