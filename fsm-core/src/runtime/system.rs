//! The system: a journal, a clock, and the shards that machines live on.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::{AbortHandle, JoinHandle};

use super::Machine;
use super::awakening::Awakening;
use super::clock::{Clock, SystemClock};
use super::kind::{AnyKind, Kind};
use super::machine_ref::MachineRef;
use super::machines::Machines;
use super::options::MachineOptions;
use super::queue::Queue;
use super::shard::{Door, Shard};
use crate::journal::{AppendError, Journal, MachineId, MemoryJournal};

/// How many commands may wait for one shard's machines of one kind, unless the builder says
/// otherwise: some milliseconds' worth, at the cost of a few hundred kilobytes.
const QUEUE_COMMANDS_MAX: usize = 16_384;

/// Where machines live. Cheap to clone; a clone is the same system.
///
/// It lives while it, a clone or a [`MachineRef`] does. [`shutdown`](Self::shutdown) ends it in
/// order; dropping it ends it too, but tells nobody when it has ended.
#[derive(Clone)]
pub struct System {
    house: Arc<House>,
}

/// How a system is to be: [`System::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    shards: Option<NonZeroUsize>,
    queue_commands_max: NonZeroUsize,
    volatile: bool,
    options: HashMap<TypeId, MachineOptions>,
}

/// Why a system did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no tokio runtime here.
    #[error(
        "a system needs a tokio runtime: start it inside `#[tokio::main]` or `Runtime::block_on`"
    )]
    NoRuntime,
}

/// Why a system did not end in order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// A shard's task panicked. What it had not answered has an unknown outcome.
    #[error("a shard did not end in order: {why}")]
    Shard {
        /// What its task says.
        why: String,
    },
    /// The journal did not close in order.
    #[error("the journal did not close in order: {0}")]
    Journal(#[from] AppendError),
}

/// What all handles of a system share.
struct House {
    journal: Arc<dyn Journal>,
    kinds: RwLock<HashMap<TypeId, Arc<dyn AnyKind>>>,
    doors: Vec<Arc<Door>>,
    /// The shards' tasks that `shutdown` has not seen the end of. Held over the wait on purpose:
    /// a second `shutdown` must not close the journal under shards that still drain.
    tasks: Mutex<Vec<JoinHandle<()>>>,
    queue_commands_max: NonZeroUsize,
    volatile: bool,
    options: HashMap<TypeId, MachineOptions>,
    clock: Arc<dyn Clock>,
    awakening: Arc<Awakening>,
    /// What brings machines back; it has nothing to finish at the end.
    awakeners: StdMutex<Vec<AbortHandle>>,
    runtime: Handle,
}

/// What keeps a system alive.
#[derive(Clone)]
pub(super) struct Lease {
    house: Arc<House>,
}

impl Lease {
    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.house.clock
    }
}

impl System {
    /// A system with a journal in memory, the system's clock and a shard for each core, to be
    /// changed before it starts.
    ///
    /// ```
    /// # use fsm_core::{Fsm, System};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().start().await?;
    /// let gate = system.machine::<Turnstile>("north");
    /// gate.create(()).await?;
    /// let done = gate.send(Event::Coin).await?;
    /// assert_eq!(done.state, Turnstile::Unlocked);
    /// system.shutdown().await?;
    /// # Ok(()) }
    /// ```
    pub fn builder() -> Builder {
        Builder {
            journal: Arc::new(MemoryJournal::new()),
            clock: Arc::new(SystemClock),
            shards: None,
            // 16,384 is not zero.
            queue_commands_max: NonZeroUsize::new(QUEUE_COMMANDS_MAX).unwrap_or(NonZeroUsize::MIN),
            volatile: false,
            options: HashMap::new(),
        }
    }

    /// A handle to the machine `id` of kind `F`. Nothing is loaded, and the machine need not
    /// exist.
    ///
    /// # Panics
    ///
    /// If another type of the same kind name is in use in this system: their records could not be
    /// told apart. Give one of them `#[fsm(name = "...")]`.
    ///
    /// ```compile_fail
    /// # use fsm_core::{Fsm, System};
    /// #[derive(Fsm, Clone, Debug)]
    /// #[fsm(event = Event, version = 2, renamed(Ajar => Opened))]     // not in a `System` yet
    /// enum Door {
    ///     #[fsm(initial)]
    ///     #[on(Open => Opened)]
    ///     Closed,
    ///     Opened,
    /// }
    /// # #[derive(Debug, serde::Serialize, serde::Deserialize)]
    /// # enum Event { Open }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().start().await?;
    /// let door = system.machine::<Door>("front");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn machine<F: Machine>(&self, id: impl Into<MachineId>) -> MachineRef<F> {
        const {
            assert!(
                F::TABLE.is_served(),
                "the runtime does not know `previous` and `renamed` yet; use the machine without \
                 it, through `Fsm::step`"
            );
        }
        let lease = Lease { house: Arc::clone(&self.house) };
        MachineRef::new(id.into(), self.house.kind::<F>(), lease)
    }

    /// The journal that the machines' records are in.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.house.journal
    }

    /// Ends the system: takes no more commands, carries out and answers those it has, and closes
    /// the journal.
    ///
    /// # Errors
    ///
    /// [`ShutdownError`] if a shard or the journal did not end in order; what is journaled is
    /// journaled nevertheless.
    ///
    /// # Cancel safety
    ///
    /// The system ends whether or not the answer is awaited, but the journal is closed only by a
    /// call that is awaited to its end, or when its last owner drops it.
    pub async fn shutdown(&self) -> Result<(), ShutdownError> {
        self.house.close();
        let mut tasks = self.house.tasks.lock().await;
        let mut ended = Ok(());
        while let Some(task) = tasks.last_mut() {
            if let Err(panic) = task.await {
                ended = Err(ShutdownError::Shard { why: panic.to_string() });
            }
            tasks.pop();
        }
        self.house.journal.close().await?;
        ended
    }
}

