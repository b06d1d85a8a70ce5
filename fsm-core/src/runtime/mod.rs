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
//! It comes to memory with its first command, or when something of it is due (`recovering.rs`); it
//! runs (`running.rs`); it leaves memory when it was idle for long or is one too many
//! ([`MachineOptions`]), and keeps its due time there (`stopping.rs`). A machine that panics more
//! often than its [`Intensity`] allows, or whose records cannot be replayed, is quarantined: it
//! refuses with the reason until [`MachineRef::release`]. What panics when it is due, and not by
//! somebody's command, is left alone for a while that doubles each time; the machine goes on.
//!
//! # What it promises
//!
//! * One event at a time for each machine; those of one sender in the order in which they were
//!   sent.
//! * An answered send is in the journal, as durable as the journal is.
//! * A panic in a guard or an action harms that machine's event only: the sender is answered
//!   [`SendError::Crashed`], nothing is journaled, and the machine starts again from its journal.
//! * If the journal fails, senders get the error, and the machines it concerns are read again.
//! * No effect is performed before its record is durable; none that is owed is forgotten.
//! * Every queue is bounded; a full one answers [`SendError::Overloaded`], and
//!   [`MachineRef::cast_when_ready`] waits for room. A machine that is
//!   flooded carries out 128 commands a turn while it has neighbours on its shard, so each of them
//!   waits for no more than that of it; what does not fit into its backlog of 8,192 commands is
//!   refused, and a cast, which cannot be told, is dropped.
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
mod duties;
pub mod effects;
mod error;
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
mod recovering;
mod replay;
mod running;
mod seat;
mod sending;
mod shard;
mod slot;
mod stopping;
pub mod supervision;
mod sync;
mod system;
mod timing;
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
pub use health::{Health, KindHealth};
pub use machine_ref::{MachineRef, ScheduleId};
pub use message::Spawning;
pub use options::MachineOptions;
pub use replay::ReplayError;
pub use sending::{Creating, Sending};
#[doc(inline)]
pub use supervision::{Intensity, Supervision, Supervisor};
pub use system::{ShutdownError, ShutdownReport, System};
pub use timing::MissedTicks;
pub use watch::{Lagged, Watch};

/// A kind of machine that a [`System`] can run: one whose event and context can be journaled.
///
/// It is implemented for every [`Fsm`] that has what it takes. [`System::machine`] does not compile
/// for a machine with `previous` or `renamed`, which have no meaning at replay yet.
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
