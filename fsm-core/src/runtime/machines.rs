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
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use foldhash::fast::RandomState;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Semaphore, broadcast, oneshot};
use tokio::task::JoinHandle;

use super::Machine;
use super::answer::Transition;
use super::carrying::{Outcome, Rare};
use super::command::{Answer, Command, Erased, Order, Watched};
use super::effects::DeadLetter;
use super::error::Unavailable;
use super::fairness::Fairness;
use super::gathering::{Gathering, Place};
use super::holding::Holding;
use super::kind::Kind;
use super::lane::Lane;
use super::performing::Performing;
use super::plain::UnderWay;
use super::recovering::{Crashes, Recovered, rest};
use super::slot::{Phase, Placed, Slot};
use super::snapshotting::saves;
use super::stopping::Sweep;
use super::supervision::Run;
use super::wheel::Wheel;
use crate::journal::{KindId, MachineId, Position, Registered, SchemaId};
use crate::machine::{Effects, Timestamp};

/// How many machines whose time has come are looked at in a turn: a restart that finds a hundred
/// thousand of them must not keep commands waiting.
const TURN_ALARMS: usize = 512;
/// How many machines that slept may be on their way to memory because something of theirs is due,
/// until no more are looked at: a machine that somebody asks for is read behind them.
pub(super) const ROUSED_MAX: usize = 128;

/// How many transitions somebody who watches may lag behind before the oldest are dropped.
const WATCHED_MAX: usize = 256;

/// The numbers of a kind that is not journaled: nobody sees them.
const UNREGISTERED: Registered = Registered { kind: KindId(0), schema: SchemaId(0) };

/// The machines of kind `F` on one shard.
#[derive(Debug)]
pub(super) struct Machines<F: Machine> {
    pub(super) kind: Arc<Kind<F>>,
    pub(super) lane: Arc<Lane<Command<F>, Self>>,
    /// Commands taken out of the queue and not looked at yet.
    pub(super) taken: VecDeque<Command<F>>,
    /// How many commands were looked at, ever.
    pub(super) looked_at: u64,
    /// The cast that takes the short way just now.
    pub(super) under_way: Option<UnderWay>,
    /// What the actions of the short way return. Empty between two events.
    pub(super) effects: Effects<F::Effect>,
    /// Where the records of machines go that are not journaled.
    pub(super) nothing: Gathering,
    pub(super) slots: Vec<Slot<F>>,
    pub(super) free: Vec<usize>,
    /// Slots that were given up, each with how many commands must have been looked at before
    /// somebody else may have it.
    pub(super) vacated: VecDeque<(u64, usize)>,
    pub(super) tenures: u64,
    pub(super) by_id: HashMap<MachineId, usize, RandomState>,
    /// The kind's numbers, known once a machine was read.
    pub(super) registered: Option<Registered>,
    /// Slots whose records are still to be read, in the order of their first command.
    pub(super) unread: VecDeque<usize>,
    /// Those who wait for a machine that waits, to be erased.
    pub(super) forgetting: HashMap<usize, Vec<oneshot::Sender<Erased>>>,
    /// Completed machines that are still in memory: their slots and tenures, oldest first.
    pub(super) completed: VecDeque<(usize, u64)>,
    /// How many slots are asleep.
    pub(super) asleep: usize,
    /// How many slots are on their way to memory because something of theirs was due.
    pub(super) roused: usize,
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
    /// The rights to have a snapshot under way.
    pub(super) saves: Arc<Semaphore>,
    /// The time of the last turn.
    pub(super) now: Timestamp,
}

impl<F: Machine> Machines<F> {
    pub(super) fn new(
        kind: Arc<Kind<F>>,
        lane: Arc<Lane<Command<F>, Self>>,
        now: Timestamp,
    ) -> Self {
        let sweep = Sweep::new(kind.options(), kind.shards(), now);
        let performing = Performing::new(&kind);
        // A kind that is not journaled has no numbers to wait for.
        let registered = kind.is_volatile().then_some(UNREGISTERED);
        Self {
            kind,
            lane,
            taken: VecDeque::new(),
            looked_at: 0,
            under_way: None,
            effects: Effects::new(),
            nothing: Gathering::default(),
            slots: Vec::new(),
            free: Vec::new(),
            vacated: VecDeque::new(),
            tenures: 0,
            by_id: HashMap::default(),
            registered,
            unread: VecDeque::new(),
            forgetting: HashMap::new(),
            completed: VecDeque::new(),
            asleep: 0,
            roused: 0,
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
            saves: saves(),
            now,
        }
    }

