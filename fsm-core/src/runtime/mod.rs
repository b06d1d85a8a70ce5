//! The runtime: machines as supervised, durable actors.
//!
//! A [`System`] runs a fixed number of shards. A shard is one task; it owns the machines that hash
//! to it. Deciding and applying are synchronous and pure, so a machine needs no task of its own,
//! and a shard hands the records of all its machines to the journal together.
//!
//! # The life of an event
//!
//! 1. [`MachineRef::send`] puts it in the queue of the machine's shard.
//! 2. If the machine is not in memory, its records are read and replayed; the event waits.
//! 3. The guards are asked, the row is taken, the action runs, all in memory.
//! 4. The record goes to the journal with those of the other machines of the shard.
//! 5. When the journal has it, durably, the sender is answered. Nobody sees the new state before.
//!
//! # What it promises
//!
//! * One event at a time for each machine; those of one sender in the order in which they were
//!   sent.
//! * An answered send is in the journal, as durable as the journal is.
//! * A panic in a guard or an action harms that machine's event only: the sender is answered
//!   [`SendError::Crashed`], nothing is journaled, and the machine starts again from its journal.
//! * If the journal fails, senders get the error, and the machines it concerns are read again.
//! * Every queue is bounded; a full one answers [`SendError::Overloaded`].

mod answer;
mod any_machines;
mod awakening;
mod builder;
mod carrying;
mod clock;
mod command;
mod duties;
pub mod effects;
mod error;
mod fairness;
mod gathering;
mod history;
mod holding;
mod house;
mod kind;
mod live;
mod machine_ref;
mod machines;
mod message;
mod options;
mod panic;
mod performing;
mod post;
mod queue;
mod recovering;
mod replay;
mod running;
mod sending;
mod shard;
mod slot;
mod stopping;
mod system;
mod timing;
mod watch;
mod wheel;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::machine::Fsm;

pub use answer::{Entry, Happened, Snapshot, Transition};
pub use builder::{Builder, StartError};
pub use clock::{Clock, ManualClock, SystemClock};
pub use effects::{EffectKey, Perform, PerformError, PerformOptions};
pub use error::{SendError, Why};
pub use machine_ref::{MachineRef, ScheduleId};
pub use message::Spawning;
pub use options::{Intensity, MachineOptions};
pub use replay::ReplayError;
pub use sending::{Creating, Sending};
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
