//! The handle to a machine.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::Machine;
use super::answer::Snapshot;
use super::clock::Clock;
use super::command::{Command, Order};
use super::error::{SendError, Why};
use super::house::Lease;
use super::kind::Kind;
use super::lane::Lane;
use super::machines::Machines;
use super::seat::KnownSeat;
use super::sending::{Creating, Sending};
use super::watch::Watch;
use crate::journal::{MachineId, Sequence};
use crate::machine::{Decision, Moment, Timestamp};

/// A handle to a machine, whether or not it is in memory, and whether or not it exists.
///
/// Cheap to clone. The first command brings the machine to memory by replaying its records. What
/// one handle sends is taken in the order in which it was sent.
pub struct MachineRef<F: Machine> {
    id: MachineId,
    kind: Arc<Kind<F>>,
    pub(super) lane: Arc<Lane<Command<F>, Machines<F>>>,
    /// Where the machine sits in the lane, as far as that is known.
    pub(super) seat: KnownSeat,
    lease: Lease,
}

/// Names an event that is to be sent later: [`MachineRef::send_after`] gives it, and
/// [`MachineRef::cancel`] takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScheduleId(Sequence);

impl<F: Machine> MachineRef<F> {
    pub(super) fn new(id: MachineId, kind: Arc<Kind<F>>, lease: Lease) -> Self {
        let lane = Arc::clone(kind.lane(&id));
        Self { id, kind, lane, seat: KnownSeat::default(), lease }
    }

