//! The machines of one kind on one shard.
//!
//! Each machine in memory has a slot. A slot is *waiting* while its records are read, or while a
//! commit that its restart depends on is under way; commands for it wait with it. Otherwise it is
//! *live* and answers, *asleep* until something is due, or *quarantined* and refuses.
//!
//! A live machine may be ahead of the journal: its records are in the batch being gathered or in
//! one under way. So every answer, refusals and questions too, is [held back](super::holding) until
//! the machine's last record is durable.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use foldhash::fast::RandomState;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{broadcast, oneshot};
use tokio::task::JoinHandle;

use super::Machine;
use super::answer::Transition;
use super::any_machines::{AnyMachines, Turn};
use super::carrying::{Outcome, Rare};
use super::command::{Answer, Command, Order, Refusal, Watched};
use super::effects::DeadLetter;
use super::fairness::Fairness;
use super::gathering::{Gathering, Place};
use super::holding::Holding;
use super::kind::Kind;
use super::performing::Performing;
use super::queue::Queue;
use super::recovering::{Crashes, Recovered, rest};
use super::slot::{Phase, Placed, Slot};
use super::stopping::Sweep;
use super::supervision::Run;
use super::wheel::Wheel;
use crate::journal::{AppendError, MachineId, Position, Registered};
use crate::machine::Timestamp;

/// How many commands may wait for machines that are being read back before the shard stops taking
/// more out of the queue, which then fills up and refuses.
const WAITING_MAX: usize = 16_384;
/// How many commands of a kind are taken before it is the next one's turn.
const TURN_COMMANDS: usize = 4_096;
/// How many commands are looked at in a turn: what a flooded machine does not carry out at once is
/// cheap to put off, and the commands behind it should not wait for that.
const TURN_LOOKS: usize = 16_384;
/// How many machines whose time has come are looked at in a turn: a restart that finds a hundred
/// thousand of them must not keep commands waiting.
const TURN_ALARMS: usize = 512;

/// How many transitions somebody who watches may lag behind before the oldest are dropped.
const WATCHED_MAX: usize = 256;

/// The machines of kind `F` on one shard.
#[derive(Debug)]
pub(super) struct Machines<F: Machine> {
    pub(super) kind: Arc<Kind<F>>,
    queue: Arc<Queue<Command<F>>>,
    /// Commands taken out of the queue and not looked at yet.
    taken: std::vec::IntoIter<Command<F>>,
    pub(super) slots: Vec<Slot<F>>,
    pub(super) free: Vec<usize>,
    pub(super) tenures: u64,
    pub(super) by_id: HashMap<MachineId, usize, RandomState>,
    /// The kind's numbers, known once a machine was read.
    pub(super) registered: Option<Registered>,
    /// Slots whose records are still to be read, in the order of their first command.
    pub(super) unread: VecDeque<usize>,
    /// Completed machines that are still in memory: their slots and tenures, oldest first.
    pub(super) completed: VecDeque<(usize, u64)>,
    /// How many slots are asleep.
    pub(super) asleep: usize,
    pub(super) reading: FuturesUnordered<JoinHandle<(usize, Recovered<F>)>>,
    pub(super) waiting_commands: usize,
    pub(super) crashes: Crashes,
    /// Machines that are members of supervised sets.
    pub(super) attended: HashMap<usize, Run>,
    pub(super) holding: Holding<F>,
    pub(super) fairness: Fairness<F>,
    pub(super) performing: Performing<F>,
    /// Which machines want to be looked at, and when.
    pub(super) wheel: Wheel<u32>,
    /// Those whose time has come, being looked at.
    ringing: Vec<(Timestamp, u32)>,
    pub(super) sweep: Sweep,
    /// The time of the last turn.
    pub(super) now: Timestamp,
}

