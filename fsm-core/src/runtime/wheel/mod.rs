//! The timer wheel of a shard.

mod arena;
mod front;
mod levels;
#[cfg(test)]
mod tests;
mod tick;
mod timers;

pub(super) use timers::{Armed, Wheel};
