//! The rules that need the whole enum.
//!
//! One function for each rule, named after the mistake; each has its case in
//! `tests/ui/<theme>/<mistake>.rs`, which a test compares with the list in each theme's `check`.
//! A mistake is reported once, where it was made: the rules on the graph keep quiet while a row or
//! a target could not be read, since they would only repeat it.

pub(crate) mod document;
pub(crate) mod graph;
pub(crate) mod groups;
pub(crate) mod header;
pub(crate) mod holds;
pub(crate) mod limits;
pub(crate) mod rows;
pub(crate) mod states;
pub(crate) mod targets;
