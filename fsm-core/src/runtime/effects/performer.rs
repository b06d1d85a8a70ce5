//! From an owed effect to its verdict: attempt after attempt.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::attempt::{Failure, attempt};
use super::breaker::BreakerState;
use super::dead_letters::DeadLetter;
use super::gate::{Gate, Passage};
use super::key::EffectKey;
use super::options::PerformOptions;
use super::perform::{AnyPerform, Effectful, Perform};
use super::tally::Tally;
use super::verdict::Verdict;
use crate::runtime::clock::Clock;
use crate::runtime::random::Random;

/// The right to run one attempt.
pub(super) type Slot = OwnedSemaphorePermit;

/// What performs the effects of one kind.
pub(super) struct Performer<F: Effectful> {
    handler: Box<dyn AnyPerform<F>>,
    options: PerformOptions,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    slots: Arc<Semaphore>,
    gate: Gate,
    tally: Arc<Tally>,
}

/// What one attempt needs.
struct Turn<'a> {
    slot: Slot,
    passage: Passage<'a>,
}

impl<F: Effectful> Performer<F> {
    pub(super) fn new(
        handler: impl Perform<F>,
        options: PerformOptions,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(options.running_max));
        let gate = Gate::new(options.breaker);
        let (handler, tally) = (Box::new(handler), Arc::new(Tally::new()));
        Self { handler, options, clock, random, slots, gate, tally }
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(super) const fn slots(&self) -> &Arc<Semaphore> {
        &self.slots
    }

    pub(super) const fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    pub(super) fn breaker(&self) -> Option<BreakerState> {
        self.gate.state(self.clock.now())
    }

    /// Tries until it is done or dead. It has a slot for its first attempt; while it waits for a
    /// later one it has none, so that those that fail do not keep the others from their turn.
    ///
    /// # Cancel safety
    ///
    /// Dropping it gives back what it holds; the effect is as owed as before.
    pub(super) async fn verdict(
        &self,
        key: &EffectKey,
        effect: &F::Effect,
        slot: Slot,
    ) -> Verdict<F::Event> {
        let mut attempts = 1;
        let mut turn = self.turn(Some(slot)).await;
        loop {
            let failure = match self.attempt(key, effect, turn, attempts).await {
                Ok(event) => return Verdict::Done { event, attempts },
                Err(failure) => failure,
            };
            let now = self.clock.now();
            if failure.permanent || attempts >= self.options.attempts_max {
                let Failure { why, permanent } = failure;
                let key = key.clone();
                return Verdict::Dead(DeadLetter::new(key, effect, why, attempts, permanent, now));
            }
            let delay = self.options.backoff.delay_with_jitter(attempts, self.random.fraction());
            self.clock.sleep_until(now.saturating_add(delay)).await;
            attempts += 1;
            turn = self.turn(None).await;
        }
    }

    async fn attempt(
        &self,
        key: &EffectKey,
        effect: &F::Effect,
        turn: Turn<'_>,
        nth: u32,
    ) -> Result<Option<F::Event>, Failure> {
        let Turn { slot, passage } = turn;
        let running = self.tally.run(nth == 1);
        let (clock, timeout) = (&*self.clock, self.options.attempt_timeout);
        let outcome = attempt(&*self.handler, key, effect, clock, timeout).await;
        // Who refuses for good has answered: the service is there.
        let is_answered = outcome.as_ref().map_or_else(|failure| failure.permanent, |_| true);
        passage.end(is_answered, clock.now());
        drop(running);
        drop(slot);
        outcome
    }

    /// Waits for a slot, and for the breaker, without a slot.
    async fn turn(&self, mut slot: Option<Slot>) -> Turn<'_> {
        loop {
            let held = match slot.take() {
                Some(slot) => slot,
                None => self.slot().await,
            };
            match self.gate.admit(self.clock.now(), self.random.fraction()) {
                Ok(passage) => return Turn { slot: held, passage },
                Err(until) => {
                    drop(held);
                    self.clock.sleep_until(until).await;
                }
            }
        }
    }

    async fn slot(&self) -> Slot {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        slot.unwrap_or_else(|_| unreachable!("the slots are never closed"))
    }
}
