//! The system: a journal, a clock, and the shards that machines live on.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Machine;
use super::attending::Attended;
use super::builder::Builder;
use super::effects::{DeadLettersPage, EffectKey};
use super::error::SendError;
use super::health::Health;
use super::house::House;
use super::machine_ref::MachineRef;
use super::supervision::{
    MemberRef, Report, ServiceContext, ServiceResult, Supervision, SupervisionError, Supervisor,
};
use crate::journal::{AppendError, CursorError, Journal, MachineId, Position, Tail};

/// How long a shutdown lets effects go on that are under way, unless said otherwise.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(30);

/// Where machines live. Cheap to clone; a clone is the same system.
///
/// It lives while it, a clone or a [`MachineRef`] does. [`shutdown`](Self::shutdown) ends it in
/// order; dropping it ends it too, but tells nobody when it has ended.
#[derive(Clone)]
pub struct System {
    house: Arc<House>,
}

/// What a shutdown left for the next start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The services and supervised machines that were stopped, and how they ended.
    pub services: Report,
    /// Effects that were under way and came to their end.
    pub effects_ended: u64,
    /// Effects that were cut off at the deadline. They are owed, and performed again after the next
    /// start.
    pub effects_cut_off: usize,
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
        Builder::new()
    }

    pub(super) const fn new(house: Arc<House>) -> Self {
        Self { house }
    }

    /// A handle to the machine `id` of kind `F`. Nothing is loaded, and the machine need not
    /// exist. If the journal holds records of the kind that this code cannot read, every use of the
    /// handle is refused with [`SendError::Incompatible`]:
    /// [how a machine changes over the years](super#how-a-machine-changes-over-the-years).
    ///
    /// # Panics
    ///
    /// If another type of the same kind name is in use in this system: their records could not be
    /// told apart. Give one of them `#[fsm(name = "...")]`. And if the kind has effects and the
    /// builder was given nothing that [performs](super::Builder::perform) them.
    #[must_use]
    pub fn machine<F: Machine>(&self, id: impl Into<MachineId>) -> MachineRef<F> {
        self.house.machine(id.into())
    }

    /// The journal that the machines' records are in.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.house.journal
    }

    /// Follows the journal from this position on: all records that are there, of all machines, then
    /// each as it becomes durable. [`Position(1)`](Position) is the first.
    ///
    /// ```
    /// # use fsm_core::{Fsm, System};
    /// # use fsm_core::journal::{Fact, Position};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let system = System::builder().start().await?;
    /// # let gate = system.machine::<Turnstile>("north");
    /// gate.create(()).await?;
    /// let mut tail = system.tail(Position(1));
    /// assert_eq!(tail.next().await?.fact, Fact::Created);
    ///
    /// gate.cast(Event::Coin)?;
    /// let record = tail.next().await?;                        // waits for it
    /// assert_eq!((&*record.machine.id, record.sequence.0), ("north", 2));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn tail(&self, from: Position) -> Tail {
        Tail::new(Arc::clone(&self.house.journal), from)
    }

    /// Follows the journal from behind a cursor on, which the journal keeps under this name: from
    /// the first record on if there is none yet. [`Tail::done`] moves it.
    ///
    /// ```
    /// # use fsm_core::{Fsm, System};
    /// # use fsm_core::journal::MemoryJournal;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let journal = MemoryJournal::new();
    /// # let system = System::builder().journal(journal.clone()).start().await?;
    /// # let gate = system.machine::<Turnstile>("north");
    /// # gate.create(()).await?;
    /// # gate.send(Event::Coin).await?;
    /// let mut tail = system.tail_named("mailer").await?;
    /// let record = tail.next().await?;
    /// tail.done().await?;                                     // survives what a commit survives
    /// # system.shutdown().await?;
    ///
    /// let system = System::builder().journal(journal).start().await?;
    /// let next = system.tail_named("mailer").await?.next().await?;
    /// assert_eq!(next.position, record.position.plus(1));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CursorError`] if the cursor cannot be read, none can have that name, or it stands behind
    /// the end of the journal.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn tail_named(&self, cursor: &str) -> Result<Tail, CursorError> {
        Tail::named(Arc::clone(&self.house.journal), cursor).await
    }

    /// Keeps a service running: something asynchronous that lives as long as the system, such as a
    /// connection or a consumer. `factory` makes the future of each run. When it ends or panics it
    /// is started again as `supervision` says; [`supervision`](super::supervision) is the guide.
    ///
    /// ```
    /// use fsm_core::System;
    /// use fsm_core::runtime::Supervision;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().start().await?;
    /// let feed = system.supervise("feed", Supervision::new(), |context| async move {
    ///     context.stopping().await;                       // or whatever it is that it does
    ///     Ok(())
    /// });
    /// feed.await?;
    /// let report = system.shutdown().await?;              // stops it first
    /// assert!(report.services.is_clean());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SupervisionError`] if there is no such set, the name is taken in it, or there is no room.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have added it.
    pub async fn supervise<C, S>(
        &self,
        name: impl Into<Arc<str>>,
        supervision: Supervision,
        factory: C,
    ) -> Result<MemberRef, SupervisionError>
    where
        C: Fn(ServiceContext) -> S + Send + Sync + 'static,
        S: Future<Output = ServiceResult> + Send + 'static,
    {
        self.house.supervisor.supervise(name, supervision, factory).await
    }

    /// Makes a machine a member of a supervised set: when it panics, the set says who starts again
    /// and when, and until then it refuses with [`SendError::Suspended`]. Its name in the set is
    /// `kind/id`. When it comes to a final state it has finished, so it should be
    /// [`Transient`](super::supervision::Restart::Transient): a permanent member that cannot run
    /// any more makes its set give up.
    ///
    /// # Errors
    ///
    /// [`SupervisionError`] if there is no such set, the machine is a member already, or there is
    /// no room.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may have added it.
    pub async fn supervise_machine<F: Machine>(
        &self,
        machine: &MachineRef<F>,
        supervision: Supervision,
    ) -> Result<MemberRef, SupervisionError> {
        let id = MachineId::from(machine.id());
        let name = format!("{}/{id}", F::TABLE.name);
        let member = Arc::new(Attended::new(self.house.kind::<F>(), id));
        self.house.supervisor.attach(name, supervision, member).await
    }

    /// What keeps services and supervised sets running: add sets to it, and look at its members.
    #[must_use]
    pub fn supervisor(&self) -> &Supervisor {
        &self.house.supervisor
    }

    /// How the system is doing: how many machines are in memory, which are quarantined, what waits
    /// and what was given up.
    ///
    /// ```
    /// # use fsm_core::System;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().start().await?;
    /// assert!(system.health().is_good());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        let mut kinds: Vec<_> = self.house.kinds().iter().map(|kind| kind.health()).collect();
        kinds.sort_by_key(|kind| kind.kind);
        let letters = self.house.dead_letters.lock().unwrap_or_else(PoisonError::into_inner);
        Health { kinds, dead_letters: letters.len() }
    }

    /// The effects that could not be performed, oldest first: a page of at most `letters_max`,
    /// beginning with the one of number `from`; 0 for the first. They wait for
    /// [`resume`](Self::resume).
    ///
    /// After a restart they are found again while the journal is read for what is to be done.
    #[must_use]
    pub fn dead_letters(&self, from: u64, letters_max: NonZeroUsize) -> DeadLettersPage {
        // Nothing panics under the lock.
        let letters = self.house.dead_letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.page(from, letters_max)
    }

    /// Has an effect performed after all that was given up, behind those that its machine owes;
    /// says whether there was such an effect.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is no such machine, or no machine of its kind was used in
    /// this program; or why that could not be journaled.
    ///
    /// # Cancel safety
    ///
    /// Dropped after its first poll, the effect may be performed.
    pub async fn resume(&self, key: &EffectKey) -> Result<bool, SendError> {
        let not_found = || {
            let id = key.machine.to_string();
            // A name for the error must live as long as the program, as those of tables do.
            SendError::NotFound { given: (), kind: "of a kind that was not used yet", id }
        };
        let kind = self.house.kind_named(&key.kind).ok_or_else(not_found)?;
        kind.resume(key).await
    }

    /// Ends the system: [`shutdown_within`](Self::shutdown_within) half a minute.
    ///
    /// # Errors
    ///
    /// As [`shutdown_within`](Self::shutdown_within).
    ///
    /// # Cancel safety
    ///
    /// As [`shutdown_within`](Self::shutdown_within).
    pub async fn shutdown(&self) -> Result<ShutdownReport, ShutdownError> {
        self.shutdown_within(SHUTDOWN_DEADLINE).await
    }

    /// Ends the system: stops services and sets, takes no more commands, carries out and answers
    /// those it has, lets effects that are under way come to their end, saves snapshots, and closes
    /// the journal. Services and effects that have not ended within this time are cut off, and
    /// snapshots that are not saved by then are left out.
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
    pub async fn shutdown_within(&self, within: Duration) -> Result<ShutdownReport, ShutdownError> {
        let deadline = self.house.clock.now().saturating_add(within);
        // Its task is gone only with the tokio runtime, and then so is everything else.
        let services = self.house.supervisor.shutdown(within).await.unwrap_or_default();
        self.house.doors.iter().for_each(|door| door.part(deadline));
        self.house.close();
        let mut report = ShutdownReport { services, ..ShutdownReport::default() };
        let kinds = self.house.kinds();
        let stopping = kinds.iter().map(|kind| kind.stop_effects(deadline));
        for stopped in futures_util::future::join_all(stopping).await.into_iter().flatten() {
            report.effects_ended += stopped.ended;
            report.effects_cut_off += stopped.aborted;
        }
        let mut tasks = self.house.tasks.lock().await;
        let mut ended = Ok(report);
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

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let journal = &self.house.journal;
        f.debug_struct("System")
            .field("journal", journal)
            .field("shards", &self.house.doors.len())
            .finish_non_exhaustive()
    }
}
