//! Effects performed: what the actions of a machine asked for is done in the world.
//!
//! An action returns effects as data ([`Effects`](crate::Effects)). After the commit of the
//! transition they are *owed*, and a handler performs them. A program writes the handler
//! ([`Perform`]) and says how often and how many at once ([`PerformOptions`]):
//!
//! ```
//! use std::sync::Arc;
//!
//! use fsm_core::Fsm;
//! use fsm_core::journal::Sequence;
//! use fsm_core::runtime::effects::{Verdict, Workers};
//! use fsm_core::runtime::{EffectKey, Perform, PerformError, PerformOptions, SystemClock};
//!
//! #[derive(Fsm)]
//! #[fsm(event = Event, context = Order, effect = Charge)]
//! enum OrderState {
//!     #[fsm(initial)]
//!     #[on(Pay => Paying / charge())]
//!     Cart,
//!     #[on(Charged => Paid)]
//!     #[on(Declined => Cart)]
//!     Paying,
//!     #[fsm(final)]
//!     Paid,
//! }
//!
//! #[derive(Debug, PartialEq)]
//! enum Event { Pay, Charged, Declined }
//!
//! #[derive(Debug)]
//! struct Charge { cents: u64 }
//!
//! struct Order { cents: u64 }
//!
//! impl Order {
//!     fn charge(&mut self) -> Charge { Charge { cents: self.cents } }      // asks for it
//! }
//!
//! struct Cashier;
//!
//! impl Perform<OrderState> for Cashier {                                   // does it
//!     async fn perform(
//!         &self,
//!         key: &EffectKey,
//!         effect: &Charge,
//!     ) -> Result<Option<Event>, PerformError> {
//!         let charged = bank::charge(&key.to_string(), effect.cents).await?;
//!         Ok(Some(if charged { Event::Charged } else { Event::Declined }))
//!     }
//! }
//!
//! mod bank {
//!     # use std::io;
//!     /// Charges once for each key, however often it is asked.
//!     pub async fn charge(key: &str, cents: u64) -> Result<bool, std::io::Error> {
//!         # assert_eq!(key, "OrderState/order-42/2/0");
//!         Ok(cents < 10_000)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let runtime = tokio::runtime::Handle::current();
//! let (options, clock) = (PerformOptions::new(), Arc::new(SystemClock));
//! let workers = Workers::<OrderState>::new(Cashier, options, clock, runtime);
//!
//! // Record 2 of this order owes a charge.
//! let key = EffectKey::new("OrderState", "order-42", Sequence(2), 0);
//! let room = workers.room().await.expect("nobody stops these workers");
//! let (key, verdict) = room.begin(key, Charge { cents: 3_000 }).await;
//!
//! assert_eq!(key.to_string(), "OrderState/order-42/2/0");
//! assert_eq!(verdict, Some(Verdict::Done { event: Some(Event::Charged), attempts: 1 }));
//! # }
//! ```
//!
//! # What it promises
//!
//! * **At least once.** An effect is owed until it has a [`Verdict`]; one that is cut off, by the
//!   end of the process or by dropping its future, is begun again by whoever keeps the books. So a
//!   handler meets the same effect twice, and the [`EffectKey`], which is the same both times, lets
//!   the service on the other side know.
//! * **A verdict in the end.** It is done; or it is a [`DeadLetter`]: its attempts are used up, or
//!   an error was [`Permanent`](PerformError::Permanent). Only an open breaker can keep it waiting.
//! * **A failure harms its own effect.** Handlers run on tasks of their own. A panic is a failed
//!   attempt, so is one that takes too long, and one that waits for its next attempt keeps nobody
//!   from theirs.
//! * **First come, first served**, and never more attempts at once than
//!   [`running_max`](PerformOptions::running_max), never fewer while something waits.
//! * **All time is the [`Clock`](super::Clock)'s.** It is a time of day: if that is set back, what
//!   waits for a time, a timeout too, waits that much longer.
//!
//! It promises no order: the effects of one machine are in order because whoever keeps the books
//! begins none before the one before it has its verdict.
//!
//! # A failed attempt
//!
//! After a failure the effect gives its place up and waits: a second, two, four, up to five
//! minutes, less a random part ([`Backoff`]). Then it gets in line again. With a
//! [breaker](PerformOptions::breaker), failures of all effects of the kind count together: when too
//! many of the last have failed, nothing is attempted for a while, and then a few attempts try
//! whether the service is back. What waits for the breaker uses up no attempts. After a restart
//! attempts are counted anew.
//!
//! Panics, errors that may pass and attempts that take too long are failures to the breaker.
//! Permanent errors are not: a service that refuses is there.

mod attempt;
mod breaker;
mod dead_letters;
mod error;
mod gate;
mod key;
mod options;
mod perform;
mod performer;
mod rendered;
mod tally;
mod verdict;
mod workers;

pub use breaker::{Admission, Breaker, BreakerOptions, BreakerState, Pass};
pub use dead_letters::{DeadLetter, DeadLetters, DeadLettersPage};
pub use error::PerformError;
pub use key::{EffectKey, ParseEffectKeyError};
pub use options::PerformOptions;
pub use perform::{Effectful, Perform, PerformFn, perform_fn};
pub use tally::{Statistics, Stopped};
pub use verdict::Verdict;
pub use workers::{NoRoom, Performing, Room, Workers};

pub use crate::runtime::backoff::Backoff;
