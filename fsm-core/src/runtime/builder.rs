//! How a system is to be, and its start.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use tokio::runtime::Handle;

use super::Machine;
use super::clock::{Clock, SystemClock};
use super::effects::{Perform, PerformOptions, Workers};
use super::evolution::Incompatible;
use super::house::{Handlers, House, MakeWorkers, Plan};
use super::options::MachineOptions;
use super::random::Random;
use super::shard::{Door, Shard};
use super::supervision::Supervisor;
use super::system::System;
use crate::journal::{Journal, MemoryJournal};

/// How many commands may wait for one shard's machines of one kind, unless the builder says
/// otherwise: some milliseconds' worth, at the cost of a few hundred kilobytes.
const QUEUE_COMMANDS_MAX: usize = 16_384;
/// How many dead letters are at hand, unless the builder says otherwise. The journal has them all.
const DEAD_LETTERS_MAX: usize = 10_000;

/// How a system is to be: [`System::builder`].
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    seed: Option<u64>,
    shards: Option<NonZeroUsize>,
    queue_commands_max: NonZeroUsize,
    dead_letters_max: NonZeroUsize,
    volatile: bool,
    options: HashMap<TypeId, MachineOptions>,
    handlers: Handlers,
    /// Kinds to be brought back at the start, in this order.
    kinds: Vec<BringBack>,
}

/// Brings a kind's machines back, if this code can read them.
type BringBack = fn(&House) -> Result<(), Box<Incompatible>>;

/// Why a system did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no tokio runtime here.
    #[error(
        "a system needs a tokio runtime: start it inside `#[tokio::main]` or `Runtime::block_on`"
    )]
    NoRuntime,
    /// What the journal holds of one of the kinds that the builder names does not fit this code.
    #[error(transparent)]
    Incompatible(#[from] Box<Incompatible>),
}

