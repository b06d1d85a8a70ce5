//! What a contestant is: a way to run counters that are sent numbers.

use std::future::Future;
use std::ops::Range;

use tokio::runtime::{Builder, Runtime};

use crate::journal::Failure;

/// A library of actors, or the floor, with the counter written as its documentation writes an
/// actor.
///
/// A counter begins with 0, adds the numbers that it is sent, and adds one and answers if it is
/// asked.
/// Whatever it lives in ends with the call of [`run`](Self::run), so that the next contestant has
/// the machine to itself.
pub(crate) trait Library: Sized + Send + Sync + 'static {
    /// Its name in the tables.
    const NAME: &'static str;

    /// What a counter is sent numbers through.
    type Address: Send + Sync + 'static;

    /// Runs the task on the library's kind of runtime; on a tokio runtime unless said.
    fn run<T: Send + 'static>(
        threads: Threads,
        task: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        // A task of the runtime, as a producer is in a program: `block_on` alone would run it on a
        // thread that is none of the runtime's.
        threads.runtime()?.block_on(async { tokio::spawn(task).await? })
    }

    /// Begins whatever counters live in, inside [`run`](Self::run).
    fn start(threads: Threads) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// New counters of these numbers.
    fn spawn(
        &self,
        numbers: Range<usize>,
    ) -> impl Future<Output = Result<Vec<Self::Address>, Failure>> + Send;

    /// Sends a number and does not wait for it to be added.
    fn cast(
        counter: &Self::Address,
        number: u64,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Sends a one to each counter in turn, until each had so many.
    fn cast_ones(
        counters: &[Self::Address],
        each: usize,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async move {
            for _ in 0..each {
                for counter in counters {
                    Self::cast(counter, 1).await?;
                }
            }
            Ok(())
        }
    }

    /// Adds one and waits for the answer.
    fn ask(counter: &Self::Address) -> impl Future<Output = Result<(), Failure>> + Send;

    /// What the counter has come to.
    fn sum(counter: &Self::Address) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// How many threads a contestant may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// One for everything.
    One,
    /// Two for producer and counters.
    Two,
}

impl Threads {
    /// How the tables call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::One => "1 thread",
            Self::Two => "2 threads",
        }
    }

    fn runtime(self) -> Result<Runtime, Failure> {
        Ok(match self {
            Self::One => Builder::new_current_thread().build()?,
            Self::Two => Builder::new_multi_thread().worker_threads(2).build()?,
        })
    }
}