impl<F: Machine> Machines<F> {
    pub(super) fn new(kind: Arc<Kind<F>>, queue: Arc<Queue<Command<F>>>, now: Timestamp) -> Self {
        let sweep = Sweep::new(kind.options(), kind.shards(), now);
        let performing = Performing::new(&kind);
        Self {
            kind,
            queue,
            taken: Vec::new().into_iter(),
            slots: Vec::new(),
            free: Vec::new(),
            tenures: 0,
            by_id: HashMap::default(),
            registered: None,
            unread: VecDeque::new(),
            completed: VecDeque::new(),
            asleep: 0,
            reading: FuturesUnordered::new(),
            waiting_commands: 0,
            crashes: Crashes::default(),
            attended: HashMap::new(),
            holding: Holding::default(),
            fairness: Fairness::default(),
            performing,
            wheel: Wheel::new(now),
            ringing: Vec::new(),
            sweep,
            now,
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

    pub(super) fn dispatch(
        &mut self,
        command: Command<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        let slot = self.slot(&command.id, now);
        self.dispatch_to(slot, command, gathering, now);
    }

    fn dispatch_to(
        &mut self,
        slot: usize,
        command: Command<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        self.slots[slot].used = now;
        match &mut self.slots[slot].phase {
            Phase::Live(_) => {
                if matches!(command.order, Order::Ended { .. }) {
                    self.slots[slot].performing = None;
                }
                self.carry_out(slot, command, gathering, now);
            }
            Phase::Waiting(waiting) => {
                waiting.push_back(command);
                self.waiting_commands += 1;
            }
            Phase::Asleep => self.wake(slot, Some(command)),
            Phase::Quarantined(why) => match command.order {
                Order::Release { answer } => {
                    let _ = answer.send(Ok(true));
                    self.wake(slot, None);
                }
                order => order.refuse(why.clone()),
            },
            Phase::Suspended(why) => match command.order {
                Order::Attend { .. } => self.wake(slot, Some(command)),
                Order::Ended { .. } => self.slots[slot].performing = None,
                order => order.refuse(why.clone()),
            },
            Phase::Free => command.order.refuse(Refusal::ShuttingDown),
        }
    }

    /// Lets a live machine carry out a command.
    fn carry_out(
        &mut self,
        slot: usize,
        command: Command<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        let Command { at, order, .. } = command;
        let order = match order {
            Order::Watch { answer } => return self.watch(slot, answer),
            Order::Wake { .. } => return self.woken(slot),
            Order::Attend { run } => return self.attend(slot, run),
            Order::Suspend => return self.suspend(slot),
            order => order,
        };
        let is_end = matches!(order, Order::Ended { .. });
        let (kind, registered) = (&self.kind, self.registered);
        let watched = self.slots[slot].is_watched();
        let Slot { id, phase: Phase::Live(live), .. } = &mut self.slots[slot] else { return };
        let Some(place) = Place::new(id, registered, watched) else { return };
        let begun = gathering.end();
        // What a panic leaves behind is dropped: the machine, and its records. Rows are guarded by
        // themselves; this is for the user's `Clone` and `Serialize`.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            gathering.carry_out::<F>(place, live, &kind.options().limits, (at, now), order)
        }));
        let crashed = || Outcome::crashed("its code panicked outside of a row".to_owned());
        self.conclude(slot, begun, outcome.unwrap_or_else(|_| crashed()), gathering, now);
        let Slot { phase: Phase::Waiting(waiting), placed: Placed::Durable(_), .. } =
            &self.slots[slot]
        else {
            return;
        };
        if is_end && waiting.is_empty() {
            // It panicked over what an effect has answered, which will be performed again.
            self.doze(slot, rest(slot, self.crashes.count(slot)));
        }
    }

    fn watch(&mut self, slot: usize, answer: oneshot::Sender<Watched<F>>) {
        let fresh = || broadcast::channel(WATCHED_MAX).0;
        let watchers = self.slots[slot].watchers.get_or_insert_with(fresh);
        let watched = Ok(watchers.subscribe());
        self.hold(slot, Answer::Watch(answer, watched));
    }

    /// Lets a live machine do what is due.
    fn ring(&mut self, slot: usize, gathering: &mut Gathering, now: Timestamp) {
        let (kind, registered) = (&self.kind, self.registered);
        let watched = self.slots[slot].is_watched();
        let Slot { id, phase: Phase::Live(live), .. } = &mut self.slots[slot] else { return };
        let Some(place) = Place::new(id, registered, watched) else { return };
        let begun = gathering.end();
        let resting = self.crashes.resting(slot);
        let outcome = gathering.fire::<F>(place, live, &kind.options().limits, now, resting);
        self.conclude(slot, begun, outcome, gathering, now);
    }

    /// Holds back what a machine did until that is durable. Its records begin at `begun`.
    pub(super) fn conclude(
        &mut self,
        slot: usize,
        begun: u32,
        outcome: Outcome<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        let Outcome { answer, rare } = outcome;
        if let Some(rare) = rare {
            let Rare { seen, crashed, culprit, dead } = *rare;
            if let Some(message) = crashed {
                gathering.cut(begun);
                self.hold_if_heard(slot, answer);
                return self.crashed(slot, &message, culprit, now);
            }
            self.show(slot, seen, dead, gathering);
        }
        let end = gathering.end();
        if end > begun {
            let placed = Placed::InBatch { batch: gathering.number(), offset: end - 1 };
            self.slots[slot].placed = placed;
            self.hold(slot, answer);
        } else {
            self.hold_if_heard(slot, answer);
        }
        let Slot { phase, alarm, .. } = &mut self.slots[slot];
        if let Phase::Live(live) = phase {
            live.tidy();
            if live.completed {
                self.finished_member(slot);
            } else if live.duties().is_none() && alarm.is_none() {
                return;
            }
        }
        self.set_alarm(slot);
        if gathering.is_volatile() {
            self.came_to_rest(slot);
        }
    }

    /// Shows what a machine did to those who watch it and to those who look after dead letters.
    fn show(
        &mut self,
        slot: usize,
        seen: Vec<(u32, Transition<F>)>,
        dead: Option<DeadLetter>,
        gathering: &Gathering,
    ) {
        let batch = gathering.number();
        let at = |offset| match gathering.is_volatile() {
            true => Placed::Durable(Position::START),
            false => Placed::InBatch { batch, offset },
        };
        if let Some(letter) = dead {
            self.slots[slot].placed = at(gathering.end().saturating_sub(1));
            let letters = Arc::clone(self.kind.cemetery());
            self.hold(slot, Answer::Bury(letters, Box::new(letter)));
        }
        for (offset, done) in seen {
            let Some(watchers) = self.slots[slot].watchers.clone() else { break };
            self.slots[slot].placed = at(offset);
            self.hold(slot, Answer::Watchers(watchers, Box::new(done)));
        }
    }

    /// Has the wheel call for the machine when something of it is due.
    pub(super) fn set_alarm(&mut self, slot: usize) {
        let Slot { phase, alarm, .. } = &mut self.slots[slot];
        let due = match phase {
            Phase::Live(live) => live.next_due(self.crashes.resting(slot)),
            Phase::Asleep => return,
            _ => None,
        };
        if alarm.map(|alarm| alarm.due) == due {
            return;
        }
        if let Some(alarm) = alarm.take() {
            self.wheel.cancel(alarm.armed);
        }
        // The wheel has 2^32 places, and each machine one of them at most.
        if let (Some(due), Ok(item)) = (due, u32::try_from(slot)) {
            let armed = self.wheel.arm(due, item);
            self.slots[slot].alarm = Some(super::slot::Alarm { due, armed });
        }
    }

    /// Looks at machines whose time has come; says whether there are more.
    fn ring_all(&mut self, gathering: &mut Gathering, now: Timestamp) -> bool {
        if self.wheel.is_empty() {
            return false;
        }
        let mut ringing = std::mem::take(&mut self.ringing);
        let more = self.wheel.expire(now, TURN_ALARMS, &mut ringing);
        for (_, slot) in ringing.drain(..) {
            let slot = slot as usize;
            self.slots[slot].alarm = None;
            match self.slots[slot].phase {
                Phase::Live(_) => self.ring(slot, gathering, now),
                Phase::Asleep => self.wake(slot, None),
                // It is looked at when it is back.
                _ => {}
            }
        }
        self.ringing = ringing;
        more
    }
}

