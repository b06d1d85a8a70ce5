//! From attributes to the [model](crate::model).
//!
//! Rules that one attribute alone can break are checked here, where the token is at hand; those
//! that need the whole enum are in [`crate::check`].

mod clause;
mod duration;
mod enumeration;
mod group;
mod header;
mod row;
mod target;
mod words;

pub(crate) use enumeration::machine;
