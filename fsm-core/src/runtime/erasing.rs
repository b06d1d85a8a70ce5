//! Erasing: all that is known of a machine, or what it was.
//!
//! Both go through the machine's shard. To be forgotten, a machine leaves memory first, with
//! everything of it that is under way; commands wait until its records are gone, and then find that
//! there is none. To be condensed, it writes itself down as a whole, in the order of its other
//! records, and what is before is erased.

use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

use super::Machine;
use super::command::{Based, Command, Erased, Order};
use super::error::SendError;
use super::kind::Kind;
use super::machine_ref::MachineRef;
use super::machines::Machines;
use super::recovering::{Recovered, recover};
use super::running::Running;
use super::slot::{Phase, Placed};
use super::snapshotting::SAVES_MAX;
use super::stored::{Stored, Unstorable, storable};
use crate::journal::{Fact, MachineId, UpkeepError};
use crate::machine::StateId;

impl<F: Machine> MachineRef<F> {
    /// Erases the machine for good: its records, its snapshots, its dead letters. Says how many
    /// records that were.
    ///
    /// What of it is under way ends: its timers, what it has scheduled or keeps, the effect that is
    /// being performed, at its next await. Those who watch it hear that there is no more. What it
    /// has sent is not called back, and machines that it has spawned go on. Later commands find no
    /// machine, until one is created: that is another, which begins at sequence 1.
    ///
    /// ```
    /// # use fsm_core::{Fsm, SendError, System};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Debug, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let system = System::builder().start().await?;
    /// let gate = system.machine::<Turnstile>("north");
    /// gate.create(()).await?;
    /// gate.send(Event::Coin).await?;
    /// assert_eq!(gate.forget().await?, 2);
    /// assert!(matches!(gate.state().await, Err(SendError::NotFound { .. })));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::NotFound`] if there is none; or why it could not be erased.
    ///
    /// # Cancel safety
    ///
    /// Dropped after its first poll, the machine is still forgotten.
    ///
    /// # Durability
    ///
    /// As the journal's [`Upkeep::forget`](crate::journal::Upkeep::forget).
    pub async fn forget(&self) -> Result<u64, SendError> {
        self.ask(|answer| Order::Forget { answer }).await
    }

    /// Writes the machine down as a whole, as one more record of it, and erases its records before
    /// that one. Says how many that were. The machine is what it was, and its
    /// [`history`](Self::history) begins with
    /// [`Happened::Based`](super::Happened::Based).
    ///
    /// ```
    /// # use fsm_core::{Fsm, System};
    /// # use fsm_core::runtime::Happened;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Fsm, Clone, Debug, PartialEq)] #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] enum Event { Coin, Push }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let system = System::builder().start().await?;
    /// # let gate = system.machine::<Turnstile>("north");
    /// gate.create(()).await?;
    /// gate.send(Event::Coin).await?;
    /// assert_eq!(gate.condense().await?, 2);
    /// let history = gate.history().await?;
    /// assert_eq!(history[0].happened, Happened::Based { state: "Unlocked".to_owned() });
    /// assert_eq!(gate.send(Event::Push).await?.sequence.0, 4);
    /// # Ok(()) }
    /// ```
    ///
    /// What is written down outlives the program: states, events and rows are kept by name, timers
    /// by where they run and where their row leads. A timer that later code does not have does not
    /// run; one that was added starts at the time of the record. One that runs keeps the time at
    /// which it is due, whatever its duration is by then.
    ///
    /// # Errors
    ///
    /// [`SendError::Unstorable`] while the machine owes effects or has some that were given up, or
    /// if its state cannot be encoded; [`SendError::NotFound`] if there is none; or why it could
    /// not be written or erased. [`SendError::Upkeep`] says that it was written, and that something
    /// before it is still there: condense it again.
    ///
    /// # Cancel safety
    ///
    /// Dropped after its first poll, the record may be written, and what is before it may be
    /// erased or not: condense it again.
    pub async fn condense(&self) -> Result<u64, SendError> {
        let Some(base) = self.ask(|answer| Order::Condense { answer }).await? else {
            return Ok(0);
        };
        let key = self.kind().key(self.machine_id().clone()).await?;
        let trimmed = self.kind().journal().upkeep().trim(&key, base).await;
        trimmed.map_err(|error| failed::<F>(error, self.machine_id()))
    }
}