impl<F: Machine> AnyMachines for Machines<F> {
    fn begin(&mut self, oldest: u64) {
        self.holding.begin(oldest);
    }

    fn run(&mut self, gathering: &mut Gathering, now: Timestamp) -> Turn {
        self.now = now;
        let mut more = self.sweep(now);
        if gathering.is_full() {
            return Turn::More;
        }
        if !self.holding.is_full() {
            more |= self.ring_all(gathering, now);
            more |= self.begin_turn(gathering, now);
        }
        let mut carried_out = 0;
        for _ in 0..TURN_LOOKS {
            if carried_out == TURN_COMMANDS {
                break;
            }
            if gathering.is_full() {
                return Turn::More;
            }
            if self.waiting_commands >= WAITING_MAX || self.holding.is_full() {
                return Turn::Blocked;
            }
            let Some(command) = self.take_command() else {
                return if more { Turn::More } else { Turn::Done };
            };
            let slot = self.slot(&command.id, now);
            if let Some(command) = self.in_turn(slot, command) {
                carried_out += 1;
                self.dispatch_to(slot, command, gathering, now);
            }
        }
        Turn::More
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) -> Poll<()> {
        self.now = now;
        let mut progress = Poll::Pending;
        while let Poll::Ready(Some(joined)) = self.reading.poll_next_unpin(cx) {
            progress = Poll::Ready(());
            // `recover` does not panic; it is aborted only with the runtime, and the shard with it.
            if let Ok((slot, recovered)) = joined {
                self.recovered(slot, recovered, gathering, now);
            }
            self.read_more();
        }
        while let Poll::Ready(ended) = self.poll_performing(cx) {
            progress = Poll::Ready(());
            if let Some(ended) = ended {
                self.dispatch(ended, gathering, now);
            }
        }
        progress
    }

    fn next_due(&self) -> Option<Timestamp> {
        let alarms = self.wheel.next_due();
        alarms.into_iter().chain(self.sweep.next()).min()
    }

    fn committed(&mut self, first: Position) {
        self.deliver(first);
    }

    fn failed(&mut self, error: &AppendError) {
        self.fail_oldest(error);
    }

    fn abandon(&mut self, gathered: u64, error: &AppendError) {
        self.fail_gathered(gathered, error);
    }

    fn is_idle(&self) -> bool {
        self.taken.len() == 0
            && self.reading.is_empty()
            && self.waiting_commands == 0
            && self.fairness.is_empty()
            && self.performing.is_empty()
            && self.holding.is_empty()
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
