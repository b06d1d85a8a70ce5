//! actix: actors live on an arbiter, which is one thread; a second thread is a second arbiter.

use std::future::Future;
use std::ops::Range;

use ::actix::{
    Actor, Addr, Arbiter, ArbiterHandle, Context, Handler, Message, MessageResult, System,
};
use tokio::sync::oneshot;

use super::library::{Library, Threads};
use crate::journal::Failure;

/// actix, with the counters beside the producer or on a thread of their own.
#[derive(Debug)]
pub(super) struct Actix {
    arbiter: ArbiterHandle,
    /// The counters' own thread, if they have one.
    thread: Option<Arbiter>,
}

#[derive(Debug, Default)]
pub(super) struct Counter {
    sum: u64,
}

#[derive(Debug)]
struct Add(u64);

#[derive(Debug)]
struct Ask;

impl Message for Add {
    type Result = ();
}

impl Message for Ask {
    type Result = u64;
}

impl Actor for Counter {
    type Context = Context<Self>;
}

impl Handler<Add> for Counter {
    type Result = ();

    fn handle(&mut self, Add(number): Add, _: &mut Context<Self>) {
        self.sum = self.sum.wrapping_add(number);
    }
}

impl Handler<Ask> for Counter {
    type Result = MessageResult<Ask>;

    fn handle(&mut self, Ask: Ask, _: &mut Context<Self>) -> MessageResult<Ask> {
        self.sum += 1;
        MessageResult(self.sum)
    }
}

impl Library for Actix {
    const NAME: &'static str = "actix";

    type Address = Addr<Counter>;

    fn run<T: Send + 'static>(
        _: Threads,
        task: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        System::new().block_on(task)
    }

    async fn start(threads: Threads) -> Result<Self, Failure> {
        Ok(match threads {
            Threads::One => Self { arbiter: System::current().arbiter().clone(), thread: None },
            Threads::Two => {
                let thread = Arbiter::new();
                Self { arbiter: thread.handle(), thread: Some(thread) }
            }
        })
    }

    async fn spawn(&self, numbers: Range<usize>) -> Result<Vec<Self::Address>, Failure> {
        let (answer, answered) = oneshot::channel();
        self.arbiter.spawn_fn(move || {
            let spawned: Vec<_> = numbers.map(|_| Counter::default().start()).collect();
            // Who no longer waits has failed otherwise.
            let _ = answer.send(spawned);
        });
        Ok(answered.await?)
    }

    async fn cast(counter: &Self::Address, number: u64) -> Result<(), Failure> {
        // `try_send` would take 16 messages and refuse the rest.
        counter.do_send(Add(number));
        Ok(())
    }

    async fn ask(counter: &Self::Address) -> Result<(), Failure> {
        counter.send(Ask).await?;
        Ok(())
    }

    async fn sum(counter: &Self::Address) -> Result<u64, Failure> {
        Ok(counter.send(Ask).await? - 1)
    }
}

impl Drop for Actix {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.stop();
            // A thread that panicked has failed the round already.
            let _ = thread.join();
        }
    }
}
