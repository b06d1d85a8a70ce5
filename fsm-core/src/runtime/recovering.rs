//! A machine's life, first part: it comes to memory.
//!
//! The first command for a machine that is not in memory, or something that is due, has its records
//! read and replayed, off the shard; what is sent to it waits. Then it [runs](super::running), or
//! is created if there are no records and the first command says so. A machine that panicked is
//! brought back the same way; one whose records cannot be replayed is quarantined.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use foldhash::fast::FixedState;
use futures_util::FutureExt;

use super::Machine;
use super::carrying::Outcome;
use super::command::{Answer, Command, Created, Given, Order, Refusal, Seen};
use super::duties::{Due, Resting};
use super::error::{SendError, Unavailable};
use super::fairness::Share;
use super::gathering::{Gathering, Place};
use super::kind::Kind;
use super::machines::Machines;
use super::panic::panic_message;
use super::reading::ReadBack;
use super::slot::{Phase, Placed, Slot};
use super::supervision::Intensity;
use crate::journal::{MachineId, Position, Registered};
use crate::machine::{Effects, Timestamp};

/// How many machines of a kind are read back at once on a shard; each holds a page of records.
const RECOVERIES_MAX: usize = 32;

/// How long a machine whose records could not be read is left alone before it is read again without
/// being asked for.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// What reading a machine's records gave.
pub(super) type Recovered<F> = Result<(Registered, Option<ReadBack<F>>), Unavailable>;

/// How long something that panicked when it was due is left alone: so long after the first crash of
/// its machine, twice as long after each further one. Commands are taken at once: who sends them
/// hears of the crash, and decides.
const REST_FIRST: Duration = Duration::from_millis(100);
/// The longest such rest.
const REST_MAX: Duration = Duration::from_secs(30);

/// The machines that crashed lately, by slot.
#[derive(Debug, Default)]
pub(super) struct Crashes {
    by_slot: HashMap<usize, Crashed>,
}

#[derive(Debug, Default)]
struct Crashed {
    times: VecDeque<Timestamp>,
    resting: Vec<Resting>,
}

impl Crashes {
    /// How often a machine crashed of late.
    pub(super) fn count(&self, slot: usize) -> usize {
        self.by_slot.get(&slot).map_or(0, |crashed| crashed.times.len())
    }

    /// What of a machine is left alone for a while.
    pub(super) fn resting(&self, slot: usize) -> &[Resting] {
        self.by_slot.get(&slot).map_or(&[], |crashed| &crashed.resting)
    }

    /// Notes a crash; says whether there were too many of late.
    fn note(
        &mut self,
        slot: usize,
        culprit: Option<Due>,
        intensity: Intensity,
        now: Timestamp,
    ) -> bool {
        let crashed = self.by_slot.entry(slot).or_default();
        crashed.times.push_back(now);
        crashed.times.retain(|&crash| now.since(crash) <= intensity.within);
        if crashed.times.len() > usize::from(intensity.restarts_max) {
            self.by_slot.remove(&slot);
            return true;
        }
        crashed.resting.retain(|resting| now < resting.until && Some(resting.due) != culprit);
        if let Some(due) = culprit {
            let until = now.saturating_add(rest(slot, crashed.times.len()));
            crashed.resting.push(Resting { due, until });
        }
        false
    }

    /// Forgets a machine that left.
    pub(super) fn forget(&mut self, slot: usize) {
        if !self.by_slot.is_empty() {
            self.by_slot.remove(&slot);
        }
    }
}

/// How long something rests after the machine's so many crashes.
pub(super) fn rest(slot: usize, crashes: usize) -> Duration {
    let exponent = u32::try_from(crashes).unwrap_or(u32::MAX).saturating_sub(1).min(16);
    let rest = REST_FIRST.saturating_mul(1 << exponent).min(REST_MAX);
    // Machines that crashed together need not come back together.
    let spread = FixedState::default().hash_one((slot, crashes)) % 1_000;
    rest + rest.mul_f64(spread as f64 / 4_000.0)
}