impl<F: Machine> Machines<F> {
    /// Takes the machine out of memory, and has it erased then.
    pub(super) fn forget(&mut self, slot: usize, answer: oneshot::Sender<Erased>) {
        self.finished_member(slot);
        self.call_off(slot);
        if self.kind.is_volatile() {
            let _ = answer.send(Ok(0));
            return self.leave(slot);
        }
        match self.slots[slot].phase {
            Phase::Asleep => {
                self.asleep -= 1;
                self.kind.gauges().woke();
            }
            Phase::Quarantined(_) => self.kind.gauges().released(&self.slots[slot].id),
            Phase::Free | Phase::Waiting(_) | Phase::Live(_) | Phase::Suspended(_) => {}
        }
        self.slots[slot].enter(Phase::Waiting([].into()));
        self.set_alarm(slot);
        // Who watches it hears of its end.
        (self.slots[slot].watchers, self.slots[slot].retiring) = (None, false);
        self.crashes.forget(slot);
        self.forgetting.entry(slot).or_default().push(answer);
        self.restart(slot);
    }

    /// A machine that is to be condensed must rest on something durable: what it has answered says
    /// where that stands. If it does not, it is read back first; the command waits. Gives the
    /// answer back if it does.
    pub(super) fn condense_later(
        &mut self,
        slot: usize,
        answer: oneshot::Sender<Based>,
    ) -> Option<oneshot::Sender<Based>> {
        let Phase::Live(live) = &self.slots[slot].phase else { return Some(answer) };
        // What it owes now it owes then.
        let is_durable = matches!(self.slots[slot].placed, Placed::Durable(_));
        if is_durable || self.kind.is_volatile() || owes(storable(live)) {
            return Some(answer);
        }
        let id = self.slots[slot].id.clone();
        let command = Command::letter(id, None, Order::Condense { answer });
        self.waiting_commands += 1;
        self.slots[slot].enter(Phase::Waiting([command].into()));
        self.set_alarm(slot);
        self.restart(slot);
        None
    }

    /// Reads a machine back, or erases it if somebody has asked for that.
    pub(super) fn read_or_erase(
        &mut self,
        slot: usize,
    ) -> impl Future<Output = Recovered<F>> + Send + use<F> {
        let (kind, id) = (Arc::clone(&self.kind), self.slots[slot].id.clone());
        let (forgetting, saves) = (self.forgetting.remove(&slot), Arc::clone(&self.saves));
        async move {
            match forgetting {
                None => recover(&kind, id).await,
                Some(answers) => erase(&kind, id, &saves, answers).await,
            }
        }
    }
}

fn owes(storable: Result<(), Unstorable>) -> bool {
    matches!(storable, Err(Unstorable::Owes { .. } | Unstorable::Abandoned { .. }))
}

/// Erases a machine that is in nobody's memory.
async fn erase<F: Machine>(
    kind: &Kind<F>,
    id: MachineId,
    saves: &Semaphore,
    answers: Vec<oneshot::Sender<Erased>>,
) -> Recovered<F> {
    let erased = erase_records(kind, &id, saves).await;
    let is_erased = erased.is_ok();
    if is_erased {
        kind.dead_letters().forget(F::TABLE.name, &id);
    }
    let mut erased = Some(erased);
    for answer in answers {
        // Only the first who asked has erased anything.
        let not_found =
            || Err(SendError::NotFound { given: (), kind: F::TABLE.name, id: id.to_string() });
        let _ = answer.send(erased.take().unwrap_or_else(not_found));
    }
    if is_erased { Ok((kind.registered().await?, None)) } else { recover(kind, id).await }
}

async fn erase_records<F: Machine>(kind: &Kind<F>, id: &MachineId, saves: &Semaphore) -> Erased {
    let key = kind.key(id.clone()).await?;
    // What is being saved of it must be there to be erased. It is never closed.
    drop(saves.acquire_many(SAVES_MAX).await);
    let erased = kind.journal().upkeep().forget(&key).await;
    erased.map_err(|error| failed::<F>(error, id))
}

fn failed<F: Machine>(error: UpkeepError, id: &MachineId) -> SendError {
    match error {
        UpkeepError::NotFound { .. } => {
            SendError::NotFound { given: (), kind: F::TABLE.name, id: id.to_string() }
        }
        error => SendError::Upkeep(error),
    }
}

impl<F: Machine> Running<'_, F> {
    /// Writes the machine down as a whole; `None` if nothing is journaled.
    pub(super) fn condense(&mut self) -> Based {
        if self.gathering.is_volatile() {
            return Ok(None);
        }
        let stored = storable(self.live).and_then(|()| Stored::of(self.live));
        let stored = stored.map_err(|why| SendError::Unstorable { why })?;
        let state = StateId(stored.state.number);
        self.gathering.encode(&stored.formed()).map_err(|source| SendError::Codec { source })?;
        if let Some(bytes) = self.gathering.too_large(self.place.id, None) {
            let bytes_max = self.gathering.record_bytes_max();
            return Err(SendError::TooLarge { given: (), bytes, bytes_max });
        }
        self.live.advance(self.time);
        self.record(Fact::Base { state }, None);
        Ok(Some(self.live.sequence))
    }
}
