//! Durable, typed state machines: the machine model, the runtime, and the ports around it.
//!
//! ```
//! use fsm_core::{Fsm, System};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Fsm, Clone, Debug, PartialEq)]
//! #[fsm(event = OrderEvent, context = Order)]
//! #[on(Cancel { reason } => Cancelled { reason })]         // from every state that is not final
//! enum OrderState {
//!     #[fsm(initial)]
//!     #[on(AddItem { price } => _ / add(price))]              // stays, and is journaled
//!     #[on(Checkout if has_items() => AwaitingPayment { due: ctx.total })]
//!     Cart,
//!
//!     #[on(Pay { amount } if covers(amount, due) => Paid / receive(amount))]
//!     AwaitingPayment { due: u64 },
//!
//!     #[fsm(final)]
//!     Paid,
//!     #[fsm(final)]
//!     Cancelled { reason: String },
//! }
//!
//! #[derive(Debug, Serialize, Deserialize)]
//! enum OrderEvent {
//!     AddItem { price: u64 },
//!     Checkout,
//!     Pay { amount: u64 },
//!     Cancel { reason: String },
//! }
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Order { total: u64, paid: u64 }
//!
//! impl Order {
//!     fn has_items(&self) -> bool { self.total > 0 }                          // a guard asks
//!     fn covers(&self, amount: &u64, due: &u64) -> bool { amount >= due }
//!     fn add(&mut self, price: u64) { self.total += price; }                  // an action changes
//!     fn receive(&mut self, amount: u64) { self.paid += amount; }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let system = System::builder().start().await?;           // a journal in memory
//! let order = system.machine::<OrderState>("order-42");
//! order.create(Order::default()).await?;
//! order.send(OrderEvent::AddItem { price: 30 }).await?;
//! order.send(OrderEvent::Checkout).await?;
//!
//! let refused = order.send(OrderEvent::Pay { amount: 29 }).await.unwrap_err();
//! assert_eq!(
//!     refused.to_string(),
//!     "rejected in state `AwaitingPayment`: `Pay` is taken here only if `covers(amount, due)`",
//! );
//! assert_eq!(order.send(OrderEvent::Pay { amount: 30 }).await?.state, OrderState::Paid);
//! # Ok(()) }
//! ```
//!
//! # The three questions
//!
//! * **What is a machine?** [`machine`], and the guide to the declaration, [`derive@Fsm`]. Pure
//!   data and pure functions; usable without anything else through [`Fsm::step`].
//! * **How does it live?** [`runtime`]: a [`System`] of shards, reached through [`MachineRef`].
//! * **How is it remembered?** [`journal`]: the port, a journal in memory, and the suite that every
//!   journal passes. `fsm-persist` has those that keep something.
//!
//! # Features
//!
//! * `derive` (default): the macro.
//! * `rt` (default): the runtime and the journal port. Without it there is no tokio in the tree.
//! * `svg`: tables as SVG pictures, laid out without an external program.

#[cfg(feature = "rt")]
pub mod journal;
pub mod machine;
#[cfg(feature = "rt")]
pub mod runtime;

#[doc(inline)]
pub use machine::{
    Decision, Effects, EventId, Fsm, GroupId, Moment, NoEffect, ParseTimestampError, Refused,
    RowId, StateId, Table, TimerId, Timestamp, WrongRow,
};
#[cfg(feature = "rt")]
#[doc(inline)]
pub use runtime::{Machine, MachineRef, SendError, Snapshot, System, Transition};

#[cfg(feature = "derive")]
pub use fsm_derive::Fsm;