impl<F: Machine> Machines<F> {
    /// The machine's slot; a new one, waiting to be read, if it has none.
    pub(super) fn slot(&mut self, id: &MachineId, now: Timestamp) -> usize {
        if let Some(&slot) = self.by_id.get(id) {
            return slot;
        }
        self.tenures += 1;
        let slot = self.vacant().unwrap_or(self.slots.len());
        let new = Slot {
            id: id.clone(),
            tenure: self.tenures,
            vacated: self.slots.get(slot).map_or(0, |slot| slot.vacated),
            snapshot: 0,
            phase: Phase::Waiting(VecDeque::new()),
            placed: Placed::Durable(Position::START),
            alarm: None,
            roused: false,
            retiring: false,
            performing: None,
            watchers: None,
            share: Share::default(),
            used: now,
        };
        if slot == self.slots.len() {
            self.slots.push(new);
        } else {
            self.slots[slot] = new;
        }
        self.by_id.insert(id.clone(), slot);
        self.kind.gauges().came();
        if !self.kind.is_volatile() {
            self.read_later(slot);
        }
        slot
    }

    /// Brings a machine back to memory, for a command if there is one.
    pub(super) fn wake(&mut self, slot: usize, command: Option<Command<F>>) {
        self.waiting_commands += usize::from(command.is_some());
        match self.slots[slot].phase {
            Phase::Asleep => {
                self.asleep -= 1;
                self.kind.gauges().woke();
            }
            Phase::Quarantined(_) => self.kind.gauges().released(&self.slots[slot].id),
            Phase::Free | Phase::Waiting(_) | Phase::Live(_) | Phase::Suspended(_) => {}
        }
        self.slots[slot].enter(Phase::Waiting(command.into_iter().collect()));
        self.restart(slot);
    }

    /// The machine has panicked: its memory is dropped, and it is read back once its last record
    /// is durable.
    pub(super) fn crashed(
        &mut self,
        slot: usize,
        message: &str,
        culprit: Option<Due>,
        now: Timestamp,
    ) {
        self.kind.gauges().crashed();
        // What its action had returned before it panicked.
        self.effects = Effects::new();
        if self.failed_member(slot, message) {
            return;
        }
        if self.kind.is_volatile() {
            // There is nothing to bring it back from.
            return self.leave(slot);
        }
        let intensity = self.kind.options().intensity;
        if self.crashes.note(slot, culprit, intensity, now) {
            let why = format!(
                "it panicked more than {} times within {:?}, the last time with: {message}",
                intensity.restarts_max, intensity.within
            );
            return self.quarantine(slot, why);
        }
        self.slots[slot].enter(Phase::Waiting(VecDeque::new()));
        self.set_alarm(slot);
        self.restart(slot);
    }

    /// The machine refuses everything until it is released.
    fn quarantine(&mut self, slot: usize, why: String) {
        self.kind.gauges().quarantined(&self.slots[slot].id, why.clone());
        self.slots[slot].enter(Phase::Quarantined(Box::new(Unavailable::Quarantined(why))));
        self.set_alarm(slot);
    }

    /// Has a machine that waits read back, once its last record is durable.
    pub(super) fn restart(&mut self, slot: usize) {
        if matches!(self.slots[slot].placed, Placed::Durable(_)) {
            self.read_later(slot);
        }
    }

    pub(super) fn read_later(&mut self, slot: usize) {
        self.unread.push_back(slot);
        self.read_more();
    }

    pub(super) fn read_more(&mut self) {
        while self.reading.len() < RECOVERIES_MAX {
            let Some(slot) = self.unread.pop_front() else {
                return;
            };
            let read = self.read_or_erase(slot);
            // Replay may take its time, and runs user code: not on the shard.
            self.reading.push(tokio::spawn(async move { (slot, read.await) }));
        }
    }

    pub(super) fn recovered(
        &mut self,
        slot: usize,
        recovered: Recovered<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        let was_roused = std::mem::take(&mut self.slots[slot].roused);
        self.roused -= usize::from(was_roused);
        let phase = std::mem::replace(&mut self.slots[slot].phase, Phase::Free);
        let Phase::Waiting(waiting) = phase else {
            self.slots[slot].phase = phase;
            return;
        };
        self.waiting_commands -= waiting.len();
        let mut waiting = waiting.into_iter();
        match recovered {
            Ok((registered, Some(ReadBack { live, position, snapshot }))) => {
                self.registered = Some(registered);
                self.slots[slot].snapshot = snapshot.0 as u16;
                self.slots[slot].placed = Placed::Durable(position);
                self.slots[slot].phase = Phase::Live(live);
                self.set_alarm(slot);
            }
            Ok((registered, None)) => {
                self.registered = Some(registered);
                self.slots[slot].snapshot = 0;
                self.create(slot, &mut waiting, gathering, now);
            }
            Err(unavailable) => {
                // Damage and code that does not fit stay; a disk that did not answer may recover.
                match &unavailable {
                    Unavailable::Quarantined(why) => self.quarantine(slot, why.clone()),
                    Unavailable::Suspended(_)
                    | Unavailable::Read(_)
                    | Unavailable::Register(_)
                    | Unavailable::Incompatible(_) => {
                        self.doze(slot, READ_AGAIN);
                    }
                }
                for command in waiting.by_ref() {
                    if command.is_end() {
                        // It is still owed, and performed again when the machine is back.
                        self.slots[slot].performing = None;
                    }
                    command.refuse(unavailable.clone());
                }
            }
        }
        for command in waiting {
            self.dispatch_to(slot, command, gathering, now);
        }
        if was_roused {
            // At once, and not behind all who sleep and are due as well.
            self.ring(slot, gathering, now);
        }
        if matches!(self.slots[slot].placed, Placed::Durable(_)) {
            self.came_to_rest(slot);
        }
    }

