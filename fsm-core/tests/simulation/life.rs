//! One life of the system: from its start on what the disk has, to its end in order or by a kill.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fsm_core::runtime::effects::Backoff;
use fsm_core::runtime::{Intensity, MachineOptions, PerformOptions};
use fsm_core::{System, Timestamp};
use tokio::task::{JoinHandle, yield_now};

use crate::actor::Actor;
use crate::client::{Client, Terms};
use crate::device;
use crate::dice::Dice;
use crate::family::{ChildState, ParentState};
use crate::faulty_journal::FaultyJournal;
use crate::handler::Handler;
use crate::idle::Idle;
use crate::rest;
use crate::shop;
use crate::world::World;

/// How long everything has when nothing goes wrong any more: longer than every timer, every wait
/// for another attempt, and every event that is scheduled.
const QUIET: Duration = Duration::from_secs(150);
/// How often the clock rings in that time at most.
const WAKES_MAX: usize = 20_000;

/// One life of the system.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) world: Arc<World>,
    pub(crate) system: System,
    journal: FaultyJournal,
    handler: Handler,
    idle: Idle,
    dice: Dice,
    closing: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
    watchers: Vec<JoinHandle<()>>,
}

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// In the middle of whatever happens.
    Kill,
    /// In order, with things going wrong on the way.
    Shutdown,
    /// In order, after nothing has gone wrong for a while.
    Quiet,
}

/// What does not change from life to life.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terrain {
    shards: NonZeroUsize,
    /// How many answers to keyed events a machine remembers.
    pub(crate) window: usize,
    passivate_after: Option<Duration>,
    machines_max: Option<NonZeroUsize>,
}

impl Terrain {
    pub(crate) fn roll(dice: &mut Dice) -> Self {
        Self {
            shards: NonZeroUsize::new(1 + dice.below(2) as usize).unwrap(),
            window: dice.pick(&[2, 3, 10_000, 10_000]),
            passivate_after: dice.one_in(2).then(|| Duration::from_secs(8 + dice.below(20))),
            machines_max: NonZeroUsize::new(dice.pick(&[0, 0, 0, 1, 2, 3])),
        }
    }

    fn options(self) -> MachineOptions {
        let intensity = Intensity { restarts_max: u16::MAX, within: Duration::from_secs(60) };
        let mut options = MachineOptions::default().intensity(intensity).deferred_max(3);
        options = options.scheduled_max(4).idempotency_window(self.window);
        if let Some(after) = self.passivate_after {
            options = options.passivate_after(after);
        }
        match self.machines_max {
            Some(machines) => options.machines_max(machines),
            None => options,
        }
    }
}

impl Life {
    pub(crate) async fn begin(
        world: &Arc<World>,
        journal: &FaultyJournal,
        handler: Handler,
        idle: &Idle,
        (terrain, mut dice): (Terrain, Dice),
    ) -> Self {
        let second = Duration::from_secs(1);
        let performing = PerformOptions::new()
            .attempts_max(3)
            .attempt_timeout(8 * second)
            .backoff(Backoff::new(second).cap(4 * second));
        let family = terrain.options().idempotency_window(10_000);
        let system = System::builder()
            .journal(journal.clone())
            .clock(world.clock.clone())
            .seed(dice.below(u64::MAX))
            .shards(terrain.shards)
            .machines::<device::State>(terrain.options())
            .machines::<shop::State>(terrain.options())
            .perform::<shop::State>(handler.clone(), performing)
            .machines::<ParentState>(family.clone())
            .machines::<ChildState>(family);
        Self {
            world: Arc::clone(world),
            system: system.start().await.unwrap(),
            journal: journal.clone(),
            handler,
            idle: idle.clone(),
            dice,
            closing: Arc::default(),
            clients: Vec::new(),
            watchers: Vec::new(),
        }
    }

    /// So much happens, unless the storage is lost before.
    pub(crate) async fn go_on(&mut self, steps: u64) {
        for _ in 0..steps {
            self.step().await;
            if self.journal.is_stopped() && self.dice.one_in(10) {
                return;
            }
        }
    }

    pub(crate) async fn end(mut self, ending: Ending) {
        match ending {
            Ending::Kill => return self.world.tell("KILL"),
            _ if self.journal.is_hammered() => {
                return self.world.fault("a journal that has stopped is asked without a pause");
            }
            Ending::Shutdown => {}
            Ending::Quiet => self.come_to_rest().await,
        }
        self.shut_down().await;
    }

