//! Where owed effects are begun: the workers of one kind.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::{Either, select};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::key::EffectKey;
use super::options::PerformOptions;
use super::perform::{Effectful, Perform};
use super::performer::{Performer, Slot};
use super::tally::{Statistics, Stopped, UnderWay};
use super::verdict::Verdict;
use crate::journal::Pending;
use crate::machine::Timestamp;
use crate::runtime::clock::Clock;
use crate::runtime::random::Random;

/// The workers that perform the effects of one kind, shared by all shards. Cheap to clone; a clone
/// is the same workers. The [module](super) shows them at work.
///
/// They do not know which effects are owed, nor which of a machine's comes first: whoever begins
/// one waits for its verdict before it begins the machine's next.
pub struct Workers<F: Effectful> {
    performer: Arc<Performer<F>>,
    /// The rights to have an effect under way.
    under_way: Arc<Semaphore>,
    runtime: Handle,
}

/// Room for one effect: [`Workers::room`]. It keeps a place among the attempts that run, so use it
/// soon or drop it.
#[must_use = "it keeps a place that others wait for"]
pub struct Room<F: Effectful> {
    workers: Workers<F>,
    slot: Slot,
    under_way: OwnedSemaphorePermit,
}

/// An effect under way, and in the end its key and its verdict.
///
/// There is no verdict, and the effect is still owed, if the workers were stopped meanwhile, or the
/// tokio runtime was.
///
/// # Cancel safety
///
/// Dropping it cuts the effect off at its next await. It is still owed.
#[derive(Debug)]
#[must_use = "dropping it cuts the effect off"]
pub struct Performing<V> {
    key: EffectKey,
    task: Option<JoinHandle<Option<Verdict<V>>>>,
}

/// An effect that was not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoRoom<E> {
    /// As many are under way as may be, or others wait already: wait for
    /// [`Workers::room`].
    #[error("there is no room for effect {key} now: wait for `Workers::room`")]
    Full {
        /// Which.
        key: EffectKey,
        /// The effect.
        effect: E,
    },
    /// The workers are being stopped.
    #[error("effect {key} was not begun, since the workers are being stopped: it is still owed")]
    Stopping {
        /// Which.
        key: EffectKey,
        /// The effect.
        effect: E,
    },
}

impl<F: Effectful> Workers<F> {
    /// Workers that call this handler, on tasks of this runtime.
    #[must_use]
    pub fn new(
        handler: impl Perform<F>,
        options: PerformOptions,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Self {
        Self::with_random(handler, options, clock, runtime, Arc::new(Random::unseeded()))
    }

    /// The same, with a system's source of chance.
    pub(in crate::runtime) fn with_random(
        handler: impl Perform<F>,
        options: PerformOptions,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        random: Arc<Random>,
    ) -> Self {
        let under_way = Arc::new(Semaphore::new(options.under_way_max));
        let performer = Arc::new(Performer::new(handler, options, clock, random));
        Self { performer, under_way, runtime }
    }

    /// Begins an effect if there is room, without waiting. It does not overtake those that wait for
    /// room.
    ///
    /// # Errors
    ///
    /// [`NoRoom`], with the effect.
    pub fn begin(
        &self,
        key: EffectKey,
        effect: F::Effect,
    ) -> Result<Performing<F::Event>, NoRoom<F::Effect>> {
        if self.under_way.is_closed() {
            return Err(NoRoom::Stopping { key, effect });
        }
        let under_way = Arc::clone(&self.under_way).try_acquire_owned();
        let slot = || Arc::clone(self.performer.slots()).try_acquire_owned();
        match under_way.and_then(|under_way| Ok((under_way, slot()?))) {
            Ok((under_way, slot)) => {
                Ok(Room { workers: self.clone(), slot, under_way }.begin(key, effect))
            }
            Err(_) => Err(NoRoom::Full { key, effect }),
        }
    }

    /// Waits for room for one effect; `None` when the workers are being stopped.
    ///
    /// First come, first served, across machines and shards: the place in line is taken at the
    /// first poll. So a shard that waits with one of these for each of its machines has them served
    /// in their order among all others; one that waits with one for all of them takes turns with
    /// the other shards.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives the place in line up.
    #[must_use]
    pub fn room(&self) -> Pending<'static, Option<Room<F>>> {
        let workers = self.clone();
        Box::pin(async move {
            let under_way = Arc::clone(&workers.under_way).acquire_owned().await.ok()?;
            let slot = Arc::clone(workers.performer.slots()).acquire_owned().await.ok()?;
            let is_stopping = workers.under_way.is_closed();
            (!is_stopping).then_some(Room { workers, slot, under_way })
        })
    }

