//! The timer wheel of a shard: a million timers and more, armed and cancelled in constant time.
//!
//! It is data: no clock, no tasks. The shard asks [`Wheel::next_due`] how long it may sleep, and
//! tells [`Wheel::expire`] what time it is.
//!
//! # How it works
//!
//! Time is counted in ticks. The wheel has a position, a tick that follows the clock, and eight
//! levels of 64 slots. A slot of the lowest level is a tick, one of the next is 64 ticks, and so
//! on. A timer lies on the level on which its tick parts from the position's, as in a number that
//! is read from the left, and in the slot of its digit there:
//!
//! ```text
//! level          0        1        2        3        4        5        6        7
//! slot       66 ms   4.19 s  4.47 min   4.77 h   12.7 d   2.23 y    143 y   9,139 y
//! ```
//!
//! When the position comes to a slot, the slot's timers move closer, each to a lower level, and at
//! last into the front, a heap of what is overdue or due in the current tick. The front knows the
//! exact order; the slots know none and need none.
//!
//! # What it promises
//!
//! * No timer is early. Timers come in the order of their due times, those of one time in the
//!   order in which they were armed. Where `expire` stops at its limit the order holds on: what is
//!   armed then takes its place among those that are left.
//! * `arm` and `cancel` take constant time, whatever else is armed. Only in the front they take the
//!   logarithm of how many timers are there.
//! * A call of `expire` costs no more than its limit allows, whatever comes due and however far the
//!   clock jumps. Unless the clock goes back a timer moves at most eight times in its life. Empty
//!   stretches are skipped by bit masks, years as fast as seconds.
//! * A clock that goes back delays timers, as it must, and harms nothing: the position follows
//!   it, with whole lists moved at once.
//! * A lone timer takes at most nine wake-ups, and mostly three if it is due in seconds.
//! * A timer takes 24 bytes and its item, 32 with an item of eight; four or five more while it is
//!   in the front. Nothing is allocated for one timer: memory comes in chunks of 1,024 timers, is
//!   used again, and is given back when no timer is left.
//!
//! # Why these sizes
//!
//! 64 slots, because a word is their bit mask. A tick of 2^16 microseconds, because eight levels
//! of six bits above it are all of an `i64`: no time is too far ahead or too long ago, and nothing
//! wraps around. With ticks of 2^10 microseconds a timer would move, and wake its shard, once
//! more; measured, that pays only where some 100,000 timers a second come due. With 2^22 the front
//! would hold four seconds of timers, which costs more than twice as much there.

mod arena;
mod front;
mod levels;
#[cfg(test)]
mod tests;
mod tick;
mod timers;

pub(super) use timers::{Armed, Wheel};
