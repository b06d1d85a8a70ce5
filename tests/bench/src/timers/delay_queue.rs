//! The peer that is a wheel: `tokio_util`'s, in a runtime whose clock is set by hand.

use std::future::poll_fn;
use std::task::Poll;

use fsm_core::Timestamp;
use tokio::runtime::{Builder, Runtime};
use tokio::task::unconstrained;
use tokio::time::{Instant, advance};
use tokio_util::time::{DelayQueue, delay_queue};

use super::contestant::{Contestant, SLICE, START};

/// The queue, and the runtime that it asks for the time.
pub(super) struct Delayed {
    queue: DelayQueue<u64>,
    runtime: Runtime,
    start: Instant,
    now: Timestamp,
}

impl Contestant for Delayed {
    const NAME: &'static str = "DelayQueue";
    const ORDERED: bool = false;
    type Armed = delay_queue::Key;

    fn new() -> Self {
        let mut runtime = Builder::new_current_thread();
        let runtime =
            runtime.enable_time().start_paused(true).build().expect("a timer needs no resources");
        let (queue, start) = runtime.block_on(async { (DelayQueue::new(), Instant::now()) });
        Self { queue, runtime, start, now: START }
    }

    fn arm(&mut self, due: Timestamp, item: u64) -> Self::Armed {
        let _entered = self.runtime.enter();
        // It knows no past.
        self.queue.insert_at(item, self.start + due.since(START))
    }

    fn cancel(&mut self, armed: Self::Armed) -> bool {
        self.queue.try_remove(&armed).is_some()
    }

    fn expire(&mut self, now: Timestamp, due: &mut Vec<(Timestamp, u64)>) -> bool {
        let Self { queue, runtime, .. } = self;
        let passed = now.since(self.now);
        self.now = now;
        runtime.block_on(async {
            if !passed.is_zero() {
                advance(passed).await;
            }
            let slice = due.len() + SLICE;
            // Otherwise it would pause now and then, so that other tasks may run.
            unconstrained(poll_fn(|cx| {
                while due.len() < slice {
                    let Poll::Ready(Some(expired)) = queue.poll_expired(cx) else {
                        return Poll::Ready(false);
                    };
                    due.push((now, expired.into_inner()));
                }
                Poll::Ready(true)
            }))
            .await
        })
    }
}
