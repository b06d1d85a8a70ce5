//! kameo: an actor is its state, with an `impl` for each message.

use std::convert::Infallible;
use std::ops::Range;
use std::time::Duration;

use ::kameo::Actor;
use ::kameo::actor::{ActorRef, Spawn};
use ::kameo::mailbox;
use ::kameo::message::{Context, Message};
use ::kameo::supervision::RestartPolicy;

use super::library::{Library, Threads};
use super::restarting::{Restarting, fail};
use crate::journal::Failure;

/// kameo with unbounded mailboxes, as the floor has: bounded ones cost twice as much where one
/// producer sends to a thousand actors.
#[derive(Debug)]
pub(crate) struct Kameo;

#[derive(Clone, Debug, Default)]
pub(crate) struct Counter {
    sum: u64,
}

#[derive(Debug)]
struct Add(u64);

#[derive(Debug)]
struct Ask;

#[derive(Debug)]
struct Fail;

/// Counters below a supervisor that always restarts them.
#[derive(Debug)]
pub(super) struct Supervised {
    _supervisor: ActorRef<Supervisor>,
    counters: Vec<ActorRef<Counter>>,
}

#[derive(Debug)]
struct Supervisor;

impl Actor for Supervisor {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(supervisor: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(supervisor)
    }
}

impl Actor for Counter {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(counter: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(counter)
    }
}

impl Message<Add> for Counter {
    type Reply = ();

    async fn handle(&mut self, Add(number): Add, _: &mut Context<Self, ()>) {
        self.sum = self.sum.wrapping_add(number);
    }
}

impl Message<Ask> for Counter {
    type Reply = u64;

    async fn handle(&mut self, Ask: Ask, _: &mut Context<Self, u64>) -> u64 {
        self.sum += 1;
        self.sum
    }
}

impl Message<Fail> for Counter {
    type Reply = ();

    async fn handle(&mut self, Fail: Fail, _: &mut Context<Self, ()>) {
        self.sum = fail();
    }
}

impl Library for Kameo {
    const NAME: &'static str = "kameo";

    type Address = ActorRef<Counter>;

    async fn start(_: Threads) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        let spawn = |_| Counter::spawn_with_mailbox(Counter::default(), mailbox::unbounded());
        Ok(numbers.map(spawn).collect())
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        Ok(counter.tell(Add(number)).await?)
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        counter.ask(Ask).await?;
        Ok(())
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ok(counter.ask(Ask).await? - 1)
    }
}

impl Restarting for Supervised {
    const NAME: &'static str = "kameo";

    async fn awake(count: usize) -> Result<Self, Failure> {
        let supervisor = Supervisor::spawn(Supervisor);
        let mut counters = Vec::with_capacity(count);
        for _ in 0..count {
            let counter = Counter::supervise(&supervisor, Counter::default())
                .restart_policy(RestartPolicy::Permanent)
                .restart_limit(u32::MAX, Duration::from_secs(1))
                .spawn_with_mailbox(mailbox::unbounded())
                .await;
            counter.ask(Ask).await?;
            counters.push(counter);
        }
        Ok(Self { _supervisor: supervisor, counters })
    }

    async fn fail(&mut self, counter: usize) -> Result<(), Failure> {
        let counter = &self.counters[counter];
        counter.tell(Fail).await?;
        // A question that falls into the restart may be refused.
        while counter.ask(Ask).await.is_err() {}
        Ok(())
    }
}