impl Builder {
    pub(super) fn new() -> Self {
        // Neither is zero.
        let limit = |limit| NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN);
        Self {
            journal: Arc::new(MemoryJournal::new()),
            clock: Arc::new(SystemClock),
            seed: None,
            shards: None,
            queue_commands_max: limit(QUEUE_COMMANDS_MAX),
            dead_letters_max: limit(DEAD_LETTERS_MAX),
            volatile: false,
            options: HashMap::new(),
            handlers: HashMap::new(),
            kinds: Vec::new(),
        }
    }

    /// Keeps the records here.
    pub fn journal(mut self, journal: impl Journal) -> Self {
        self.journal = Arc::new(journal);
        self
    }

    /// Keeps the records here, in a journal that the caller goes on using.
    pub fn shared_journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = journal;
        self
    }

    /// Journals nothing: machines live in memory only, have no history, and are gone with the
    /// system. For what need not be kept, such as a connection or a simulation.
    ///
    /// Nobody waits for a journal then, so a sender may let a machine take its event itself, in the
    /// poll of the send or in a cast, while the shard has nothing to do. Order and promises are the
    /// same; guards and actions, which wait for nothing, run on the sender's thread.
    ///
    /// A machine that panics is gone, since there is nothing that it could start again from; so is
    /// one that has ended, once some thousand others have. Both can be created anew. An effect that
    /// was given up cannot be resumed.
    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Has the machines of kind `F` live like this, and brings those back at the start that have
    /// something to do. Without it they are brought back when the kind is first used.
    pub fn machines<F: Machine>(mut self, options: MachineOptions) -> Self {
        self.options.insert(TypeId::of::<F>(), options);
        self.bring_back::<F>();
        self
    }

    /// Has this handler perform the effects of the machines of kind `F`, and brings those back at
    /// the start that owe some. [`effects`](super::effects) says what is promised.
    ///
    /// ```
    /// use fsm_core::runtime::{PerformOptions, effects::perform_fn};
    /// # use fsm_core::{Fsm, System};
    /// # use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Fsm, Clone, Debug, PartialEq)]
    /// #[fsm(event = Event, effect = Charge)]
    /// enum Order {
    ///     #[fsm(initial)]
    ///     #[on(Pay => Paying / Charge { cents: 500 })]
    ///     Cart,
    ///     #[on(Charged => Paid)]
    ///     Paying,
    ///     #[fsm(final)]
    ///     Paid,
    /// }
    ///
    /// #[derive(Debug, Serialize, Deserialize)]
    /// enum Event { Pay, Charged }
    ///
    /// #[derive(Clone, Debug)]
    /// struct Charge { cents: u64 }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let bank = perform_fn(|_key, charge: Charge| async move {
    ///     assert_eq!(charge.cents, 500);                       // ask the bank
    ///     Ok(Some(Event::Charged))
    /// });
    /// let system = System::builder().perform::<Order>(bank, PerformOptions::new()).start().await?;
    /// let order = system.machine::<Order>("order-42");
    /// order.create(()).await?;
    /// let mut watch = order.watch().await?;
    /// order.send(Event::Pay).await?;
    /// while !order.state().await?.completed {
    ///     watch.next().await;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn perform<F: Machine>(
        mut self,
        handler: impl Perform<F>,
        options: PerformOptions,
    ) -> Self {
        let handler = Arc::new(handler);
        let make: MakeWorkers<F> = Box::new(move |clock, random, runtime| {
            let (handler, random) = (Arc::clone(&handler), Arc::clone(random));
            Workers::with_random(handler, options.clone(), clock, runtime, random)
        });
        self.handlers.insert(TypeId::of::<F>(), Box::new(make));
        self.bring_back::<F>();
        self
    }

    /// Keeps this many dead letters at hand, the last ones; 10,000 unless said. The journal has
    /// them all.
    pub const fn dead_letters_max(mut self, letters: NonZeroUsize) -> Self {
        self.dead_letters_max = letters;
        self
    }

    fn bring_back<F: Machine>(&mut self) {
        let kind: BringBack = |house| house.kind::<F>().fits();
        if !self.kinds.iter().any(|known| std::ptr::fn_addr_eq(*known, kind)) {
            self.kinds.push(kind);
        }
    }

    /// Reads the time here.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Draws what is left to chance from this seed; from one of the operating system's unless said.
    /// For tests: on a tokio runtime of one thread and with a [`ManualClock`](super::ManualClock),
    /// what happens, and in which order, is the same again with the same seed.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Runs this many shards; one a core unless said.
    pub const fn shards(mut self, shards: NonZeroUsize) -> Self {
        self.shards = Some(shards);
        self
    }

    /// Lets this many commands wait for one shard's machines of one kind before
    /// [`Overloaded`](super::SendError::Overloaded) is answered; 16,384 unless said.
    pub const fn queue_commands_max(mut self, commands: NonZeroUsize) -> Self {
        self.queue_commands_max = commands;
        self
    }

    /// Starts the shards on the current tokio runtime, which must have its timers enabled
    /// (`enable_time`): timers, retries, timeouts and the saving of snapshots at shutdown use them.
    ///
    /// # Errors
    ///
    /// [`StartError::NoRuntime`] outside a tokio runtime, and [`StartError::Incompatible`] if the
    /// journal holds records of a kind that was named which this code cannot read.
    ///
    /// # Panics
    ///
    /// As [`System::machine`], for the kinds that were named.
    ///
    /// # Cancel safety
    ///
    /// A dropped call started nothing.
    #[expect(clippy::unused_async, reason = "what is read at the start may come to be waited for")]
    pub async fn start(self) -> Result<System, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let random = Arc::new(self.seed.map_or_else(Random::unseeded, Random::seeded));
        let supervisor = Supervisor::builder(Arc::clone(&self.clock)).seed(random.number()).start();
        let supervisor = supervisor.map_err(|_| StartError::NoRuntime)?;
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let shards = self.shards.unwrap_or_else(cores).get();
        let doors: Vec<_> = (0..shards).map(|_| Arc::new(Door::default())).collect();
        let start = |door: &Arc<Door>| {
            let (door, journal, clock) = (door.clone(), self.journal.clone(), self.clock.clone());
            runtime.spawn(Shard::new(door, journal, clock, self.volatile).run())
        };
        let tasks = doors.iter().map(start).collect();
        let house = House::new(Plan {
            journal: self.journal,
            clock: self.clock,
            random,
            doors,
            tasks,
            queue_commands_max: self.queue_commands_max,
            volatile: self.volatile,
            options: self.options,
            handlers: self.handlers,
            dead_letters_max: self.dead_letters_max,
            supervisor,
            runtime,
        });
        self.kinds.iter().try_for_each(|kind| kind(&house))?;
        Ok(System::new(house))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("journal", &self.journal)
            .field("clock", &self.clock)
            .field("seed", &self.seed)
            .field("shards", &self.shards)
            .field("volatile", &self.volatile)
            .finish_non_exhaustive()
    }
}
