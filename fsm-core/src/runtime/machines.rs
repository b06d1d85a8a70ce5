//! The machines of one kind on one shard.
//!
//! Each machine in memory has a slot. A slot is *waiting* while its records are read, or while a
//! commit that its restart depends on is under way; commands for it wait with it. Otherwise it is
//! *live* and answers, or it is *quarantined* and refuses.
//!
//! A live machine may be ahead of the journal: its records are in the batch being gathered or in
//! one under way. So every answer, refusals and questions too, is held back until the machine's
//! last record is durable; if that record fails, the caller gets the error and the machine is
//! dropped, to be read again by the next command.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use foldhash::fast::RandomState;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::task::JoinHandle;

use super::Machine;
use super::any_machines::{AnyMachines, Turn};
use super::command::{Answer, Command, Order, Refusal, Seen};
use super::error::Unavailable;
use super::kind::Kind;
use super::queue::Queue;
use super::running::{self, Gathering, Outcome};
use super::slot::{Held, Phase, Placed, Slot};
use crate::journal::{AppendError, MachineId, MachineKey, Position, SchemaId};
use crate::machine::Timestamp;

/// How many machines of a kind are read back at once on a shard; each holds a page of records.
const RECOVERIES_MAX: usize = 32;
/// How many completed machines stay in memory: what comes late comes soon, and reading a machine
/// back to refuse it costs much more than remembering it.
const COMPLETED_KEPT: usize = 1_024;
/// How many commands may wait for machines that are being read back before the shard stops taking
/// more out of the queue, which then fills up and refuses.
const WAITING_MAX: usize = 16_384;

/// How many answers may be held back before the shard stops taking commands of a kind.
const HELD_MAX: usize = 65_536;
/// How many commands of a kind are taken before it is the next one's turn.
const TURN_COMMANDS: usize = 4_096;

/// The machines of kind `F` on one shard.
#[derive(Debug)]
pub(super) struct Machines<F: Machine> {
    kind: Arc<Kind<F>>,
    queue: Arc<Queue<Command<F>>>,
    /// Commands taken out of the queue and not looked at yet.
    taken: std::vec::IntoIter<Command<F>>,
    slots: Vec<Slot<F>>,
    free: Vec<usize>,
    tenures: u64,
    by_id: HashMap<MachineId, usize, RandomState>,
    /// Slots whose records are still to be read, in the order of their first command.
    unread: VecDeque<usize>,
    /// Completed machines that are still in memory: their slots and tenures, oldest first.
    completed: VecDeque<(usize, u64)>,
    reading: FuturesUnordered<JoinHandle<(usize, Recovered<F>)>>,
    waiting_commands: usize,
    /// What waits for the batches that are under way or being gathered, oldest first.
    batches: VecDeque<Vec<Held<F>>>,
    /// The number of the oldest of them.
    oldest: u64,
    /// How many answers they hold together.
    held: usize,
}

/// What reading a machine's records gave.
type Recovered<F> = Result<(MachineKey, SchemaId, Option<Seen<F>>), Unavailable>;

impl<F: Machine> Machines<F> {
    pub(super) fn new(kind: Arc<Kind<F>>, queue: Arc<Queue<Command<F>>>) -> Self {
        Self {
            kind,
            queue,
            taken: Vec::new().into_iter(),
            slots: Vec::new(),
            free: Vec::new(),
            tenures: 0,
            by_id: HashMap::default(),
            unread: VecDeque::new(),
            completed: VecDeque::new(),
            reading: FuturesUnordered::new(),
            waiting_commands: 0,
            batches: VecDeque::new(),
            oldest: 0,
            held: 0,
        }
    }

    fn take_command(&mut self) -> Option<Command<F>> {
        if let Some(command) = self.taken.next() {
            return Some(command);
        }
        let mut taken = Vec::new();
        self.queue.take(&mut taken);
        self.taken = taken.into_iter();
        self.taken.next()
    }

