//! Replay: events a second a core, through the codec and [`Fsm::apply`](fsm_core::Fsm::apply) into
//! a map of machines.
//!
//! - The whole log of many orders, in pages.
//! - The long history of one order.
//!
//! Everyone's events are decoded and applied by the same code ([`applied`]); the floor reads them
//! from the raw file, the engines in the order of their keys. What counts is the processor time of
//! the whole process, the kernel's for it included; the time on the wall stands beside. Everything
//! is in memory that the operating system keeps of files. Everyone must come to the same states
//! and contexts.
//!
//! The machine is an order ([`order`]) whose events take 27 to 40 bytes; its events are made by
//! deciding them, as a system would ([`orders`]).

mod applied;
mod order;
mod orders;
mod run;

pub(crate) use orders::Orders;
pub(crate) use run::run;