    /// The machine's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Creates the machine in its initial state with this context. The answer is durable.
    ///
    /// # Errors
    ///
    /// [`SendError::AlreadyExists`], with the context, if there is one; or why it could not be
    /// journaled.
    pub const fn create(&self, context: F::Context) -> Creating<'_, F> {
        Creating::new(self, context)
    }

    /// The machine as it is, if there is one; otherwise creates it with the context that `make`
    /// makes.
    ///
    /// # Errors
    ///
    /// Why it can neither be read nor created.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the machine may have been created.
    pub async fn create_with(
        &self,
        make: impl FnOnce() -> F::Context,
    ) -> Result<Snapshot<F, F::Context>, SendError<F::Context>> {
        match self.state().await {
            Ok(seen) => return Ok(seen),
            Err(SendError::NotFound { .. }) => {}
            Err(error) => return Err(error.with_given(make)),
        }
        match self.create(make()).await {
            // Somebody else was quicker.
            Err(SendError::AlreadyExists { given, .. }) => {
                self.state().await.map_err(|error| error.with_given(|| given))
            }
            created => created,
        }
    }

    /// Sends an event and waits until what it did is durable.
    ///
    /// ```
    /// # use fsm_core::{Fsm, System, SendError};
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
    /// let gate = system.machine::<Turnstile>("north");
    /// gate.create(()).await?;
    /// let refused = gate.send(Event::Push).await.unwrap_err();
    /// assert_eq!(refused.to_string(), "rejected in state `Locked`: no row takes `Push` here");
    /// assert!(matches!(refused, SendError::Rejected { given: Event::Push, .. }));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::Rejected`], with the event, if no row takes it; or why it was not carried out.
    pub const fn send(&self, event: F::Event) -> Sending<'_, F> {
        Sending::new(self, event)
    }

    /// Sends an event and does not wait. Nobody hears whether it was taken.
    ///
    /// # Errors
    ///
    /// [`SendError::Overloaded`] or [`SendError::ShuttingDown`], with the event, if it was not even
    /// queued.
    pub fn cast(&self, event: F::Event) -> Result<(), SendError<F::Event>> {
        self.push_event(event, None)
    }

    /// [`cast`](Self::cast) that waits while the queue is full, and for nothing else: for a
    /// producer that is faster than its machines.
    ///
    /// ```
    /// # use fsm_core::{Fsm, System};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event, context = Count)]
    /// # enum Gate {
    /// #     #[fsm(initial)] #[on(Pass => _ / add())] #[on(Close => Closed)] Open,
    /// #     #[fsm(final)] Closed,
    /// # }
    /// # #[derive(Clone, Debug, Default, Serialize, Deserialize)] struct Count { passed: u32 }
    /// # impl Count { fn add(&mut self) { self.passed += 1; } }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Pass, Close }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let system = System::builder().start().await?;
    /// # let gate = system.machine::<Gate>("north");
    /// # gate.create(Count::default()).await?;
    /// for _ in 0..100_000 {
    ///     gate.cast_when_ready(Event::Pass).await?;
    /// }
    /// assert_eq!(gate.state().await?.context.passed, 100_000);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::ShuttingDown`], with the event, if the system ends.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, nothing was queued.
    pub async fn cast_when_ready(&self, event: F::Event) -> Result<(), SendError<F::Event>> {
        let mut refused = self.cast(event);
        while let Err(SendError::Overloaded { given }) = refused {
            let emptied = pin!(self.lane.emptied());
            // What is taken out after this look is not missed.
            refused = self.cast(given);
            if let Err(SendError::Overloaded { .. }) = refused {
                emptied.await;
            }
        }
        refused
    }

    /// The machine as it is now, durably.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is none; or why it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn state(&self) -> Result<Snapshot<F, F::Context>, SendError> {
        self.ask(|answer| Order::State { answer }).await
    }

    /// Stops the machine for good: journaled, and whatever is sent afterwards is refused as
    /// [`SendError::Completed`].
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is none, [`SendError::Completed`] if it has ended; or why
    /// that could not be journaled.
    ///
    /// # Cancel safety
    ///
    /// Dropped after its first poll, the machine is still stopped.
    pub async fn stop(&self) -> Result<Snapshot<F, F::Context>, SendError> {
        self.ask(|answer| Order::Stop { answer }).await
    }

    /// Sends an event once so much time has passed: a timer that survives restarts. The answer,
    /// which is durable, can call it back.
    ///
    /// What the event does when its time has come, nobody is told; [`watch`](Self::watch) and
    /// [`history`](Self::history) tell. If no row takes it then, it is dropped, and its history
    /// says so. A machine that has ended forgets it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use fsm_core::{Fsm, System};
    /// # use fsm_core::runtime::ManualClock;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = ManualClock::default();
    /// let system = System::builder().clock(clock.clone()).start().await?;
    /// let gate = system.machine::<Turnstile>("north");
    /// gate.create(()).await?;
    /// gate.send_after(Event::Coin, Duration::from_secs(60)).await?;
    /// let mut watch = gate.watch().await?;
    ///
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(watch.next().await.unwrap()?.state, Turnstile::Unlocked);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::Full`], with the event, if the machine has scheduled as many as it may; or why
    /// that could not be journaled.
    ///
    /// # Cancel safety
    ///
    /// Dropped after its first poll, the event may still be sent.
    pub async fn send_after(
        &self,
        event: F::Event,
        delay: Duration,
    ) -> Result<ScheduleId, SendError<F::Event>> {
        self.send_at(event, self.clock().now().saturating_add(delay)).await
    }

    /// Sends an event at this time, or at once if that has passed; otherwise as
    /// [`send_after`](Self::send_after).
    ///
    /// # Errors
    ///
    /// As [`send_after`](Self::send_after).
    ///
    /// # Cancel safety
    ///
    /// As [`send_after`](Self::send_after).
    pub async fn send_at(
        &self,
        event: F::Event,
        due: Timestamp,
    ) -> Result<ScheduleId, SendError<F::Event>> {
        let (answer, answered) = oneshot::channel();
        let pushed = self.push(None, Order::Schedule { event, due, answer });
        pushed.map_err(|(unqueued, order)| unqueued.refuse(order.event()))?;
        answered.await.unwrap_or(Err(SendError::Unanswered)).map(ScheduleId)
    }

    /// Calls back an event that was to be sent later; says whether it came in time.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is no such machine; or why that could not be journaled.
    ///
    /// # Cancel safety
    ///
    /// Dropped after its first poll, the event may be called back.
    pub async fn cancel(&self, scheduled: ScheduleId) -> Result<bool, SendError> {
        self.ask(|answer| Order::Unschedule { scheduled: scheduled.0, answer }).await
    }

    /// The machine's transitions from now on, each once it is durable.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is no such machine; or why it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn watch(&self) -> Result<Watch<F>, SendError> {
        let watched = self.ask(|answer| Order::Watch { answer }).await?;
        Ok(Watch::new(watched, self.clone()))
    }

    /// Whether the machine, as it is now, would take the event.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is no such machine; or why it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn can(&self, event: &F::Event) -> Result<bool, SendError> {
        self.why_not(event).await.map(|why| why.is_none())
    }

    /// Why the machine, as it is now, would not take the event; `None` if it would take it, or keep
    /// it until its state changes.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is no such machine, [`SendError::Completed`] if it takes
    /// nothing any more; or why it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn why_not(&self, event: &F::Event) -> Result<Option<Why>, SendError> {
        let Snapshot { state, context, completed, .. } = self.state().await?;
        if completed {
            let state = F::TABLE.state(state.state_id()).name;
            return Err(SendError::Completed { given: (), state });
        }
        let moment = Moment { now: self.clock().now(), id: self.id() };
        Ok(match state.decide(&context, event, moment) {
            Decision::Take(_) | Decision::Ignore(_) | Decision::Defer => None,
            Decision::Refuse | Decision::RefuseQuietly => {
                let name = F::TABLE.event(F::event_id(event));
                Some(Why::of::<F>(name, &state.candidates(event)))
            }
        })
    }

    /// Gives a quarantined machine another chance: it is read back. Says whether it was
    /// quarantined.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is no such machine; or why it cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropped after its first poll, the machine may be released.
    pub async fn release(&self) -> Result<bool, SendError> {
        self.ask(|answer| Order::Release { answer }).await
    }

    pub(super) async fn ask<A>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<A, SendError>>) -> Order<F>,
    ) -> Result<A, SendError> {
        let (answer, answered) = oneshot::channel();
        self.push(None, order(answer)).map_err(|(unqueued, _)| unqueued.refuse(()))?;
        answered.await.unwrap_or(Err(SendError::Unanswered))
    }

    pub(super) const fn machine_id(&self) -> &MachineId {
        &self.id
    }

    pub(super) fn kind(&self) -> &Kind<F> {
        &self.kind
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        self.lease.clock()
    }

    pub(super) fn not_found(&self) -> SendError {
        SendError::NotFound { given: (), kind: F::TABLE.name, id: self.id.to_string() }
    }
}

impl<F: Machine> Clone for MachineRef<F> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            kind: Arc::clone(&self.kind),
            lane: Arc::clone(&self.lane),
            seat: self.seat.clone(),
            lease: self.lease.clone(),
        }
    }
}

impl<F: Machine> fmt::Debug for MachineRef<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MachineRef")
            .field("kind", &F::TABLE.name)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