    fn dispatch(&mut self, command: Command<F>, gathering: &mut Gathering, now: Timestamp) {
        let slot = self.slot(&command.id);
        match &mut self.slots[slot].phase {
            Phase::Waiting(waiting) => {
                waiting.push_back(command);
                self.waiting_commands += 1;
            }
            Phase::Quarantined(why) => command.order.refuse(why.clone()),
            Phase::Live { .. } => self.carry_out(slot, command, gathering, now),
            Phase::Free => command.order.refuse(Refusal::ShuttingDown),
        }
    }

    /// The machine's slot; a new one, waiting to be read, if it has none.
    fn slot(&mut self, id: &MachineId) -> usize {
        if let Some(&slot) = self.by_id.get(id) {
            return slot;
        }
        self.tenures += 1;
        let new = Slot {
            id: id.clone(),
            tenure: self.tenures,
            phase: Phase::Waiting(VecDeque::new()),
            placed: Placed::Durable(Position::START),
        };
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(new);
        } else {
            self.slots[slot] = new;
        }
        self.by_id.insert(id.clone(), slot);
        self.read_later(slot);
        slot
    }

    fn carry_out(
        &mut self,
        slot: usize,
        command: Command<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        let Slot { id, phase, .. } = &mut self.slots[slot];
        let Phase::Live { key, schema, machine } = std::mem::replace(phase, Phase::Free) else {
            return command.order.refuse(Refusal::ShuttingDown);
        };
        let moment = (command.at, now);
        // What a panic leaves behind is dropped: the machine, and what was encoded for it. Rows are
        // guarded by themselves; this is for the user's `Clone` and `Serialize`.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            gathering.carry_out::<F>(id, &key, schema, machine, moment, command.order)
        }));
        match outcome.unwrap_or(Outcome::Crashed { answer: Answer::Nobody }) {
            Outcome::Recorded { machine, offset, answer } => {
                self.slots[slot].phase = Phase::Live { key, schema, machine };
                let placed = Placed::InBatch { batch: gathering.number(), offset };
                self.slots[slot].placed = placed;
                self.hold(slot, answer);
            }
            Outcome::Unchanged { machine, answer } => {
                self.slots[slot].phase = Phase::Live { key, schema, machine };
                self.hold_if_heard(slot, answer);
            }
            Outcome::Crashed { answer } => {
                gathering.discard();
                self.hold_if_heard(slot, answer);
                self.restart(slot);
            }
        }
    }

    /// Holds an answer back that says nothing about a record of its own: only if somebody listens.
    fn hold_if_heard(&mut self, slot: usize, answer: Answer<F>) {
        if !matches!(answer, Answer::Nobody) {
            self.hold(slot, answer);
        }
    }

    /// Holds an answer back until the machine's last record is durable.
    fn hold(&mut self, slot: usize, answer: Answer<F>) {
        match self.slots[slot].placed {
            Placed::Durable(position) => answer.deliver(position),
            Placed::InBatch { batch, offset } => {
                let index = usize::try_from(batch - self.oldest).unwrap_or(usize::MAX);
                while self.batches.len() <= index {
                    self.batches.push_back(Vec::new());
                }
                let tenure = self.slots[slot].tenure;
                self.batches[index].push(Held { slot, tenure, offset, answer });
                self.held += 1;
            }
        }
    }

    /// Drops the machine's memory, and reads it back once its last record is durable.
    fn restart(&mut self, slot: usize) {
        self.slots[slot].phase = Phase::Waiting(VecDeque::new());
        if matches!(self.slots[slot].placed, Placed::Durable(_)) {
            self.read_later(slot);
        }
    }

    fn read_later(&mut self, slot: usize) {
        self.unread.push_back(slot);
        self.read_more();
    }

    fn read_more(&mut self) {
        while self.reading.len() < RECOVERIES_MAX {
            let Some(slot) = self.unread.pop_front() else {
                return;
            };
            let (kind, id) = (Arc::clone(&self.kind), self.slots[slot].id.clone());
            // Replay may take its time, and runs user code: not on the shard.
            self.reading.push(tokio::spawn(async move { (slot, recover(&kind, id).await) }));
        }
    }

    fn recovered(
        &mut self,
        slot: usize,
        recovered: Recovered<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        let phase = std::mem::replace(&mut self.slots[slot].phase, Phase::Free);
        let Phase::Waiting(waiting) = phase else {
            return;
        };
        self.waiting_commands -= waiting.len();
        let mut waiting = waiting.into_iter();
        match recovered {
            Ok((key, schema, Some(machine))) => {
                self.slots[slot].placed = Placed::Durable(machine.position);
                self.slots[slot].phase = Phase::Live { key, schema, machine };
            }
            Ok((key, schema, None)) => {
                self.create(slot, &key, schema, &mut waiting, gathering, now)
            }
            Err(unavailable) => {
                // Damage and code that does not fit stay; a disk that did not answer may recover.
                if matches!(unavailable, Unavailable::Quarantined(_)) {
                    self.slots[slot].phase = Phase::Quarantined(unavailable.clone());
                } else {
                    self.release(slot);
                }
                waiting.by_ref().for_each(|command| command.order.refuse(unavailable.clone()));
            }
        }
        for command in waiting {
            self.dispatch(command, gathering, now);
        }
        self.retire_if_completed(slot);
    }

    /// There is no such machine: the first create among the commands makes it, and those before
    /// it hear that there is none.
    fn create(
        &mut self,
        slot: usize,
        key: &MachineKey,
        schema: SchemaId,
        waiting: &mut impl Iterator<Item = Command<F>>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        for command in waiting {
            let Order::Create { context, answer } = command.order else {
                let (kind, id) = (F::TABLE.name, key.id.clone());
                command.order.refuse(Refusal::NotFound { kind, id });
                continue;
            };
            let time = command.at.unwrap_or(now);
            let created = catch_unwind(AssertUnwindSafe(|| {
                gathering.create::<F>(key, schema, context, time, answer)
            }));
            let Ok(Some((machine, offset, answer))) = created else {
                gathering.discard();
                continue;
            };
            let key = key.clone();
            self.slots[slot].phase = Phase::Live { key, schema, machine };
            let placed = Placed::InBatch { batch: gathering.number(), offset };
            self.slots[slot].placed = placed;
            return self.hold(slot, answer);
        }
        self.release(slot);
    }

    /// Takes the slot out of memory.
    fn release(&mut self, slot: usize) {
        self.slots[slot].phase = Phase::Free;
        let id = std::mem::take(&mut self.slots[slot].id);
        if self.by_id.get(&id) == Some(&slot) {
            self.by_id.remove(&id);
            self.free.push(slot);
        }
    }

    /// A machine that is complete, durably, leaves memory when enough others have completed since.
    fn retire_if_completed(&mut self, slot: usize) {
        let Slot { phase, placed, tenure, .. } = &self.slots[slot];
        let completed = matches!(phase, Phase::Live { machine, .. } if machine.completed);
        if !completed || !matches!(placed, Placed::Durable(_)) {
            return;
        }
        self.completed.push_back((slot, *tenure));
        while self.completed.len() > COMPLETED_KEPT {
            let Some((oldest, tenure)) = self.completed.pop_front() else { return };
            let Slot { phase, tenure: current, .. } = &self.slots[oldest];
            if *current == tenure && matches!(phase, Phase::Live { .. }) {
                self.release(oldest);
            }
        }
    }

    /// The held answer's machine now has a durable last record, unless it has gone on since.
    fn settle(&mut self, slot: usize, placed: Placed, position: Position) {
        if self.slots[slot].placed != placed {
            return;
        }
        self.slots[slot].placed = Placed::Durable(position);
        if matches!(self.slots[slot].phase, Phase::Waiting(_)) {
            return self.read_later(slot);
        }
        self.retire_if_completed(slot);
    }

    /// The record that the machine rests on is not in the journal: forget the machine, or read
    /// it again at once if commands wait for it.
    fn drop_machine(&mut self, slot: usize, placed: Placed) {
        if !self.rests_on(slot, placed) {
            return;
        }
        self.slots[slot].placed = Placed::Durable(Position::START);
        match &self.slots[slot].phase {
            Phase::Waiting(_) => {
                // It will be read anew: what is held for its old memory is no longer about it.
                self.tenures += 1;
                self.slots[slot].tenure = self.tenures;
                self.read_later(slot);
            }
            Phase::Live { .. } => self.release(slot),
            Phase::Free | Phase::Quarantined(_) => {}
        }
    }

    /// Whether the machine's memory holds the record at `placed`, or one after it.
    fn rests_on(&self, slot: usize, placed: Placed) -> bool {
        match (self.slots[slot].placed, placed) {
            (Placed::InBatch { batch: last, .. }, Placed::InBatch { batch: failed, .. }) => {
                last >= failed
            }
            _ => false,
        }
    }

    fn fail(&mut self, batch: u64, held: Vec<Held<F>>, error: &AppendError) {
        self.held -= held.len();
        for Held { slot, tenure, offset, answer } in held {
            answer.fail(error);
            if self.slots[slot].tenure == tenure {
                self.drop_machine(slot, Placed::InBatch { batch, offset });
            }
        }
    }
}

