//! Ours as actors that keep nothing, beside a bare task with a channel and beside actor crates.
//!
//! Everyone runs the same counter ([`library`]). The floor is a tokio task, an unbounded channel
//! and a oneshot for each answer; a second one has a channel for 64 messages ([`floors`]). The
//! peers are ractor, kameo and actix, each as its own documentation writes an actor, with the
//! features off that they can do without ([`ractor`], [`kameo`], [`actix`]).
//!
//! # What is measured
//!
//! - [`messages`]: casts to one counter and to a thousand, asks one by one.
//! - [`spawning`]: new counters.
//! - [`restarting`]: a panic and what it takes until the counter answers again.
//! - [`memory`]: what a counter takes that has nothing to do.
//! - [`recovering`]: many machines after their system has started again.
//!
//! # How
//!
//! By the processor time of the whole process, the kernel's for it included: on a machine that
//! others use too, time on the wall says more about them. It is there beside. Each round gives
//! everyone a runtime of its own and runs everyone once, each first in its turn; what is compared
//! is the median of the rounds' ratios to the floor ([`race`]).

mod actix;
mod floors;
mod kameo;
mod library;
mod memory;
mod messages;
mod ours;
mod race;
mod ractor;
mod recovering;
mod restarting;
mod run;
mod spawning;

pub(crate) use floors::{Message, Unbounded};
pub(crate) use kameo::Kameo;
pub(crate) use library::{Library, Threads};
pub(crate) use memory::of as memory_of;
pub(crate) use ours::Ours;
pub(crate) use ractor::Ractor;
pub(crate) use run::run;