    /// There is no such machine: the first create among the commands makes it, and those before
    /// it hear that there is none.
    pub(super) fn create(
        &mut self,
        slot: usize,
        waiting: &mut impl Iterator<Item = Command<F>>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        for command in waiting {
            let (at, order) = command.into_order();
            let Order::Create { context, parent, answer } = order else {
                let id = self.slots[slot].id.clone();
                order.refuse(Refusal::NotFound { kind: F::TABLE.name, id });
                continue;
            };
            let begun = gathering.end();
            let making = Making { kind: &self.kind, registered: self.registered, gathering };
            match making.make(&mut self.slots[slot], (context, parent), at.unwrap_or(now)) {
                Ok(seen) => {
                    let outcome = Outcome::answered(Answer::Create(answer, Ok(seen)));
                    return self.conclude(slot, begun, outcome, gathering, now);
                }
                Err(refused) => {
                    gathering.cut(begun);
                    // A caller that no longer waits misses an answer it did not want.
                    let _ = answer.send(Err(refused));
                }
            }
        }
        self.leave(slot);
    }

    /// Creates a machine on the sender's thread: the answer, or what was given if that has to be
    /// queued. Nothing is journaled.
    pub(super) fn create_directly(
        &mut self,
        id: &MachineId,
        given: Given<F>,
        time: Timestamp,
    ) -> Result<Created<F>, Given<F>> {
        if self.by_id.contains_key(id) {
            return Err(given);
        }
        let slot = self.slot(id, time);
        let gathering = &mut self.nothing;
        let making = Making { kind: &self.kind, registered: self.registered, gathering };
        let created = making.make(&mut self.slots[slot], given, time);
        if created.is_err() {
            self.leave(slot);
        } else if self.look_after_busy(slot) {
            // Something of it is due, or to be performed, which is for the shard.
            self.lane.queue.ring();
        }
        Ok(created)
    }
}

/// What it takes to make a machine.
struct Making<'a, F: Machine> {
    kind: &'a Kind<F>,
    registered: Option<Registered>,
    gathering: &'a mut Gathering,
}

impl<F: Machine> Making<'_, F> {
    /// Makes a machine in its slot.
    fn make(
        self,
        slot: &mut Slot<F>,
        given: Given<F>,
        time: Timestamp,
    ) -> Result<Seen<F>, SendError<F::Context>> {
        let place = Place::new(&slot.id, self.registered, false);
        // Nobody makes a machine before its kind has its numbers.
        let Some(place) = place else { return Err(SendError::Unanswered) };
        let limits = &self.kind.options().limits;
        let (live, seen) = self.gathering.create::<F>(place, limits, given, time)?;
        slot.phase = Phase::Live(live);
        Ok(seen)
    }
}

/// Reads a machine back. A panic in its actions is an answer like any other.
pub(super) async fn recover<F: Machine>(kind: &Kind<F>, id: MachineId) -> Recovered<F> {
    let registered = kind.registered().await?;
    if kind.is_volatile() {
        return Ok((registered, None));
    }
    let key = kind.key(id).await?;
    // What a panic leaves behind is dropped with the replay; nothing else sees it.
    let replayed = AssertUnwindSafe(kind.replay(&key, None)).catch_unwind().await;
    let machine = replayed.unwrap_or_else(|panic| {
        let message = panic_message(&*panic);
        Err(Unavailable::Quarantined(format!("an action panicked at replay: {message}")))
    })?;
    Ok((registered, machine))
}
