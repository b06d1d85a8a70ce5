//! What a handle tells a shard, and how the shard answers.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, broadcast, oneshot};

use super::Machine;
use super::answer::{Snapshot, Transition};
use super::effects::{DeadLetter, DeadLetters, Verdict};
use super::error::{SendError, Unavailable};
use super::panic::let_go;
use super::supervision::{Exit, Run};
use super::withdrawal::Withdrawal;
use crate::journal::{AppendError, MachineId, Metadata, Parent, Position, Sequence};
use crate::machine::{Fsm, Timestamp};

/// The answer to a send.
pub(super) type Sent<F> = Result<Transition<F>, SendError<<F as Fsm>::Event>>;
/// The answer to a create.
pub(super) type Created<F> = Result<Seen<F>, SendError<<F as Fsm>::Context>>;
/// The answer to a question or a stop.
pub(super) type Answered<F> = Result<Seen<F>, SendError>;
/// The answer to a schedule: the record that names it.
pub(super) type Planned<F> = Result<Sequence, SendError<<F as Fsm>::Event>>;
/// The answer to what can come too late: whether it did not.
pub(super) type Changed = Result<bool, SendError>;
/// The answer to somebody who wants to watch.
pub(super) type Watched<F> = Result<broadcast::Receiver<Transition<F>>, SendError>;
/// The answer to who has a machine forgotten: how many records that were.
pub(super) type Erased = Result<u64, SendError>;
/// The answer to who has a machine written down: the record; `None` if nothing is journaled.
pub(super) type Based = Result<Option<Sequence>, SendError>;
/// A machine with its state and context.
pub(super) type Seen<F> = Snapshot<F, <F as Fsm>::Context>;

/// What a machine is created with: its context, and who spawned it.
pub(super) type Given<F> = (<F as Fsm>::Context, Option<Box<Parent>>);

/// A command for one machine.
#[derive(Debug)]
pub(super) enum Command<F: Machine> {
    /// An event on no terms for the machine in a slot, which nobody waits for.
    Cast { slot: u32, event: F::Event },
    /// An event on no terms for the machine in a slot.
    Send { slot: u32, event: F::Event, answer: oneshot::Sender<Sent<F>> },
    /// Anything else.
    Letter(Box<Letter<F>>),
}

/// A command for the machine of a name.
#[derive(Debug)]
pub(super) struct Letter<F: Machine> {
    pub(super) id: MachineId,
    /// When it happens; `None` for now.
    pub(super) at: Option<Timestamp>,
    pub(super) order: Order<F>,
}

/// What a command asks for, with the way to answer.
#[derive(Debug)]
pub(super) enum Order<F: Machine> {
    Create {
        context: F::Context,
        parent: Option<Box<Parent>>,
        answer: oneshot::Sender<Created<F>>,
    },
    Send {
        event: F::Event,
        answer: Option<oneshot::Sender<Sent<F>>>,
        terms: Option<Box<Terms>>,
    },
    State {
        answer: oneshot::Sender<Answered<F>>,
    },
    Stop {
        answer: oneshot::Sender<Answered<F>>,
    },
    Schedule {
        event: F::Event,
        due: Timestamp,
        answer: oneshot::Sender<Planned<F>>,
    },
    Unschedule {
        scheduled: Sequence,
        answer: oneshot::Sender<Changed>,
    },
    Watch {
        answer: oneshot::Sender<Watched<F>>,
    },
    /// Perform an abandoned effect after all.
    Resume {
        sequence: Sequence,
        index: u16,
        answer: oneshot::Sender<Changed>,
    },
    /// Give a quarantined machine another chance.
    Release {
        answer: oneshot::Sender<Changed>,
    },
    /// Erase the machine.
    Forget {
        answer: oneshot::Sender<Erased>,
    },
    /// Write the machine down as a whole.
    Condense {
        answer: oneshot::Sender<Based>,
    },
    /// An effect has been performed, or has been given up.
    Ended {
        sequence: Sequence,
        index: u16,
        verdict: Box<Verdict<F::Event>>,
    },
    /// Be the member of a set.
    Attend {
        run: Run,
    },
    /// Leave memory until the set says otherwise.
    Suspend,
    /// Nothing: the machine is only to be in memory. Then the next one may be woken.
    Wake {
        _turn: OwnedSemaphorePermit,
    },
}

/// On what terms an event is sent.
#[derive(Debug, Default)]
pub(super) struct Terms {
    pub(super) metadata: Metadata,
    pub(super) expected: Option<Sequence>,
    pub(super) withdrawal: Option<Arc<Withdrawal>>,
}

/// An answer that waits for a commit.
#[derive(Debug)]
pub(super) enum Answer<F: Machine> {
    /// To a cast, which is not waited for.
    Nobody,
    Create(oneshot::Sender<Created<F>>, Created<F>),
    Send(oneshot::Sender<Sent<F>>, Sent<F>),
    Seen(oneshot::Sender<Answered<F>>, Answered<F>),
    Planned(oneshot::Sender<Planned<F>>, Planned<F>),
    Changed(oneshot::Sender<Changed>, Changed),
    Watch(oneshot::Sender<Watched<F>>, Watched<F>),
    Erased(oneshot::Sender<Erased>, Erased),
    Based(oneshot::Sender<Based>, Based),
    /// To those who look after what could not be performed.
    Bury(Arc<Mutex<DeadLetters>>, Box<DeadLetter>),
    /// To all who watch.
    Watchers(broadcast::Sender<Transition<F>>, Box<Transition<F>>),
}

