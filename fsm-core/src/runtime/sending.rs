//! Sends and creations on their way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::coop::poll_proceed;

use super::Machine;
use super::command::{Created, Order, Sent, Terms};
use super::error::SendError;
use super::machine_ref::MachineRef;
use super::queue::Unqueued;
use super::withdrawal::Withdrawal;
use crate::journal::{Parent, Pending, Sequence};
use crate::machine::Timestamp;

/// The most bytes that key, correlation and causation of a send may have together: they are names,
/// not data.
const TERMS_BYTES_MAX: usize = 4_096;

/// A send on its way: await it. [`MachineRef::send`] makes it.
///
/// ```
/// # use std::time::Duration;
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
/// # let system = System::builder().start().await?;
/// # let gate = system.machine::<Turnstile>("north");
/// # gate.create(()).await?;
/// let first = gate
///     .send(Event::Coin)
///     .idempotency_key("ticket-7")
///     .correlation_id("visitor-3")
///     .timeout(Duration::from_secs(5))
///     .await?;
/// let again = gate.send(Event::Coin).idempotency_key("ticket-7").await?;
/// assert_eq!(first, again);
/// # Ok(()) }
/// ```
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
    terms: Option<Box<Terms>>,
    answer: Option<oneshot::Receiver<Sent<F>>>,
    limit: Option<Limit>,
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
    parent: Option<Box<Parent>>,
    at: Option<Timestamp>,
    answer: Option<oneshot::Receiver<Created<F>>>,
}

/// How long a send may take.
struct Limit {
    timeout: Duration,
    withdrawal: Arc<Withdrawal>,
    /// The wait, once it has begun.
    over: Option<Pending<'static, ()>>,
}

impl<'a, F: Machine> Sending<'a, F> {
    pub(super) const fn new(machine: &'a MachineRef<F>, event: F::Event) -> Self {
        let event = Some(event);
        Self { machine, event, at: None, terms: None, answer: None, limit: None }
    }

    /// Sends the event as one of this time: `now` is this time in its row, and in its record. For
    /// events that have their time from elsewhere, such as an imported log.
    ///
    /// The time must not lie before that of the machine's last record.
    pub const fn at(mut self, time: Timestamp) -> Self {
        self.at = Some(time);
        self
    }

    /// Names the event, so that it is taken only once: whoever sends with the same key again is
    /// answered what the first was answered, also after a restart, and also if that was a refusal.
    ///
    /// A machine remembers as many answers as its kind's
    /// [`idempotency_window`](super::MachineOptions::idempotency_window) says. What was not done
    /// for want of room, time or a journal is not remembered.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.terms().metadata.key = Some(key.into());
        self
    }

    /// Notes in the record what the event belongs to, such as a request.
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.terms().metadata.correlation = Some(id.into());
        self
    }

    /// Notes in the record what the event was caused by, such as another record.
    pub fn causation_id(mut self, id: impl Into<String>) -> Self {
        self.terms().metadata.causation = Some(id.into());
        self
    }

    /// Sends the event only to the machine as it was at this sequence; otherwise the answer is
    /// [`SendError::SequenceMismatch`], with the event. An optimistic lock.
    pub fn expect(mut self, sequence: Sequence) -> Self {
        self.terms().expected = Some(sequence);
        self
    }

    /// Waits this long at most. [`SendError::Timeout`] says whether the event may still be applied:
    /// one that was not begun is called back, and is not.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let withdrawal = Arc::<Withdrawal>::default();
        self.terms().withdrawal = Some(Arc::clone(&withdrawal));
        self.limit = Some(Limit { timeout, withdrawal, over: None });
        self
    }

    fn terms(&mut self) -> &mut Terms {
        self.terms.get_or_insert_default()
    }

    /// Whether it is sent on no terms.
    const fn is_plain(&self) -> bool {
        self.at.is_none() && self.terms.is_none()
    }

    fn begin(&mut self, event: F::Event) -> Result<(), SendError<F::Event>> {
        let (answer, answered) = oneshot::channel();
        self.answer = Some(answered);
        if self.is_plain() {
            return self.machine.push_event(event, Some(answer));
        }

        let bytes = self.terms.as_ref().map_or(0, |terms| terms.metadata.bytes_max());
        if bytes > TERMS_BYTES_MAX {
            return Err(SendError::TooLarge { given: event, bytes, bytes_max: TERMS_BYTES_MAX });
        }
        if let Some(limit) = &mut self.limit {
            let clock = self.machine.clock();
            limit.over = Some(clock.sleep_until(clock.now().saturating_add(limit.timeout)));
        }
        let order = Order::Send { event, answer: Some(answer), terms: self.terms.take() };
        let pushed = self.machine.push(self.at, order);
        pushed.map_err(|(unqueued, order)| unqueued.refuse(order.event()))
    }
}