    /// Has the machine in the slot, or whoever it is that has left it, carry out a command.
    pub(super) fn dispatch_to(
        &mut self,
        slot: usize,
        command: Command<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        self.slots[slot].used = now;
        let command = match command {
            Command::Send { slot: seat, event, answer } => {
                match self.take_send(slot, event, answer, gathering, now) {
                    Ok(()) => return,
                    Err((event, answer)) => Command::Send { slot: seat, event, answer },
                }
            }
            other => other,
        };
        self.dispatch_long(slot, command, gathering, now);
    }

    /// [`dispatch_to`](Self::dispatch_to), the long way.
    pub(super) fn dispatch_long(
        &mut self,
        slot: usize,
        command: Command<F>,
        gathering: &mut Gathering,
        now: Timestamp,
    ) {
        match &mut self.slots[slot].phase {
            Phase::Live(_) => self.carry_out(slot, command, gathering, now),
            Phase::Waiting(waiting) if !gathering.is_volatile() => {
                waiting.push_back(command);
                self.waiting_commands += 1;
            }
            // There is nothing to be read.
            Phase::Waiting(_) => self.create(slot, &mut iter::once(command), gathering, now),
            Phase::Asleep | Phase::Suspended(_)
                if matches!(command.order(), Some(Order::Forget { .. })) =>
            {
                if let (_, Order::Forget { answer }) = command.into_order() {
                    self.forget(slot, answer);
                }
            }
            Phase::Asleep => self.wake(slot, Some(command)),
            Phase::Quarantined(why) => {
                let why = Unavailable::clone(why);
                match command.into_order().1 {
                    Order::Forget { answer } => self.forget(slot, answer),
                    Order::Release { answer } => {
                        let _ = answer.send(Ok(true));
                        self.wake(slot, None);
                    }
                    order => order.refuse(why),
                }
            }
            Phase::Suspended(why) => match command.order() {
                // There is nothing to bring it back from: its supervisor hears that it is gone.
                Some(Order::Attend { .. }) if gathering.is_volatile() => {
                    self.create(slot, &mut iter::once(command), gathering, now);
                }
                Some(Order::Attend { .. }) => self.wake(slot, Some(command)),
                Some(Order::Ended { .. }) => self.slots[slot].performing = None,
                _ => command.refuse(Unavailable::clone(why)),
            },
            Phase::Free => {
                let slot = self.slot(&self.slots[slot].id.clone(), now);
                self.dispatch_to(slot, command, gathering, now);
            }
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
        let (at, order) = command.into_order();
        let order = match order {
            Order::Watch { answer } => return self.watch(slot, answer),
            Order::Wake { .. } => return self.woken(slot),
            Order::Attend { run } => return self.attend(slot, run),
            Order::Suspend => return self.suspend(slot),
            Order::Forget { answer } => return self.forget(slot, answer),
            Order::Condense { answer } => match self.condense_later(slot, answer) {
                Some(answer) => Order::Condense { answer },
                None => return,
            },
            order => order,
        };
        let is_end = matches!(order, Order::Ended { .. });
        if is_end {
            self.slots[slot].performing = None;
        }
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
        if is_end && waiting.is_empty() && !gathering.is_volatile() {
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
    pub(super) fn ring(&mut self, slot: usize, gathering: &mut Gathering, now: Timestamp) {
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
        self.hold_since(slot, begun, answer, gathering);
        self.look_after(slot);
    }

    /// Sees to what a machine has to do now, after a change.
    pub(super) fn look_after(&mut self, slot: usize) {
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
        if self.kind.is_volatile() {
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
    pub(super) fn ring_all(&mut self, gathering: &mut Gathering, now: Timestamp) -> bool {
        if self.wheel.is_empty() || self.roused >= ROUSED_MAX {
            return false;
        }
        let mut ringing = std::mem::take(&mut self.ringing);
        let more = self.wheel.expire(now, TURN_ALARMS, &mut ringing);
        for (_, slot) in ringing.drain(..) {
            let slot = slot as usize;
            self.slots[slot].alarm = None;
            match self.slots[slot].phase {
                Phase::Live(_) => self.ring(slot, gathering, now),
                Phase::Asleep => {
                    self.roused +=
                        usize::from(!std::mem::replace(&mut self.slots[slot].roused, true));
                    self.wake(slot, None);
                }
                // It is looked at when it is back.
                _ => {}
            }
        }
        self.ringing = ringing;
        more
    }
}