    async fn step(&mut self) {
        match self.dice.below(100) {
            0..25 => self.ask::<device::State>(),
            25..50 => self.ask::<shop::State>(),
            50..62 => self.ask::<ParentState>(),
            62..70 => self.ask::<ChildState>(),
            70..80 => {
                let by = Duration::from_millis(self.dice.below(3_000));
                self.world.clock.advance(by);
            }
            80..83 => self.world.clock.advance(Duration::from_secs(self.dice.below(40))),
            83..85 => {
                let back = self.dice.below(5_000_000) as i64;
                let now = self.world.now().micros();
                self.world.clock.set(Timestamp::from_micros(now - back));
            }
            85..90 if !self.journal.is_stopped() => self.idle.rest().await,
            90..92 if !self.clients.is_empty() => {
                let client = self.dice.below(self.clients.len() as u64);
                self.clients[client as usize].abort();
            }
            92..94 => self.resume(),
            _ => {}
        }
        for _ in 0..self.dice.below(6) {
            yield_now().await;
        }
    }

    /// Somebody asks one of the machines for something.
    fn ask<F: Actor>(&mut self) {
        let dice = &mut self.dice;
        let client = Client::<F>::new(&self.world, &self.system, F::id(dice), &self.closing);
        let event = F::event(dice);
        let asked = match dice.below(40) {
            0..4 => tokio::spawn(client.create()),
            4 => tokio::spawn(client.create_with()),
            5..22 => tokio::spawn(client.send(event, Terms::roll(dice))),
            22..26 => return client.cast(event),
            26..30 => {
                // What panics when its time has come is due for ever.
                if F::TABLE.event(F::event_id(&event)) == "Panic" {
                    return;
                }
                let delay = Duration::from_millis(dice.below(20_000));
                tokio::spawn(client.schedule(event, delay))
            }
            30..32 => tokio::spawn(client.cancel(dice.below(4))),
            32..36 => tokio::spawn(async move { drop(client.look().await) }),
            36 => tokio::spawn(client.look_back()),
            37 | 38 => {
                let enough = dice.pick(&[3, 1_000_000]);
                return self.watchers.push(tokio::spawn(client.watch(enough)));
            }
            _ if dice.one_in(4) => tokio::spawn(client.stop()),
            _ => return,
        };
        self.clients.push(asked);
    }

    /// Has everything tried again that was given up.
    fn resume(&mut self) {
        let letters = self.system.dead_letters(0, NonZeroUsize::new(1_000).unwrap()).letters;
        for letter in letters {
            let (system, world) = (self.system.clone(), Arc::clone(&self.world));
            self.clients.push(tokio::spawn(async move {
                let resumed = system.resume(&letter.key).await;
                world.tell(format!("resume {}: {resumed:?}", letter.key));
            }));
        }
    }

    /// Nothing goes wrong any more: all that waits comes to its end.
    async fn come_to_rest(&mut self) {
        self.world.tell("QUIET");
        self.journal.calm_down();
        self.handler.calm_down();
        self.pass(QUIET).await;
        let before = self.clients.len();
        self.resume();
        if self.clients.len() > before {
            self.pass(QUIET).await;
        }
        if self.journal.is_stopped() {
            return;
        }
        self.all_answered();
        rest::check(self).await;
        rest::check_dead_letters(self);
    }

    /// Lets time pass, each thing happening when it is due.
    async fn pass(&self, time: Duration) {
        let records = self.world.records();
        let last = records.iter().map(|record| record.time).max();
        let now = self.world.now();
        let end = last.map_or(now, |last| last.max(now)).saturating_add(time);
        for _ in 0..WAKES_MAX {
            self.idle.rest().await;
            let Some(due) = self.world.clock.next_wake().filter(|due| *due <= end) else {
                self.world.clock.set(end);
                return self.idle.rest().await;
            };
            self.world.clock.set(due.max(self.world.now()));
        }
        self.world.fault("something wakes for nothing, again and again");
    }

    fn all_answered(&self) {
        let waiting = self.clients.iter().filter(|client| !client.is_finished()).count();
        if waiting > 0 {
            self.world.fault(format!("{waiting} clients wait for an answer for ever"));
        }
    }

    async fn shut_down(&mut self) {
        let effects = Duration::from_secs(self.dice.below(20));
        self.world.tell(format!("SHUTDOWN within {effects:?}"));
        self.closing.store(true, Ordering::Relaxed);
        let system = self.system.clone();
        let ended = tokio::spawn(async move { system.shutdown_within(effects).await });
        for _ in 0..1_000 {
            self.idle.rest().await;
            if ended.is_finished() {
                let ended = ended.await;
                self.world.tell(format!("ended: {ended:?}"));
                if !matches!(ended, Ok(Ok(_))) {
                    self.world.fault(format!("the system ended badly: {ended:?}"));
                }
                return self.all_answered();
            }
            match self.world.clock.next_wake() {
                Some(due) => self.world.clock.set(due.max(self.world.now())),
                None => break,
            }
        }
        self.world.fault("the system does not end");
    }
}