    /// Begins nothing more, lets what is under way come to its verdict until the deadline, and
    /// cuts off the rest.
    ///
    /// What is cut off ends at its next await, a moment after this has answered; a handler that
    /// blocks its thread ends when it returns. In either case there is no verdict.
    ///
    /// # Cancel safety
    ///
    /// Nothing more is begun, and what is under way is not cut off.
    pub async fn stop(&self, deadline: Timestamp) -> Stopped {
        let tally = self.performer.tally();
        let before = tally.stop();
        self.under_way.close();
        select(pin!(tally.idle()), self.performer.clock().sleep_until(deadline)).await;
        tally.abort(before)
    }

    /// Ready when what is under way is cut off.
    pub(in crate::runtime) async fn cut_off(&self) {
        self.performer.tally().aborted().await;
    }

    /// How they are doing.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.performer.tally().statistics(self.performer.breaker())
    }
}

impl<F: Effectful> Room<F> {
    /// Begins an effect on a task of its own. If the workers are being stopped it is not begun, and
    /// its future answers that there is no verdict.
    pub fn begin(self, key: EffectKey, effect: F::Effect) -> Performing<F::Event> {
        let Self { workers: Workers { performer, runtime, .. }, slot, under_way } = self;
        let task = performer.tally().begin().map(|begun| {
            let key = key.clone();
            runtime.spawn(async move {
                let verdict = run(&performer, &key, effect, slot, begun).await;
                drop(under_way);
                verdict
            })
        });
        Performing { key, task }
    }
}

/// An effect's task.
async fn run<F: Effectful>(
    performer: &Performer<F>,
    key: &EffectKey,
    effect: F::Effect,
    slot: Slot,
    begun: UnderWay,
) -> Option<Verdict<F::Event>> {
    let verdict = {
        let aborted = pin!(performer.tally().aborted());
        let verdict = pin!(performer.verdict(key, &effect, slot));
        match select(aborted, verdict).await {
            Either::Left(((), _)) => None,
            Either::Right((verdict, _)) => Some(verdict),
        }
    };
    // A verdict must not be lost because the effect, which is the user's, panics in `drop`.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(effect)));
    begun.end(verdict?)
}

impl<V> Future for Performing<V> {
    type Output = (EffectKey, Option<Verdict<V>>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let verdict = match &mut self.task {
            // A task that was cut off has no verdict, nor has one in which something of the user's
            // panicked while that was dropped.
            Some(task) => ready!(Pin::new(task).poll(cx)).ok().flatten(),
            None => None,
        };
        Poll::Ready((self.key.clone(), verdict))
    }
}

impl<V> Drop for Performing<V> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl<F: Effectful> Clone for Workers<F> {
    fn clone(&self) -> Self {
        let (performer, under_way) = (Arc::clone(&self.performer), Arc::clone(&self.under_way));
        Self { performer, under_way, runtime: self.runtime.clone() }
    }
}

impl<F: Effectful> fmt::Debug for Workers<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}

impl<F: Effectful> fmt::Debug for Room<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("workers", &self.workers).finish_non_exhaustive()
    }
}