impl<F: Machine> Command<F> {
    pub(super) fn letter(id: MachineId, at: Option<Timestamp>, order: Order<F>) -> Self {
        Self::Letter(Box::new(Letter { id, at, order }))
    }

    /// What it asks for, and when that happens.
    pub(super) fn into_order(self) -> (Option<Timestamp>, Order<F>) {
        match self {
            Self::Cast { event, .. } => (None, Order::Send { event, answer: None, terms: None }),
            Self::Send { event, answer, .. } => {
                (None, Order::Send { event, answer: Some(answer), terms: None })
            }
            Self::Letter(letter) => (letter.at, letter.order),
        }
    }

    /// What a letter asks for.
    pub(super) const fn order(&self) -> Option<&Order<F>> {
        match self {
            Self::Cast { .. } | Self::Send { .. } => None,
            Self::Letter(letter) => Some(&letter.order),
        }
    }

    /// Whether it is the end of an effect.
    pub(super) const fn is_end(&self) -> bool {
        matches!(self.order(), Some(Order::Ended { .. }))
    }

    /// Whether nobody would hear that it is refused, and somebody waits for what it brings about.
    pub(super) const fn is_silent(&self) -> bool {
        matches!(self.order(), Some(Order::Ended { .. } | Order::Suspend))
    }

    /// Refuses at once: the refusal rests on nothing that could still fail.
    pub(super) fn refuse(self, refusal: impl Into<Refusal>) {
        self.into_order().1.refuse(refusal);
    }
}

impl<F: Machine> Order<F> {
    /// Whether it would add a record.
    pub(super) const fn is_change(&self) -> bool {
        !matches!(self, Self::State { .. } | Self::Watch { .. } | Self::Wake { .. })
    }

    /// Whether it is carried out on a machine that is complete.
    pub(super) const fn outlives(&self) -> bool {
        !matches!(self, Self::Send { .. } | Self::Stop { .. } | Self::Schedule { .. })
    }

    /// The refusal as an answer, to be held back until what it rests on is durable.
    pub(super) fn refused(self, refusal: Refusal) -> Answer<F> {
        match self {
            Self::Create { context, answer, .. } => {
                Answer::Create(answer, Err(refusal.with(context)))
            }
            Self::Send { event, answer: Some(answer), .. } => {
                Answer::Send(answer, Err(refusal.with(event)))
            }
            Self::Send { event, answer: None, .. } => {
                let_go(event);
                Answer::Nobody
            }
            Self::Ended { .. } | Self::Suspend | Self::Wake { .. } => Answer::Nobody,
            Self::Attend { run } => {
                run.exited(Exit::failed(refusal.with(()).to_string()));
                Answer::Nobody
            }
            Self::State { answer } | Self::Stop { answer } => {
                Answer::Seen(answer, Err(refusal.with(())))
            }
            Self::Schedule { event, answer, .. } => {
                Answer::Planned(answer, Err(refusal.with(event)))
            }
            Self::Unschedule { answer, .. }
            | Self::Resume { answer, .. }
            | Self::Release { answer } => Answer::Changed(answer, Err(refusal.with(()))),
            Self::Watch { answer } => Answer::Watch(answer, Err(refusal.with(()))),
            Self::Forget { answer } => Answer::Erased(answer, Err(refusal.with(()))),
            Self::Condense { answer } => Answer::Based(answer, Err(refusal.with(()))),
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
    SequenceMismatch { expected: Sequence, actual: Sequence },
    Overloaded,
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
            Self::SequenceMismatch { expected, actual } => {
                SendError::SequenceMismatch { given, expected, actual }
            }
            Self::Overloaded => SendError::Overloaded { given },
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
        match self {
            Self::Nobody => {}
            Self::Create(answer, created) => {
                unheard(answer.send(created.map(|seen| Snapshot { position, ..seen })));
            }
            Self::Send(answer, sent) => {
                // An answer that is given again knows its own position.
                let place = |done: Transition<F>| match done.position {
                    Position::START => Transition { position, ..done },
                    _ => done,
                };
                unheard(answer.send(sent.map(place)));
            }
            Self::Seen(answer, seen) => {
                unheard(answer.send(seen.map(|seen| Snapshot { position, ..seen })));
            }
            Self::Planned(answer, planned) => unheard(answer.send(planned)),
            Self::Changed(answer, changed) => drop(answer.send(changed)),
            Self::Watch(answer, watched) => drop(answer.send(watched)),
            Self::Erased(answer, erased) => drop(answer.send(erased)),
            Self::Based(answer, based) => drop(answer.send(based)),
            Self::Bury(letters, letter) => {
                // Nothing panics under the lock.
                letters.lock().unwrap_or_else(PoisonError::into_inner).add(*letter);
            }
            Self::Watchers(watchers, done) => {
                let _ = watchers.send(Transition { position, ..*done });
            }
        }
    }

    /// Answers that what the answer rests on did not become durable.
    pub(super) fn fail(self, error: &AppendError) {
        match self {
            Self::Nobody | Self::Bury(..) | Self::Watchers(..) => {}
            Self::Create(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Send(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Seen(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Planned(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Changed(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Watch(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Erased(answer, _) => drop(answer.send(Err(error.clone().into()))),
            Self::Based(answer, _) => drop(answer.send(Err(error.clone().into()))),
        }
    }
}

/// A caller that no longer waits misses an answer it did not want.
fn unheard<T>(sent: Result<(), T>) {
    if let Err(answer) = sent {
        let_go(answer);
    }
}
