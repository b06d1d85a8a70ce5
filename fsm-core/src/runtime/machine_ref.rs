//! The handle to a machine.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use super::Machine;
use super::answer::{Entry, Happened, Snapshot};
use super::command::{Answered, Command, Created, Order, Sent};
use super::error::{SendError, Unavailable};
use super::kind::Kind;
use super::queue::{Queue, Unqueued};
use super::replay::decode_event;
use super::system::Lease;
use crate::journal::{Fact, MachineId, MachineKey, Record, Sequence};
use crate::machine::Timestamp;

/// A handle to a machine, whether or not it is in memory, and whether or not it exists.
///
/// Cheap to clone. The first command brings the machine to memory by replaying its records. What
/// one handle sends is taken in the order in which it was sent.
pub struct MachineRef<F: Machine> {
    id: MachineId,
    kind: Arc<Kind<F>>,
    queue: Arc<Queue<Command<F>>>,
    lease: Lease,
}

/// A send on its way: await it. [`MachineRef::send`] makes it.
///
/// # Cancel safety
///
/// Nothing is sent before the first poll. Dropped after that, the event is still taken; only its
/// answer is lost.
#[must_use = "nothing is sent until it is awaited"]
#[derive(Debug)]
pub struct Sending<'a, F: Machine> {
    machine: &'a MachineRef<F>,
    event: Option<F::Event>,
    at: Option<Timestamp>,
    answer: Option<oneshot::Receiver<Sent<F>>>,
}

/// A creation on its way: await it. [`MachineRef::create`] makes it.
///
/// # Cancel safety
///
/// Nothing is created before the first poll. Dropped after that, the machine is still created;
/// only the answer is lost.
#[must_use = "nothing is created until it is awaited"]
#[derive(Debug)]
pub struct Creating<'a, F: Machine> {
    machine: &'a MachineRef<F>,
    context: Option<F::Context>,
    at: Option<Timestamp>,
    answer: Option<oneshot::Receiver<Created<F>>>,
}

impl<F: Machine> MachineRef<F> {
    pub(super) fn new(id: MachineId, kind: Arc<Kind<F>>, lease: Lease) -> Self {
        let queue = kind.queue(&id);
        Self { id, kind, queue, lease }
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
        Creating { machine: self, context: Some(context), at: None, answer: None }
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
        Sending { machine: self, event: Some(event), at: None, answer: None }
    }

    /// Sends an event and does not wait. Nobody hears whether it was taken.
    ///
    /// # Errors
    ///
    /// [`SendError::Overloaded`] or [`SendError::ShuttingDown`], with the event, if it was not even
    /// queued.
    pub fn cast(&self, event: F::Event) -> Result<(), SendError<F::Event>> {
        let pushed = self.push(None, Order::Send { event, answer: None });
        pushed.map_err(|unqueued| unqueued.into_error(Command::event))
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

    /// Everything that happened to the machine, durably, oldest first.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is none; or why its records cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn history(&self) -> Result<Vec<Entry<F::Event>>, SendError> {
        let key = self.kind.key(self.id.clone()).await?;
        let mut entries = Vec::new();
        loop {
            let from = Sequence(entries.len() as u64 + 1);
            let page = self.kind.page(&key, from).await?;
            for record in &page {
                entries.push(self.entry(record)?);
            }
            if Kind::<F>::is_last(&page) {
                break;
            }
        }
        if entries.is_empty() { Err(self.not_found()) } else { Ok(entries) }
    }

    /// The machine as it was at this time: what its records up to then, that one included, make.
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if it did not exist then; or why its records cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it changes nothing.
    pub async fn at(&self, time: Timestamp) -> Result<Snapshot<F, F::Context>, SendError> {
        let key: MachineKey = self.kind.key(self.id.clone()).await?;
        let machine = self.kind.replay(&key, |record| record.time <= time).await?;
        machine.ok_or_else(|| self.not_found())
    }

