//! The runtime: machines as supervised, durable actors.
//!
//! A [`System`] runs a fixed number of shards. A shard is one task; it owns the machines that hash
//! to it. Deciding and applying are synchronous and pure, so a machine needs no task of its own,
//! and a shard hands the records of all its machines to the journal together.
//!
//! # The life of an event
//!
//! 1. [`MachineRef::send`] puts it in the queue of the machine's shard. (Where nothing is journaled
//!    it may take steps 3 and 5 itself: [`Builder::volatile`].)
//! 2. If the machine is not in memory, its records are read and replayed; the event waits.
//! 3. The guards are asked, the row is taken, the action runs, all in memory.
//! 4. The record goes to the journal with those of the other machines of the shard.
//! 5. When the journal has it, durably, the sender is answered. Nobody sees the new state before.
//!
//! # What happens without being sent
//!
//! * **Timers.** `#[after]` and `#[every]` run while their state or group is not left. Nothing of
//!   them is stored: when they are due follows from the record that entered the state, so they go
//!   on over a restart. [`MissedTicks`] says what becomes of ticks that nobody was there for.
//! * **Scheduled events.** [`MachineRef::send_after`] is a journaled timer for one event, and
//!   [`MachineRef::cancel`] calls it back.
//! * **Automatic rows** (`#[always]`) and **deferred events** (`#[defer]`) are part of what set
//!   them off: their records stand in one batch with it, and a panic in one undoes all.
//! * **Effects.** What actions return is performed after the commit by the handler that
//!   [`Builder::perform`] was given, at least once, for each machine in order: [`effects`] says
//!   how. The [`Effects`](crate::Effects) builder also [sends](crate::Effects::send) to other
//!   machines and [spawns](crate::Effects::spawn) children, which are stopped with their parent and
//!   tell it of their end.
//!
//! After a restart the machines that have something to do are found in the journal and brought
//! back, although nobody sends them anything: those of the kinds that the [`Builder`] names, at the
//! start; those of others when their kind is first used.
//!
//! # On what terms an event is sent
//!
//! [`Sending`] takes an idempotency key (the same key is answered the same, also after a restart),
//! an expected sequence, a timeout whose error says whether the event may still be applied, and
//! correlation and causation ids for the record.
//!
//! # The life of a machine
//!
//! It comes to memory with its first command, or when something of it is due (`recovering.rs`),
//! from its newest snapshot and the records behind that, if it has one
//! ([`MachineOptions::snapshot_every`]); it runs (`running.rs`); it leaves memory when it was idle
//! for long or is one too many ([`MachineOptions`]), and keeps its due time there (`stopping.rs`).
//! A machine that panics more often than its [`Intensity`] allows, or whose records cannot be
//! replayed, is quarantined: it refuses with the reason until [`MachineRef::release`]. What panics
//! when it is due, and not by somebody's command, is left alone for a while that doubles each time;
//! the machine goes on.
//!
//! # Looking back, and forgetting
//!
//! [`MachineRef::history`] tells what happened to a machine, a [page](MachineRef::history_page) or
//! a [stream](MachineRef::history_from) at a time, and [`MachineRef::at`] what it was. What a
//! machine was can be erased by writing it down as it is ([`MachineRef::condense`]), and all of it
//! for good ([`MachineRef::forget`]). [`System::tail`] follows the records of all machines.
//!
//! # How a machine changes over the years
//!
//! The journal outlives the code that wrote it. It keeps, with each version of the code, the
//! [shapes](crate::journal::shape) of the machine's types, and when a kind is first used (at the
//! start, if the [`Builder`] names it) they are compared with those of the code that runs.
//!
//! These changes need nothing:
//!
//! * states, rows, guards, actions and timers, added, moved or changed, as long as every row that
//!   was ever taken is still there and leads where it led;
//! * events added, and events in another order: they are known by name;
//! * variants added behind the others of an enum inside an event or the context;
//! * other names of types.
//!
//! A new name of a state, an event or a group needs `renamed(Old => New)`. Everything else (a field
//! that comes, goes, moves, or has another name or type; an event that is gone) needs another
//! `version`, and `previous(...)` with the type as it was. What the version wrote is read as that
//! type, and converted to the next newer one that is listed, and so on to today's. An entry is for
//! its version and for older ones that have none of their own.
//!
//! ```
//! use fsm_core::journal::MemoryJournal;
//! use fsm_core::{Fsm, SendError, System};
//! use serde::{Deserialize, Serialize};
//!
//! mod v1 {                                                        // as it was
//! #   use super::*;
//!     #[derive(Fsm, Clone, Debug)]
//!     #[fsm(event = Event, context = Account, name = "account")]
//!     pub enum State {
//!         #[fsm(initial)]
//!         #[on(Pay { euros } => Opened / pay(euros))]
//!         Opened,
//!     }
//!
//!     #[derive(Debug, Serialize, Deserialize)]
//!     pub enum Event { Pay { euros: u64 } }
//!
//!     #[derive(Clone, Debug, Serialize, Deserialize)]
//!     pub struct Account { pub euros: u64 }
//! #   impl Account { fn pay(&mut self, euros: u64) { self.euros += euros; } }
//! }
//!
//! #[derive(Fsm, Clone, Debug)]
//! #[fsm(event = Event, context = Account, name = "account", version = 2)]
//! #[fsm(previous(1 = v1::Event, context 1 = v1::Account), renamed(Opened => Open))]
//! enum State {
//!     #[fsm(initial)]
//!     #[on(Pay { cents, .. } => Open / pay(cents))]
//!     Open,
//! }
//!
//! #[derive(Debug, Serialize, Deserialize)]
//! enum Event { Pay { cents: u64, by: Option<String> } }
//!
//! impl From<v1::Event> for Event {
//!     fn from(older: v1::Event) -> Self {
//!         let v1::Event::Pay { euros } = older;
//!         Self::Pay { cents: euros * 100, by: None }
//!     }
//! }
//!
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! struct Account { cents: u64 }
//! # impl Account { fn pay(&mut self, cents: u64) { self.cents += cents; } }
//!
//! impl From<v1::Account> for Account {
//!     fn from(older: v1::Account) -> Self {
//!         Self { cents: older.euros * 100 }
//!     }
//! }
//!
//! # mod hasty {
//! #   use super::*;
//! #   #[derive(Fsm, Clone, Debug)]
//! #   #[fsm(event = Event, context = Account, name = "account")]
//! #   pub(super) enum Hasty {
//! #       #[fsm(initial)]
//! #       #[on(Pay { .. } => Open)]
//! #       Open,
//! #   }
//! # }
//! # use hasty::Hasty;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let journal = MemoryJournal::new();
//! let system = System::builder().journal(journal.clone()).start().await?;
//! let account = system.machine::<v1::State>("ada");
//! account.create(v1::Account { euros: 5 }).await?;
//! account.send(v1::Event::Pay { euros: 2 }).await?;
//!
//! let system = System::builder().journal(journal.clone()).start().await?;
//! let account = system.machine::<State>("ada");
//! assert_eq!(account.state().await?.context.cents, 700);
//!
//! // The same without `version` and `previous` is refused, with what to do about it.
//! let system = System::builder().journal(journal).start().await?;
//! let error = system.machine::<Hasty>("ada").state().await.unwrap_err();
//! assert!(matches!(error, SendError::Incompatible(_)));
//! assert!(error.to_string().contains("`Event::Pay` has no field `euros` any more"));
//! # Ok(()) }
//! ```
//!
//! What does not fit is refused by [`Incompatible`], which names what it was, what it is, and what
//! to do: by [`Builder::start`] for the kinds that the builder names, else by everything that is
//! asked of a machine of the kind. Nothing is written then, and other kinds are none the worse.
//! What code of a newer version wrote is refused by older code in the same way, unless it fits.
//!
//! A type whose shape cannot be found out is compared as far as it is known; that a part was
//! unknown and still is passes, so its `version` is for you to count. A schema that was stored
//! before there were shapes passes as well; each record then still says which event it holds.
//! Whether the rows lead where they led is seen at the replay of each machine, and a machine that
//! comes to another state is quarantined.
//!
//! # What it promises
//!
//! * One event at a time for each machine; those of one sender in the order in which they were
//!   sent.
//! * An answered send is in the journal, as durable as the journal is.
//! * A panic in a guard or an action harms that machine's event only: the sender is answered
//!   [`SendError::Crashed`], nothing is journaled, and the machine starts again from its journal.
//! * If the journal fails, senders get the error, and the machines it concerns are read again.
//! * A machine that comes from a snapshot is the one that its records make.
//! * No effect is performed before its record is durable; none that is owed is forgotten.
//! * Every queue is bounded; a full one answers [`SendError::Overloaded`], and
//!   [`MachineRef::cast_when_ready`] waits for room. A machine that is
//!   flooded carries out 128 commands a turn while it has neighbours on its shard, so each of them
//!   waits for no more than that of it; what does not fit into its backlog of 8,192 commands is
//!   refused, and a cast, which cannot be told, is dropped.
//! * What older code journaled is read as what it was, or refused; never as something else.
//! * All time is the [`Clock`]'s, so that tests run on a [`ManualClock`] and never sleep.