/// Reads a machine back. A panic in its actions is an answer like any other.
async fn recover<F: Machine>(kind: &Kind<F>, id: MachineId) -> Recovered<F> {
    let registered = kind.registered().await?;
    let key = kind.key(id).await?;
    // What a panic leaves behind is dropped with the replay; nothing else sees it.
    let replayed = AssertUnwindSafe(kind.replay(&key, |_| true)).catch_unwind().await;
    let machine = replayed.unwrap_or_else(|panic| {
        let message = running::panic_message(&*panic);
        Err(Unavailable::Quarantined(format!("an action panicked at replay: {message}")))
    })?;
    Ok((key, registered.schema, machine))
}

impl<F: Machine> AnyMachines for Machines<F> {
    fn begin(&mut self, oldest: u64) {
        self.oldest = oldest;
    }

    fn run(&mut self, gathering: &mut Gathering, now: Timestamp) -> Turn {
        for _ in 0..TURN_COMMANDS {
            if gathering.is_full() {
                return Turn::More;
            }
            if self.waiting_commands >= WAITING_MAX || self.held >= HELD_MAX {
                return Turn::Blocked;
            }
            let Some(command) = self.take_command() else {
                return Turn::Done;
            };
            self.dispatch(command, gathering, now);
        }
        Turn::More
    }

