//! The derived machine beside the same machine by hand and by other libraries.
//!
//! Four states, six events, one guard, one counter ([`events`]), as
//!
//! - a `match` by hand: one that keeps the contract of `step`, a refusal gives state and event
//!   back, and one in the form that one writes when nobody asked for that, an `Option` of the next
//!   state ([`floors`]);
//! - ours: `step`, and `step_with` where a refusal is counted and where it is dropped ([`ours`]);
//! - statig, smlang, rust-fsm and edfsm, each as its own documentation writes a machine
//!   ([`statig`], [`smlang`], [`rust_fsm`], [`edfsm`]).
//!
//! Like is compared with like. smlang and rust-fsm tell the caller of a refusal, and statig can
//! count them in its handlers: they stand beside ours that counts refusals. statig as it is
//! written in its documentation and edfsm do not tell: they stand beside ours that drops them. All
//! run over the same events, translated to their own type beforehand where they have one, and must
//! end in the same state with the same counts as the `match` by hand.
//!
//! # Copies and orders
//!
//! Such a small function costs by chance: what it does is the same, and one costs twice what the
//! other does. One function against one other compares luck. There are two kinds of it, and the
//! run averages over both.
//!
//! - *Where the code lands.* The processor finds and predicts jumps by the cache line they are in;
//!   of the four places in a line where a function can begin, one may cost twice what another
//!   does. Each contestant is compiled often, so that copies begin in all places ([`contestant`]),
//!   and a place costs the median over all passes there.
//! - *How the states are numbered.* A zero is made by an instruction that a compare cannot be
//!   followed by, a jump table is laid out by the numbers, and so on. Each machine is declared in
//!   four orders, in which each state stands in each position once. statig and smlang number the
//!   states by chance while they expand: they are expanded four times, and still cost a few
//!   hundredths more or less from one build of this program to the next.
//!
//! What a contestant costs is the mean over the places of all orders: what to expect of a machine
//! of one's own. The median would not do: costs come in clusters, and it jumps from one to the
//! next. The best, in brackets, is what can be had with luck.

mod contestant;
mod edfsm;
mod events;
mod floors;
mod ours;
mod run;
mod rust_fsm;
mod smlang;
mod statig;

pub(crate) use run::run;
