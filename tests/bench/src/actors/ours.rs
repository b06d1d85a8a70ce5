//! Ours: a derived machine in a [`System`].
//!
//! # What the producer does
//!
//! Queues are bounded. A producer that finds one full waits for room, as one does that has a
//! bounded channel.

use std::num::NonZeroUsize;
use std::ops::Range;

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::Builder;
use fsm_core::{Fsm, MachineRef, SendError, System};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::library::{Library, Threads};
use super::restarting::{Restarting, fail};
use crate::journal::Failure;

/// A system that journals nothing, as the others do: the one line to change for another way.
const IN_MEMORY: fn() -> Builder = || System::builder().volatile();

/// How many machines are created at once.
const CREATED_AT_ONCE: usize = 256;

/// A counter, as a table.
#[derive(Fsm, Clone, Debug)]
#[fsm(event = Message, context = Total)]
pub(crate) enum Counter {
    #[fsm(initial)]
    #[on(Add(number) => _ / add(number))]
    #[on(Fail => Failed / fail())]
    Counting,
    #[fsm(final)]
    Failed,
}

/// What a counter is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    Add(u64),
    Fail,
}

/// What a counter remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Total {
    pub(crate) sum: u64,
}

impl Total {
    const fn add(&mut self, number: u64) {
        self.sum = self.sum.wrapping_add(number);
    }

    fn fail(&mut self) {
        self.sum = fail();
    }
}

/// Ours as it is unless one says otherwise.
#[derive(Debug)]
pub(crate) struct Ours {
    system: System,
}

/// Ours with queues that a whole round fits into, as it does into an unbounded channel.
#[derive(Debug)]
pub(super) struct Roomy {
    ours: Ours,
}

/// More than the messages of a round.
const ROOMY_COMMANDS_MAX: NonZeroUsize = NonZeroUsize::new(1 << 20).expect("it is not zero");

impl Ours {
    /// Ours in a system that is built so.
    pub(crate) async fn build(builder: Builder) -> Result<Self, Failure> {
        Ok(Self { system: builder.start().await? })
    }

    /// The counter of this number.
    pub(super) fn counter(&self, number: usize) -> MachineRef<Counter> {
        self.system.machine(format!("counter-{number:07}"))
    }
}

impl Library for Ours {
    const NAME: &'static str = "ours";

    type Address = MachineRef<Counter>;

    async fn start(_: Threads) -> Result<Self, Failure> {
        Self::build(IN_MEMORY()).await
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        let counters: Vec<_> = numbers.map(|number| self.counter(number)).collect();
        for some in counters.chunks(CREATED_AT_ONCE) {
            try_join_all(some.iter().map(|counter| counter.create(Total::default()))).await?;
        }
        Ok(counters)
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        match counter.cast(Message::Add(number)) {
            Ok(()) => Ok(()),
            Err(SendError::Overloaded { given }) => Ok(counter.cast_when_ready(given).await?),
            Err(refused) => Err(refused.into()),
        }
    }

    async fn cast_ones(counters: &[Self::Address], each: usize) -> Result<(), Failure> {
        for _ in 0..each {
            for counter in counters {
                match counter.cast(Message::Add(1)) {
                    Ok(()) => {}
                    Err(SendError::Overloaded { given }) => counter.cast_when_ready(given).await?,
                    Err(refused) => return Err(refused.into()),
                }
            }
        }
        Ok(())
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        counter.send(Message::Add(1)).await?;
        Ok(())
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ok(counter.state().await?.context.sum)
    }
}

impl Library for Roomy {
    const NAME: &'static str = "ours, queue of 2^20";

    type Address = MachineRef<Counter>;

    async fn start(_: Threads) -> Result<Self, Failure> {
        let builder = IN_MEMORY().queue_commands_max(ROOMY_COMMANDS_MAX);
        Ok(Self { ours: Ours::build(builder).await? })
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        self.ours.spawn(numbers).await
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        Ours::cast(counter, number).await
    }

    async fn cast_ones(counters: &[Self::Address], each: usize) -> Result<(), Failure> {
        Ours::cast_ones(counters, each).await
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        Ours::ask(counter).await
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ours::sum(counter).await
    }
}

/// Ours with its counters: a handle does not keep a machine alive, but the system does. It has a
/// journal in memory, since a machine starts again from its journal.
#[derive(Debug)]
pub(super) struct Restarted {
    _ours: Ours,
    counters: Vec<MachineRef<Counter>>,
}

impl Restarting for Restarted {
    const NAME: &'static str = "ours";

    async fn awake(count: usize) -> Result<Self, Failure> {
        let ours = Ours::build(System::builder().journal(MemoryJournal::new())).await?;
        let counters = ours.spawn(0..count).await?;
        Ok(Self { _ours: ours, counters })
    }

    async fn fail(&mut self, counter: usize) -> Result<(), Failure> {
        self.counters[counter].cast(Message::Fail)?;
        Ours::ask(&self.counters[counter]).await
    }
}