impl<'a, F: Machine> Creating<'a, F> {
    pub(super) const fn new(machine: &'a MachineRef<F>, context: F::Context) -> Self {
        Self { machine, context: Some(context), parent: None, at: None, answer: None }
    }

    /// Has the machine know who spawned it.
    pub(super) fn child_of(mut self, parent: Parent) -> Self {
        self.parent = Some(Box::new(parent));
        self
    }

    /// Creates the machine as of this time.
    pub const fn at(mut self, time: Timestamp) -> Self {
        self.at = Some(time);
        self
    }
}

impl<F: Machine> Order<F> {
    /// The event that it was to send.
    pub(super) fn event(self) -> F::Event {
        match self {
            Self::Send { event, .. } | Self::Schedule { event, .. } => event,
            _ => unreachable!("only the order that was pushed comes back"),
        }
    }

    fn context(self) -> F::Context {
        match self {
            Self::Create { context, .. } => context,
            _ => unreachable!("only the order that was pushed comes back"),
        }
    }
}

impl Unqueued {
    /// The refusal, with what the command was given.
    pub(super) fn refuse<T>(self, given: T) -> SendError<T> {
        match self {
            Self::Full => SendError::Overloaded { given },
            Self::Closed => SendError::ShuttingDown { given },
        }
    }
}

impl std::fmt::Debug for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Limit").field(&self.timeout).finish()
    }
}

// Nothing in it is pinned: event and context are only ever moved out, a receiver and a boxed wait
// are `Unpin`.
impl<F: Machine> Unpin for Sending<'_, F> {}
impl<F: Machine> Unpin for Creating<'_, F> {}

impl<F: Machine> Future for Sending<'_, F> {
    type Output = Sent<F>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(mut event) = self.event.take() {
            // An answer that is there at once must not keep other tasks from their turn. A task
            // that has had its own has the event queued: the first poll sends it in any case.
            if self.machine.kind().is_volatile()
                && self.is_plain()
                && let Poll::Ready(coop) = poll_proceed(cx)
            {
                match self.machine.send_directly(event) {
                    Ok(sent) => {
                        coop.made_progress();
                        return Poll::Ready(sent);
                    }
                    Err(back) => event = back,
                }
            }
            if let Err(error) = self.begin(event) {
                return Poll::Ready(Err(error));
            }
        }
        let answered = poll_answer(self.answer.as_mut(), cx);
        if answered.is_ready() {
            return answered;
        }
        let Some(Limit { over: Some(over), withdrawal, .. }) = &mut self.limit else {
            return Poll::Pending;
        };
        over.as_mut().poll(cx).map(|()| {
            let may_be_applied = !withdrawal.withdraw();
            Err(SendError::Timeout { may_be_applied })
        })
    }
}

impl<F: Machine> Future for Creating<'_, F> {
    type Output = Created<F>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(context) = self.context.take() {
            let mut given = (context, self.parent.take());
            // As a send.
            if self.machine.kind().is_volatile()
                && let Poll::Ready(coop) = poll_proceed(cx)
            {
                match self.machine.create_directly(given, self.at) {
                    Ok(created) => {
                        coop.made_progress();
                        return Poll::Ready(created);
                    }
                    Err(back) => given = back,
                }
            }
            let (answer, answered) = oneshot::channel();
            let order = Order::Create { context: given.0, parent: given.1, answer };
            if let Err((unqueued, order)) = self.machine.push(self.at, order) {
                return Poll::Ready(Err(unqueued.refuse(order.context())));
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