    fn poll_recovered(
        &mut self,
        cx: &mut Context<'_>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) -> Poll<()> {
        let mut progress = Poll::Pending;
        while let Poll::Ready(Some(joined)) = self.reading.poll_next_unpin(cx) {
            progress = Poll::Ready(());
            // `recover` does not panic; it is aborted only with the runtime, and the shard with it.
            if let Ok((slot, recovered)) = joined {
                self.recovered(slot, recovered, gathering, now);
            }
            self.read_more();
        }
        progress
    }

    fn committed(&mut self, first: Position) {
        let batch = self.oldest;
        self.oldest += 1;
        let held = self.batches.pop_front().unwrap_or_default();
        self.held -= held.len();
        for Held { slot, offset, answer, .. } in held {
            let position = first.plus(u64::from(offset));
            answer.deliver(position);
            self.settle(slot, Placed::InBatch { batch, offset }, position);
        }
    }

    fn failed(&mut self, error: &AppendError) {
        let batch = self.oldest;
        self.oldest += 1;
        let held = self.batches.pop_front().unwrap_or_default();
        self.fail(batch, held, error);
    }

    fn abandon(&mut self, gathered: u64, error: &AppendError) {
        let index = usize::try_from(gathered - self.oldest).unwrap_or(usize::MAX);
        if let Some(held) = self.batches.get_mut(index).map(std::mem::take) {
            self.fail(gathered, held, error);
        }
    }

    fn is_idle(&self) -> bool {
        self.taken.len() == 0
            && self.reading.is_empty()
            && self.waiting_commands == 0
            && self.batches.iter().all(Vec::is_empty)
    }
}

impl<F: Machine> Drop for Machines<F> {
    /// The shard has ended, in order or by a panic: nobody shall wait for it.
    fn drop(&mut self) {
        self.queue.close();
        while let Some(command) = self.take_command() {
            command.order.refuse(Refusal::ShuttingDown);
        }
    }
}
