//! What all handles of a system share: its kinds, its shards, and the way to end them.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock, Weak};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::{AbortHandle, JoinHandle};

use super::Machine;
use super::any_machines::OwnedLane;
use super::awakening::Awakening;
use super::clock::Clock;
use super::effects::{DeadLetters, Workers};
use super::kind::{AnyKind, Kind, Surroundings};
use super::lane::Lane;
use super::machine_ref::MachineRef;
use super::machines::Machines;
use super::options::MachineOptions;
use super::post::{Mail, Post};
use super::random::Random;
use super::shard::Door;
use super::supervision::Supervisor;
use crate::journal::{Journal, MachineId};

/// What makes the workers of a kind, once there is a runtime to work on: a `Box<MakeWorkers<F>>`,
/// under the type of `F`.
pub(super) type Handlers = HashMap<TypeId, Box<dyn Any + Send + Sync>>;

/// What all handles of a system share.
pub(super) struct House {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    random: Arc<Random>,
    kinds: RwLock<HashMap<TypeId, Arc<dyn AnyKind>>>,
    pub(super) doors: Vec<Arc<Door>>,
    /// The shards' tasks that `shutdown` has not seen the end of. Held over the wait on purpose:
    /// a second `shutdown` must not close the journal under shards that still drain.
    pub(super) tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Effects of all kinds that could not be performed.
    pub(super) dead_letters: Arc<StdMutex<DeadLetters>>,
    /// What keeps services and sets running.
    pub(super) supervisor: Supervisor,
    queue_commands_max: NonZeroUsize,
    volatile: bool,
    options: HashMap<TypeId, MachineOptions>,
    handlers: Handlers,
    awakening: Arc<Awakening>,
    /// What brings machines back; it has nothing to finish at the end.
    awakeners: StdMutex<Vec<AbortHandle>>,
    /// Says that the system ends.
    closing: watch::Sender<bool>,
    runtime: Handle,
    itself: Weak<Self>,
}

/// What a builder gives a house.
pub(super) struct Plan {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<Random>,
    pub(super) doors: Vec<Arc<Door>>,
    pub(super) tasks: Vec<JoinHandle<()>>,
    pub(super) queue_commands_max: NonZeroUsize,
    pub(super) volatile: bool,
    pub(super) options: HashMap<TypeId, MachineOptions>,
    pub(super) handlers: Handlers,
    pub(super) dead_letters_max: NonZeroUsize,
    pub(super) supervisor: Supervisor,
    pub(super) runtime: Handle,
}

/// What keeps a system alive.
#[derive(Clone)]
pub(super) struct Lease {
    house: Arc<House>,
}

impl House {
    pub(super) fn new(plan: Plan) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            journal: plan.journal,
            clock: plan.clock,
            random: Arc::clone(&plan.random),
            kinds: RwLock::default(),
            doors: plan.doors,
            tasks: Mutex::new(plan.tasks),
            dead_letters: Arc::new(StdMutex::new(DeadLetters::new(plan.dead_letters_max))),
            supervisor: plan.supervisor,
            queue_commands_max: plan.queue_commands_max,
            volatile: plan.volatile,
            options: plan.options,
            handlers: plan.handlers,
            awakening: Arc::new(Awakening::new(plan.random)),
            awakeners: StdMutex::default(),
            closing: watch::Sender::new(false),
            runtime: plan.runtime,
            itself: itself.clone(),
        })
    }

    /// A handle to a machine.
    pub(super) fn machine<F: Machine>(self: &Arc<Self>, id: MachineId) -> MachineRef<F> {
        MachineRef::new(id, self.kind::<F>(), Lease { house: Arc::clone(self) })
    }

    /// The kind of this name, if it was used.
    pub(super) fn kind_named(&self, name: &str) -> Option<Arc<dyn AnyKind>> {
        let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
        kinds.values().find(|kind| kind.name() == name).cloned()
    }

    /// All kinds that were used, by name.
    pub(super) fn kinds(&self) -> Vec<Arc<dyn AnyKind>> {
        let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
        let mut kinds: Vec<_> = kinds.values().cloned().collect();
        // The map's own order is a different one each time.
        kinds.sort_by_key(|kind| kind.name());
        kinds
    }

    /// The kind `F`, which begins to be used if it was not.
    ///
    /// # Panics
    ///
    /// As [`System::machine`](super::System::machine).
    pub(super) fn kind<F: Machine>(&self) -> Arc<Kind<F>> {
        let known = {
            let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
            kinds.get(&TypeId::of::<F>()).map(|known| Arc::clone(known).into_any())
        };
        let kind = known.unwrap_or_else(|| self.add_kind::<F>());
        // It was stored under the type's own id.
        kind.downcast().unwrap_or_else(|_| unreachable!("a kind is stored under its type"))
    }

    fn add_kind<F: Machine>(&self) -> Arc<dyn Any + Send + Sync> {
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
        let lane = |door: &Arc<Door>| Arc::new(Lane::new(capacity, Arc::clone(&door.bell)));
        let lanes: Vec<_> = self.doors.iter().map(lane).collect();
        let kind = Arc::new(Kind::<F>::new(lanes.clone(), self.surroundings::<F>()));
        let now = self.clock.now();
        for (door, lane) in self.doors.iter().zip(lanes) {
            lane.open(Machines::new(Arc::clone(&kind), Arc::clone(&lane), now));
            // A shard that takes nothing in any more drops what it is given, which ends it.
            let _ = door.admit(Box::new(OwnedLane::new(lane)));
        }
        kinds.insert(TypeId::of::<F>(), Arc::clone(&kind) as Arc<dyn AnyKind>);
        if !self.volatile {
            let awaken = Arc::clone(&self.awakening).awaken(Arc::clone(&kind));
            let awakener = self.runtime.spawn(awaken).abort_handle();
            self.awakeners.lock().unwrap_or_else(PoisonError::into_inner).push(awakener);
        }
        kind
    }

    fn surroundings<F: Machine>(&self) -> Surroundings<F> {
        let kind = TypeId::of::<F>();
        let make = self.handlers.get(&kind).and_then(|handler| handler.downcast_ref());
        let make: Option<&MakeWorkers<F>> = make;
        let workers =
            make.map(|make| make(Arc::clone(&self.clock), &self.random, self.runtime.clone()));
        assert!(
            workers.is_some() || !Kind::<F>::has_effects(),
            "nothing performs the effects of `{}`: give the builder a handler with `perform`",
            F::TABLE.name
        );
        let (post, random) = (Post::new(self.itself.clone()), Arc::clone(&self.random));
        Surroundings {
            journal: Arc::clone(&self.journal),
            clock: Arc::clone(&self.clock),
            options: self.options.get(&kind).cloned().unwrap_or_default(),
            workers,
            mail: Mail::new(post, Arc::clone(&self.clock), random, self.closing.subscribe()),
            dead_letters: Arc::clone(&self.dead_letters),
            volatile: self.volatile,
        }
    }

    /// Takes no more commands, and has the shards end once those they have are carried out.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
        self.kinds().iter().for_each(|kind| kind.close());
        let awakeners = self.awakeners.lock().unwrap_or_else(PoisonError::into_inner);
        awakeners.iter().for_each(AbortHandle::abort);
        drop(awakeners);
        self.doors.iter().for_each(|door| door.close());
    }
}

/// Makes the workers of a kind.
pub(super) type MakeWorkers<F> =
    Box<dyn Fn(Arc<dyn Clock>, &Arc<Random>, Handle) -> Workers<F> + Send + Sync>;

impl Lease {
    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.house.clock
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}
