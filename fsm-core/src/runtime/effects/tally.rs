//! What is under way, and what became of the rest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::breaker::BreakerState;
use super::verdict::Verdict;

/// How the effects of a kind are doing, for health and metrics. The totals count from the start of
/// the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Attempts that run now.
    pub running: usize,
    /// Effects that were begun and have no verdict: those whose attempts run, and those that wait
    /// for another one.
    pub under_way: usize,
    /// Effects that were performed.
    pub performed: u64,
    /// Attempts that were not the first of their effect.
    pub retried: u64,
    /// Effects that were given up.
    pub dead: u64,
    /// What the breaker lets happen; `None` if there is none.
    pub breaker: Option<BreakerState>,
}

/// What [`Workers::stop`](super::Workers::stop) left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stopped {
    /// Effects that had their verdict before the deadline.
    pub ended: u64,
    /// Effects that were cut off. They are still owed, and performed again after a restart.
    pub aborted: usize,
}

#[derive(Debug)]
pub(super) struct Tally {
    counts: Mutex<Counts>,
    /// Told when nothing is under way any more.
    idle: Notify,
    aborting: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Counts {
    stage: Stage,
    running: usize,
    under_way: usize,
    performed: u64,
    retried: u64,
    dead: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Working,
    /// Nothing new is begun.
    Stopping,
    /// No verdict is given any more.
    Aborting,
}

/// One effect that was begun, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    tally: Arc<Tally>,
}

/// One attempt that runs, until it is dropped.
#[derive(Debug)]
pub(super) struct Running<'a> {
    tally: &'a Tally,
}

impl Tally {
    pub(super) fn new() -> Self {
        let aborting = watch::Sender::new(false);
        Self { counts: Mutex::default(), idle: Notify::new(), aborting }
    }

    /// Counts an effect as begun; `None` if nothing is begun any more.
    pub(super) fn begin(self: &Arc<Self>) -> Option<UnderWay> {
        let mut counts = self.counts();
        if counts.stage > Stage::Working {
            return None;
        }
        counts.under_way += 1;
        drop(counts);
        Some(UnderWay { tally: Arc::clone(self) })
    }

    /// Counts an attempt as running.
    pub(super) fn run(&self, is_first: bool) -> Running<'_> {
        let mut counts = self.counts();
        counts.running += 1;
        counts.retried += u64::from(!is_first);
        drop(counts);
        Running { tally: self }
    }

    /// Ready when what is under way is to be cut off.
    pub(super) async fn aborted(&self) {
        // It fails only when the sender is gone, which is `self`'s.
        let _ = self.aborting.subscribe().wait_for(|aborting| *aborting).await;
    }

    /// Has nothing begun any more, and says how many verdicts there were before.
    pub(super) fn stop(&self) -> u64 {
        let mut counts = self.counts();
        counts.stage = counts.stage.max(Stage::Stopping);
        counts.verdicts()
    }

    /// Ready when nothing is under way.
    pub(super) async fn idle(&self) {
        loop {
            // Before the look: what ends in between is heard of.
            let idle = self.idle.notified();
            if self.counts().under_way == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Cuts off what is under way. `before` is what [`stop`](Self::stop) said.
    pub(super) fn abort(&self, before: u64) -> Stopped {
        let mut counts = self.counts();
        // From here on a verdict is not given, so that none is counted on both sides.
        counts.stage = Stage::Aborting;
        let stopped = Stopped { ended: counts.verdicts() - before, aborted: counts.under_way };
        drop(counts);
        self.aborting.send_replace(true);
        stopped
    }

    pub(super) fn statistics(&self, breaker: Option<BreakerState>) -> Statistics {
        let Counts { running, under_way, performed, retried, dead, .. } = *self.counts();
        Statistics { running, under_way, performed, retried, dead, breaker }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Nothing under this lock can panic half way.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    const fn verdicts(&self) -> u64 {
        self.performed + self.dead
    }
}

impl UnderWay {
    /// Counts a verdict, and gives it back if it is still wanted.
    pub(super) fn end<V>(self, verdict: Verdict<V>) -> Option<Verdict<V>> {
        let mut counts = self.tally.counts();
        if counts.stage == Stage::Aborting {
            return None;
        }
        match verdict {
            Verdict::Done { .. } => counts.performed += 1,
            Verdict::Dead(_) => counts.dead += 1,
        }
        Some(verdict)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut counts = self.tally.counts();
        counts.under_way -= 1;
        let is_idle = counts.under_way == 0;
        drop(counts);
        if is_idle {
            self.tally.idle.notify_waiters();
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.tally.counts().running -= 1;
    }
}
