//! What a handle tells a shard, and how the shard answers.

use tokio::sync::oneshot;

use super::Machine;
use super::answer::{Snapshot, Transition};
use super::error::{SendError, Unavailable};
use crate::journal::{AppendError, MachineId, Position};
use crate::machine::{Fsm, Timestamp};

/// The answer to a send.
pub(super) type Sent<F> = Result<Transition<F>, SendError<<F as Fsm>::Event>>;
/// The answer to a create.
pub(super) type Created<F> = Result<Seen<F>, SendError<<F as Fsm>::Context>>;
/// The answer to a question or a stop.
pub(super) type Answered<F> = Result<Seen<F>, SendError>;
/// A machine with its state and context.
pub(super) type Seen<F> = Snapshot<F, <F as Fsm>::Context>;

/// A command for one machine.
#[derive(Debug)]
pub(super) struct Command<F: Machine> {
    pub(super) id: MachineId,
    /// When it happens; `None` for now.
    pub(super) at: Option<Timestamp>,
    pub(super) order: Order<F>,
}

/// What a command asks for, with the way to answer.
#[derive(Debug)]
pub(super) enum Order<F: Machine> {
    Create { context: F::Context, answer: oneshot::Sender<Created<F>> },
    Send { event: F::Event, answer: Option<oneshot::Sender<Sent<F>>> },
    State { answer: oneshot::Sender<Answered<F>> },
    Stop { answer: oneshot::Sender<Answered<F>> },
}

/// An answer that waits for a commit.
#[derive(Debug)]
pub(super) enum Answer<F: Machine> {
    /// To a cast, which is not waited for.
    Nobody,
    Create(oneshot::Sender<Created<F>>, Created<F>),
    Send(oneshot::Sender<Sent<F>>, Sent<F>),
    Seen(oneshot::Sender<Answered<F>>, Answered<F>),
}

impl<F: Machine> Order<F> {
    /// Whether it would add a record.
    pub(super) const fn is_change(&self) -> bool {
        !matches!(self, Self::State { .. })
    }

    /// The refusal as an answer, to be held back until what it rests on is durable.
    pub(super) fn refused(self, refusal: Refusal) -> Answer<F> {
        match self {
            Self::Create { context, answer } => Answer::Create(answer, Err(refusal.with(context))),
            Self::Send { event, answer: Some(answer) } => {
                Answer::Send(answer, Err(refusal.with(event)))
            }
            Self::Send { answer: None, .. } => Answer::Nobody,
            Self::State { answer } | Self::Stop { answer } => {
                Answer::Seen(answer, Err(refusal.with(())))
            }
        }
    }

    /// Refuses at once: the refusal rests on nothing that could still fail.
    pub(super) fn refuse(self, refusal: impl Into<Refusal>) {
        self.refused(refusal.into()).deliver(Position::START);
    }
}

/// An error of which only what was given is still missing.
#[derive(Debug)]
pub(super) enum Refusal {
    NotFound { kind: &'static str, id: MachineId },
    AlreadyExists { kind: &'static str, id: MachineId },
    Completed { state: &'static str },
    OutOfOrder { at: Timestamp, last: Timestamp },
    ShuttingDown,
    Unavailable(Unavailable),
}

impl Refusal {
    pub(super) fn with<T>(self, given: T) -> SendError<T> {
        match self {
            Self::NotFound { kind, id } => SendError::NotFound { given, kind, id: id.to_string() },
            Self::AlreadyExists { kind, id } => {
                SendError::AlreadyExists { given, kind, id: id.to_string() }
            }
            Self::Completed { state } => SendError::Completed { given, state },
            Self::OutOfOrder { at, last } => SendError::OutOfOrder { given, at, last },
            Self::ShuttingDown => SendError::ShuttingDown { given },
            Self::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<Unavailable> for Refusal {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl<F: Machine> Answer<F> {
    /// Answers, now that everything the answer rests on is durable. `position` is that of the
    /// machine's last record as of the answer.
    pub(super) fn deliver(self, position: Position) {
        // A caller that no longer waits misses an answer it did not want.
        match self {
            Self::Nobody => {}
            Self::Create(answer, created) => {
                let _ = answer.send(created.map(|seen| Snapshot { position, ..seen }));
            }
            Self::Send(answer, sent) => {
                let _ = answer.send(sent.map(|done| Transition { position, ..done }));
            }
            Self::Seen(answer, seen) => {
                let _ = answer.send(seen.map(|seen| Snapshot { position, ..seen }));
            }
        }
    }

    /// Answers that what the answer rests on did not become durable.
    pub(super) fn fail(self, error: &AppendError) {
        match self {
            Self::Nobody => {}
            Self::Create(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Send(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Seen(answer, _) => drop(answer.send(Err(error.clone().into()))),
        }
    }
}
