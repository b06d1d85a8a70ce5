//! A machine changes over the years: what its code of today makes of what older code journaled.
//!
//! Each module has one way of changing. A program of the past and one of today are two modules with
//! a machine of the same name; what the first wrote, the second reads, or refuses.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod absorbed;
mod contexts;
mod family;
mod json;
mod kept;
mod previous;
mod random_changes;
mod refused;
mod refused_fields;
mod renamed;
mod shapes;
mod stage;
mod stored_without_shapes;
mod untraceable;
