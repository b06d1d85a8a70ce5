//! Counters that share one mailbox: ours on one shard, and a bare task with a channel.

use std::num::NonZeroUsize;
use std::ops::Range;

use fsm_core::System;
use fsm_core::journal::MemoryJournal;
use tokio::sync::{mpsc, oneshot};

use crate::actors::{Library, Message, Ours, Threads};
use crate::journal::Failure;

/// Ours, with one shard for all machines.
#[derive(Debug)]
pub(super) struct OneShard {
    ours: Ours,
}

impl Library for OneShard {
    const NAME: &'static str = "ours";

    type Address = <Ours as Library>::Address;

    async fn start(_: Threads) -> Result<Self, Failure> {
        let builder = System::builder().journal(MemoryJournal::new()).shards(NonZeroUsize::MIN);
        Ok(Self { ours: Ours::build(builder).await? })
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        self.ours.spawn(numbers).await
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        Ours::cast(counter, number).await
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        Ours::ask(counter).await
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ours::sum(counter).await
    }
}

/// One task that has all counters, and an unbounded channel: first come, first served.
#[derive(Debug)]
pub(super) struct OneTask;

/// A counter of [`OneTask`].
#[derive(Debug)]
pub(super) struct Shared {
    messages: mpsc::UnboundedSender<(usize, Message)>,
    counter: usize,
}

impl Shared {
    async fn answer(&self) -> Result<u64, Failure> {
        let (answer, answered) = oneshot::channel();
        self.messages.send((self.counter, Message::Ask(answer)))?;
        Ok(answered.await?)
    }
}

impl Library for OneTask {
    const NAME: &'static str = "one task, mpsc unbounded";

    type Address = Shared;

    async fn start(_: Threads) -> Result<Self, Failure> {
        Ok(Self)
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Shared>, Failure> {
        let (messages, mut received) = mpsc::unbounded_channel::<(usize, Message)>();
        let mut sums = vec![0; numbers.len()];
        tokio::spawn(async move {
            while let Some((counter, message)) = received.recv().await {
                message.add_to(&mut sums[counter]);
            }
        });
        let count = numbers.len();
        Ok((0..count).map(|counter| Shared { messages: messages.clone(), counter }).collect())
    }

    async fn cast(shared: &Shared, number: u64) -> Result<(), Failure> {
        Ok(shared.messages.send((shared.counter, Message::Add(number)))?)
    }

    async fn ask(shared: &Shared) -> Result<(), Failure> {
        shared.answer().await?;
        Ok(())
    }

    async fn sum(shared: &Shared) -> Result<u64, Failure> {
        Ok(shared.answer().await? - 1)
    }
}
