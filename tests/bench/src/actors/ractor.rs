//! ractor: an actor is a value without state beside a state, and its messages are one enum.

use std::ops::Range;

use ::ractor::rpc::CallResult;
use ::ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use tokio::sync::mpsc;

use super::library::{Library, Threads};
use super::restarting::{Restarting, fail};
use crate::journal::Failure;

/// ractor without the spans that it makes for each message unless told otherwise.
#[derive(Debug)]
pub(crate) struct Ractor;

#[derive(Debug)]
pub(super) struct Counter;

/// What a counter is sent.
#[derive(Debug)]
pub(crate) enum Message {
    Add(u64),
    Ask(RpcReplyPort<u64>),
    Fail,
}

/// Counters below a supervisor that spawns another one for each that failed.
#[derive(Debug)]
pub(super) struct Replaced {
    counters: Vec<ActorRef<Message>>,
    /// Who came in place of one that failed.
    successors: mpsc::UnboundedReceiver<ActorRef<Message>>,
}

#[derive(Debug)]
struct Supervisor;

/// What a supervisor is told.
#[derive(Debug)]
struct Employ;

impl Actor for Counter {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        sum: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(number) => *sum = sum.wrapping_add(number),
            Message::Ask(answer) => {
                *sum += 1;
                // Who no longer waits misses an answer it did not want.
                let _ = answer.send(*sum);
            }
            Message::Fail => *sum = fail(),
        }
        Ok(())
    }
}

impl Actor for Supervisor {
    type Msg = Employ;
    type State = mpsc::UnboundedSender<ActorRef<Message>>;
    type Arguments = mpsc::UnboundedSender<ActorRef<Message>>;

    async fn pre_start(
        &self,
        _: ActorRef<Employ>,
        employed: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(employed)
    }

    async fn handle(
        &self,
        myself: ActorRef<Employ>,
        Employ: Employ,
        employed: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let (counter, _) = Counter::spawn_linked(None, Counter, (), myself.get_cell()).await?;
        Ok(employed.send(counter)?)
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Employ>,
        event: SupervisionEvent,
        employed: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(..) => self.handle(myself, Employ, employed).await,
            _ => Ok(()),
        }
    }
}

impl Ractor {
    async fn answer(counter: &ActorRef<Message>) -> Result<u64, Failure> {
        match counter.call(Message::Ask, None).await? {
            CallResult::Success(sum) => Ok(sum),
            CallResult::Timeout | CallResult::SenderError => Err("the counter has ended".into()),
        }
    }
}

impl Library for Ractor {
    const NAME: &'static str = "ractor";

    type Address = ActorRef<Message>;

    async fn start(_: Threads) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        let mut addresses = Vec::with_capacity(numbers.len());
        for _ in numbers {
            addresses.push(Counter::spawn(None, Counter, ()).await?.0);
        }
        Ok(addresses)
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        Ok(counter.cast(Message::Add(number))?)
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        Self::answer(counter).await?;
        Ok(())
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ok(Self::answer(counter).await? - 1)
    }
}

impl Restarting for Replaced {
    const NAME: &'static str = "ractor";

    async fn awake(count: usize) -> Result<Self, Failure> {
        let (employed, mut successors) = mpsc::unbounded_channel();
        let (supervisor, _) = Supervisor::spawn(None, Supervisor, employed).await?;
        let mut counters = Vec::with_capacity(count);
        for _ in 0..count {
            supervisor.cast(Employ)?;
            let counter = successors.recv().await.ok_or("the supervisor has ended")?;
            Ractor::ask(&counter).await?;
            counters.push(counter);
        }
        Ok(Self { counters, successors })
    }

    async fn fail(&mut self, counter: usize) -> Result<(), Failure> {
        self.counters[counter].cast(Message::Fail)?;
        let successor = self.successors.recv().await.ok_or("the supervisor has ended")?;
        self.counters[counter] = successor;
        Ractor::ask(&self.counters[counter]).await
    }
}
