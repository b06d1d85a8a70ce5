//! How what a machine has for others is brought to them.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use tokio::sync::watch;

use super::Machine;
use super::backoff::Backoff;
use super::clock::Clock;
use super::effects::{DeadLetter, EffectKey, Verdict};
use super::house::House;
use super::machine_ref::MachineRef;
use super::message::{Message, Undelivered};
use super::panic::panic_message;
use super::random::Random;
use crate::journal::{MachineId, Parent, SchemaId};

/// After how long a delivery is tried again. The longest wait is short, because a machine that
/// cannot be reached may be mended in the middle of the night.
const AGAIN: Backoff =
    Backoff::new(Duration::from_millis(50)).cap(Duration::from_secs(30)).jitter(0.5);

/// The way to every machine of the system, while there is one.
#[derive(Clone)]
pub(super) struct Post {
    house: Weak<House>,
}

/// What carries messages, and goes on until they are delivered or refused.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    post: Post,
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    /// Says that the system ends.
    closing: watch::Receiver<bool>,
}

impl Post {
    pub(super) const fn new(house: Weak<House>) -> Self {
        Self { house }
    }

    /// A handle to another machine.
    pub(super) fn machine<G: Machine>(&self, id: MachineId) -> Result<MachineRef<G>, Undelivered> {
        Ok(self.house()?.machine(id))
    }

    /// Tells a parent of its child's end.
    pub(super) async fn tell(&self, parent: &Parent, key: &EffectKey) -> Result<(), Undelivered> {
        let kind = self.house()?.kind_named(&parent.kind);
        // Its kind may come into use later in this program.
        let kind = kind.ok_or(Undelivered::NotYet)?;
        let event = (&*parent.event, parent.schema);
        kind.tell(parent.id.clone().into(), event, key.to_string()).await
    }

    /// The schema that this code's events of a kind are encoded with, if anything is journaled.
    pub(super) async fn schema_of(&self, kind: &str) -> Result<Option<SchemaId>, Undelivered> {
        let kind = self.house()?.kind_named(kind).ok_or(Undelivered::NotYet)?;
        kind.schema_id().await.map_err(|_| Undelivered::NotYet)
    }

    /// Has a kind be in use.
    pub(super) fn begin_use<G: Machine>(&self) -> Result<(), Undelivered> {
        let _in_use = self.house()?.kind::<G>();
        Ok(())
    }

    /// Stops a machine.
    pub(super) async fn stop(&self, kind: &str, id: MachineId) -> Result<(), Undelivered> {
        let kind = self.house()?.kind_named(kind);
        // Its kind may come into use later in this program.
        kind.ok_or(Undelivered::NotYet)?.stop(id).await
    }

    fn house(&self) -> Result<Arc<House>, Undelivered> {
        self.house.upgrade().ok_or(Undelivered::NotYet)
    }
}

impl Mail {
    pub(super) const fn new(
        post: Post,
        clock: Arc<dyn Clock>,
        random: Arc<Random>,
        closing: watch::Receiver<bool>,
    ) -> Self {
        Self { post, clock, random, closing }
    }

    /// Delivers a message, however long it takes; `None` if the system ends before.
    pub(super) async fn deliver<E>(
        &self,
        message: Arc<dyn Message>,
        key: EffectKey,
    ) -> Option<Verdict<E>> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            // This runs on the shard of the machine that sends. What the other kind's code, or its
            // registration, panics over is that message's end, and not the shard's.
            let delivered = AssertUnwindSafe(message.deliver(&self.post, &key)).catch_unwind();
            let delivered = delivered.await.unwrap_or_else(|panic| {
                Err(Undelivered::Refused(format!("it panicked: {}", panic_message(&*panic))))
            });
            match delivered {
                Ok(()) => return Some(Verdict::Done { event: None, attempts }),
                Err(Undelivered::Refused(why)) => {
                    let now = self.clock.now();
                    let letter = DeadLetter::new(key, &message, why, attempts, true, now);
                    return Some(Verdict::Dead(letter));
                }
                Err(Undelivered::NotYet) => {}
            }
            let delay = AGAIN.delay_with_jitter(attempts, self.random.fraction());
            let again = self.clock.now().saturating_add(delay);
            let mut closing = self.closing.clone();
            let closing = pin!(closing.wait_for(|closing| *closing));
            if let Either::Left(_) = select(closing, self.clock.sleep_until(again)).await {
                return None;
            }
        }
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").finish_non_exhaustive()
    }
}