    fn entry(&self, record: &Record) -> Result<Entry<F::Event>, Unavailable> {
        let translation = self.kind.translation(record)?;
        let stored = translation.stored();
        let name = |name: Option<&str>| name.unwrap_or("?").to_owned();
        let happened = match record.fact {
            Fact::Created => Happened::Created { state: F::TABLE.initial().name.to_owned() },
            Fact::Transition { row, state } => {
                let event = decode_event::<F>(record, row, &translation)?;
                let stored_row = stored.row(row);
                Happened::Transition {
                    from: name(stored_row.and_then(|row| stored.source(row))),
                    to: name(stored.state(state)),
                    label: stored_row.and_then(|row| row.label.clone()),
                    event,
                }
            }
            Fact::Stopped => Happened::Stopped,
        };
        let (sequence, position, time) = (record.sequence, record.position, record.time);
        Ok(Entry { sequence, position, time, happened })
    }

    async fn ask(
        &self,
        order: impl FnOnce(oneshot::Sender<Answered<F>>) -> Order<F>,
    ) -> Answered<F> {
        let (answer, answered) = oneshot::channel();
        self.push(None, order(answer)).map_err(|unqueued| unqueued.into_error(drop))?;
        answered.await.unwrap_or(Err(SendError::Unanswered))
    }

    fn push(&self, at: Option<Timestamp>, order: Order<F>) -> Result<(), Unqueued<Command<F>>> {
        self.queue.push(Command { id: self.id.clone(), at, order })
    }

    fn not_found(&self) -> SendError {
        SendError::NotFound { given: (), kind: F::TABLE.name, id: self.id.to_string() }
    }
}

impl<F: Machine> Sending<'_, F> {
    /// Sends the event as one of this time: `now` is this time in its row, and in its record. For
    /// events that have their time from elsewhere, such as an imported log.
    ///
    /// The time must not lie before that of the machine's last record.
    pub const fn at(mut self, time: Timestamp) -> Self {
        self.at = Some(time);
        self
    }
}

impl<F: Machine> Creating<'_, F> {
    /// Creates the machine as of this time.
    pub const fn at(mut self, time: Timestamp) -> Self {
        self.at = Some(time);
        self
    }
}

impl<F: Machine> Command<F> {
    fn event(self) -> F::Event {
        match self.order {
            Order::Send { event, .. } => event,
            _ => unreachable!("only the command that was pushed comes back"),
        }
    }

    fn context(self) -> F::Context {
        match self.order {
            Order::Create { context, .. } => context,
            _ => unreachable!("only the command that was pushed comes back"),
        }
    }
}

impl<F: Machine> Unqueued<Command<F>> {
    /// The refusal, with what the command was given.
    fn into_error<T>(self, given: fn(Command<F>) -> T) -> SendError<T> {
        match self {
            Self::Full(command) => SendError::Overloaded { given: given(command) },
            Self::Closed(command) => SendError::ShuttingDown { given: given(command) },
        }
    }
}

// Nothing in it is pinned: event and context are only ever moved out, and a receiver is `Unpin`.
impl<F: Machine> Unpin for Sending<'_, F> {}
impl<F: Machine> Unpin for Creating<'_, F> {}

impl<F: Machine> Future for Sending<'_, F> {
    type Output = Sent<F>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(event) = self.event.take() {
            let (answer, answered) = oneshot::channel();
            let order = Order::Send { event, answer: Some(answer) };
            let pushed = self.machine.push(self.at, order);
            if let Err(unqueued) = pushed {
                return Poll::Ready(Err(unqueued.into_error(Command::event)));
            }
            self.answer = Some(answered);
        }
        poll_answer(self.answer.as_mut(), cx)
    }
}

impl<F: Machine> Future for Creating<'_, F> {
    type Output = Created<F>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(context) = self.context.take() {
            let (answer, answered) = oneshot::channel();
            let pushed = self.machine.push(self.at, Order::Create { context, answer });
            if let Err(unqueued) = pushed {
                return Poll::Ready(Err(unqueued.into_error(Command::context)));
            }
            self.answer = Some(answered);
        }
        poll_answer(self.answer.as_mut(), cx)
    }
}

fn poll_answer<A, T>(
    answer: Option<&mut oneshot::Receiver<Result<A, SendError<T>>>>,
    cx: &mut Context<'_>,
) -> Poll<Result<A, SendError<T>>> {
    match answer {
        Some(answer) => {
            Pin::new(answer).poll(cx).map(|answer| answer.unwrap_or(Err(SendError::Unanswered)))
        }
        // Polled again after it was ready.
        None => Poll::Ready(Err(SendError::Unanswered)),
    }
}

impl<F: Machine> Clone for MachineRef<F> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            kind: Arc::clone(&self.kind),
            queue: Arc::clone(&self.queue),
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
