//! The wheel itself, which is private to `fsm-core`: its files, compiled once more. They rest on
//! `Timestamp` alone.

#[path = "../../../../fsm-core/src/runtime/wheel/arena.rs"]
mod arena;
#[path = "../../../../fsm-core/src/runtime/wheel/front.rs"]
mod front;
#[path = "../../../../fsm-core/src/runtime/wheel/levels.rs"]
mod levels;
#[path = "../../../../fsm-core/src/runtime/wheel/tick.rs"]
mod tick;
#[path = "../../../../fsm-core/src/runtime/wheel/timers.rs"]
mod timers;

pub(super) use timers::{Armed, Wheel};