mod answer;
mod any_machines;
mod attending;
mod awakening;
mod backoff;
mod builder;
mod carrying;
mod clock;
mod command;
mod decoding;
mod duties;
pub mod effects;
mod erasing;
mod error;
mod evolution;
mod fairness;
mod firing;
mod gathering;
mod health;
mod history;
mod holding;
mod house;
mod kind;
mod lane;
mod live;
mod machine_ref;
mod machines;
mod message;
mod options;
mod panic;
mod performing;
mod plain;
mod post;
mod pushing;
mod queue;
mod random;
mod reading;
mod recovering;
mod replay;
mod replay_error;
mod restoring;
mod running;
mod sealed;
mod seat;
mod sending;
mod shard;
mod slot;
mod snapshotting;
mod stopping;
mod stored;
pub mod supervision;
mod sync;
mod system;
mod timer_names;
mod timing;
mod translation;
mod turning;
mod watch;
mod wheel;
mod withdrawal;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::machine::Fsm;

pub use answer::{Entry, Happened, Snapshot, Transition};
pub use backoff::Backoff;
pub use builder::{Builder, StartError};
pub use clock::{Clock, ManualClock, SystemClock};
pub use effects::{EffectKey, Perform, PerformError, PerformOptions};
pub use error::{SendError, Why};
pub use evolution::Incompatible;
pub use health::{Health, KindHealth, SnapshotHealth};
pub use machine_ref::{MachineRef, ScheduleId};
pub use message::Spawning;
pub use options::MachineOptions;
pub use reading::At;
pub use replay_error::ReplayError;
pub use restoring::Unrestorable;
pub use sending::{Creating, Sending};
pub use stored::Unstorable;
#[doc(inline)]
pub use supervision::{Intensity, Supervision, Supervisor};
pub use system::{ShutdownError, ShutdownReport, System};
pub use timing::MissedTicks;
pub use watch::{Lagged, Watch};

/// A kind of machine that a [`System`] can run: one whose event and context can be journaled.
///
/// It is implemented for every [`Fsm`] that has what it takes.
pub trait Machine:
    Fsm<
        Event: Serialize + DeserializeOwned + fmt::Debug + Send + 'static,
        Context: Serialize + DeserializeOwned + Clone + fmt::Debug + Send + Sync + 'static,
        Effect: fmt::Debug + Send + Sync + 'static,
    > + Clone
    + fmt::Debug
    + Send
    + Sync
    + 'static
{
}

impl<F> Machine for F where
    F: Fsm<
            Event: Serialize + DeserializeOwned + fmt::Debug + Send + 'static,
            Context: Serialize + DeserializeOwned + Clone + fmt::Debug + Send + Sync + 'static,
            Effect: fmt::Debug + Send + Sync + 'static,
        > + Clone
        + fmt::Debug
        + Send
        + Sync
        + 'static
{
}
