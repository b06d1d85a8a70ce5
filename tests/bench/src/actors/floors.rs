//! The floors: a bare tokio task with a channel, and a oneshot for each answer.
//!
//! Nobody can find it by a name or ask what state it is in, nobody starts it again, and a panic is
//! its end.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::library::{Library, Threads};
use super::restarting::{Restarting, fail};
use crate::journal::Failure;

/// What a counter is sent.
#[derive(Debug)]
pub(crate) enum Message {
    Add(u64),
    Ask(oneshot::Sender<u64>),
    Fail,
}

impl Message {
    /// Adds it to the sum.
    pub(crate) fn add_to(self, sum: &mut u64) {
        match self {
            Self::Add(number) => *sum = sum.wrapping_add(number),
            Self::Ask(answer) => {
                *sum += 1;
                // Who no longer waits misses an answer it did not want.
                let _ = answer.send(*sum);
            }
            Self::Fail => *sum = fail(),
        }
    }
}

/// A task with an unbounded channel.
#[derive(Debug)]
pub(crate) struct Unbounded;

/// A task with a channel for 64 messages: who sends waits for room.
#[derive(Debug)]
pub(super) struct Bounded;

/// A task that catches panics and goes on with a new sum.
#[derive(Debug)]
pub(super) struct Caught {
    counters: Vec<mpsc::UnboundedSender<Message>>,
}

/// A task that ends with a panic, and is spawned again with the same channel by the task that
/// waits for it.
#[derive(Debug)]
pub(super) struct Respawned {
    counters: Vec<mpsc::UnboundedSender<Message>>,
}

/// How many messages wait for a [`Bounded`] counter.
const MESSAGES_MAX: usize = 64;

impl Unbounded {
    async fn answer(counter: &mpsc::UnboundedSender<Message>) -> Result<u64, Failure> {
        let (answer, answered) = oneshot::channel();
        counter.send(Message::Ask(answer))?;
        Ok(answered.await?)
    }
}

impl Bounded {
    async fn answer(counter: &mpsc::Sender<Message>) -> Result<u64, Failure> {
        let (answer, answered) = oneshot::channel();
        counter.send(Message::Ask(answer)).await?;
        Ok(answered.await?)
    }
}

impl Library for Unbounded {
    const NAME: &'static str = "mpsc unbounded";

    type Address = mpsc::UnboundedSender<Message>;

    async fn start(_: Threads) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        let spawn = |_| {
            let (address, mut messages) = mpsc::unbounded_channel::<Message>();
            tokio::spawn(async move {
                let mut sum = 0;
                while let Some(message) = messages.recv().await {
                    message.add_to(&mut sum);
                }
            });
            address
        };
        Ok(numbers.map(spawn).collect())
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        Ok(counter.send(Message::Add(number))?)
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        Self::answer(counter).await?;
        Ok(())
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ok(Self::answer(counter).await? - 1)
    }
}

impl Library for Bounded {
    const NAME: &'static str = "mpsc bounded(64)";

    type Address = mpsc::Sender<Message>;

    async fn start(_: Threads) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        let spawn = |_| {
            let (address, mut messages) = mpsc::channel::<Message>(MESSAGES_MAX);
            tokio::spawn(async move {
                let mut sum = 0;
                while let Some(message) = messages.recv().await {
                    message.add_to(&mut sum);
                }
            });
            address
        };
        Ok(numbers.map(spawn).collect())
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        Ok(counter.send(Message::Add(number)).await?)
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        Self::answer(counter).await?;
        Ok(())
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ok(Self::answer(counter).await? - 1)
    }
}

impl Restarting for Caught {
    const NAME: &'static str = "catch_unwind in the task";

    async fn awake(count: usize) -> Result<Self, Failure> {
        let spawn = |_| {
            let (address, mut messages) = mpsc::unbounded_channel::<Message>();
            tokio::spawn(async move {
                let mut sum = 0;
                while let Some(message) = messages.recv().await {
                    // What the panic leaves behind is forgotten.
                    if catch_unwind(AssertUnwindSafe(|| message.add_to(&mut sum))).is_err() {
                        sum = 0;
                    }
                }
            });
            address
        };
        let counters: Vec<_> = (0..count).map(spawn).collect();
        wake(&counters).await?;
        Ok(Self { counters })
    }

    async fn fail(&mut self, counter: usize) -> Result<(), Failure> {
        self.counters[counter].send(Message::Fail)?;
        Unbounded::ask(&self.counters[counter]).await
    }
}

impl Restarting for Respawned {
    const NAME: &'static str = "task spawned again";

    async fn awake(count: usize) -> Result<Self, Failure> {
        let spawn = |_| {
            let (address, messages) = mpsc::unbounded_channel::<Message>();
            let messages = Arc::new(Mutex::new(messages));
            tokio::spawn(async move {
                while tokio::spawn(receive(Arc::clone(&messages))).await.is_err() {}
            });
            address
        };
        let counters: Vec<_> = (0..count).map(spawn).collect();
        wake(&counters).await?;
        Ok(Self { counters })
    }

    async fn fail(&mut self, counter: usize) -> Result<(), Failure> {
        self.counters[counter].send(Message::Fail)?;
        Unbounded::ask(&self.counters[counter]).await
    }
}

async fn receive(messages: Arc<Mutex<mpsc::UnboundedReceiver<Message>>>) {
    let mut sum = 0;
    let mut messages = messages.lock().await;
    while let Some(message) = messages.recv().await {
        message.add_to(&mut sum);
    }
}

async fn wake(counters: &[mpsc::UnboundedSender<Message>]) -> Result<(), Failure> {
    for counter in counters {
        Unbounded::ask(counter).await?;
    }
    Ok(())
}