impl Builder {
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
    /// system. A machine that panics is gone too, and is created anew. For what need not be kept,
    /// such as a simulation, and for measuring what the journal costs.
    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    /// Has the machines of kind `F` live like this.
    pub fn machines<F: Machine>(mut self, options: MachineOptions) -> Self {
        self.options.insert(TypeId::of::<F>(), options);
        self
    }

    /// Reads the time here.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
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

    /// Starts the shards on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError::NoRuntime`] outside a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// A dropped call started nothing.
    #[expect(
        clippy::unused_async,
        reason = "checking stored schemas at start will read the journal"
    )]
    pub async fn start(self) -> Result<System, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let shards = self.shards.unwrap_or_else(cores).get();
        let doors: Vec<_> = (0..shards).map(|_| Arc::new(Door::default())).collect();
        let start = |door: &Arc<Door>| {
            let (door, journal, clock) = (door.clone(), self.journal.clone(), self.clock.clone());
            runtime.spawn(Shard::new(door, journal, clock, self.volatile).run())
        };
        let tasks = Mutex::new(doors.iter().map(start).collect());
        let house = House {
            journal: self.journal,
            kinds: RwLock::default(),
            doors,
            tasks,
            queue_commands_max: self.queue_commands_max,
            volatile: self.volatile,
            options: self.options,
            clock: self.clock,
            awakening: Arc::default(),
            awakeners: StdMutex::default(),
            runtime,
        };
        Ok(System { house: Arc::new(house) })
    }
}

impl House {
    fn kind<F: Machine>(&self) -> Arc<Kind<F>> {
        let known = {
            let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
            kinds.get(&TypeId::of::<F>()).map(|known| Arc::clone(known).into_any())
        };
        let kind = known.unwrap_or_else(|| self.add_kind::<F>());
        // It was stored under the type's own id.
        kind.downcast().unwrap_or_else(|_| unreachable!("a kind is stored under its type"))
    }

    fn add_kind<F: Machine>(&self) -> Arc<dyn std::any::Any + Send + Sync> {
        let mut kinds = self.kinds.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kinds.get(&TypeId::of::<F>()) {
            return Arc::clone(known).into_any();
        }
        let name = F::TABLE.name;
        assert!(
            kinds.values().all(|kind| kind.name() != name),
            "two types of kind `{name}` in one system: give one of them `#[fsm(name = \"...\")]`"
        );
        let capacity = self.queue_commands_max.get();
        let queue = |door: &Arc<Door>| Arc::new(Queue::new(capacity, Arc::clone(&door.bell)));
        let queues: Vec<_> = self.doors.iter().map(queue).collect();
        let options = self.options.get(&TypeId::of::<F>()).cloned().unwrap_or_default();
        let journal = Arc::clone(&self.journal);
        let kind = Kind::<F>::new(journal, queues.clone(), options, None, self.volatile);
        let (kind, now) = (Arc::new(kind), self.clock.now());
        for (door, queue) in self.doors.iter().zip(queues) {
            let admitted =
                door.admit(Box::new(Machines::new(Arc::clone(&kind), Arc::clone(&queue), now)));
            if !admitted {
                queue.close();
            }
        }
        kinds.insert(TypeId::of::<F>(), Arc::clone(&kind) as Arc<dyn AnyKind>);
        if !self.volatile {
            let awakening = Arc::clone(&self.awakening);
            let awaken = awakening.awaken(Arc::clone(&kind), Arc::clone(&self.clock));
            let awakener = self.runtime.spawn(awaken).abort_handle();
            self.awakeners.lock().unwrap_or_else(PoisonError::into_inner).push(awakener);
        }
        kind
    }

    fn close(&self) {
        let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
        kinds.values().for_each(|kind| kind.close());
        let awakeners = self.awakeners.lock().unwrap_or_else(PoisonError::into_inner);
        awakeners.iter().for_each(AbortHandle::abort);
        drop(awakeners);
        self.doors.iter().for_each(|door| door.close());
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let journal = &self.house.journal;
        f.debug_struct("System")
            .field("journal", journal)
            .field("shards", &self.house.doors.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}
