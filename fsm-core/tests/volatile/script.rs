//! A random script, played on a system: everything that can be asked of a machine, and what was
//! answered.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::time::Duration;

use fsm_core::journal::{Position, Sequence};
use fsm_core::runtime::{Builder, Clock, ManualClock, ScheduleId, Transition, Watch};
use fsm_core::{MachineRef, SendError, System, Timestamp};
use futures_util::future::{FutureExt, join_all};

use crate::ledger::{hush, rest};
use crate::worker::{Diary, Event, Worker};

/// How many machines a script has at a time.
pub(crate) const MACHINES: usize = 3;

/// One step of a script, with the machine that it is about.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Create(usize),
    Send(usize, Event),
    SendOn(usize, Event, Terms),
    Cast(usize, Event),
    /// Several at once, not waiting in between: casts, and sends where it says so.
    Burst(usize, Vec<(Event, bool)>),
    /// More notes than a machine carries out in a turn.
    Flood(usize, u32),
    /// Senders side by side, each with so many notes.
    Crowd(usize, u32, u32),
    SendAfter(usize, Event, u8),
    Cancel(usize),
    Watch(usize),
    State(usize),
    WhyNot(usize, Event),
    Stop(usize),
    /// Forget the handle, and make another.
    Handle(usize),
    Advance(u8),
}

/// On what terms something is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) key: Option<u8>,
    pub(crate) expect: Option<u8>,
    pub(crate) timeout: bool,
    /// Seconds before or behind now.
    pub(crate) at: Option<i8>,
}

/// A machine of the script. One that has panicked is left alone, and the next has its number: a
/// system that journals nothing cannot bring it back.
struct Cast {
    number: usize,
    generation: u32,
    machine: MachineRef<Worker>,
    scheduled: Option<ScheduleId>,
    watches: Vec<Watch<Worker>>,
}

struct Play {
    system: System,
    clock: ManualClock,
    cast: Vec<Cast>,
    said: Vec<String>,
}

/// Plays the script, and gives what was answered, seen and left at the end.
pub(crate) async fn play(builder: Builder, shards: NonZeroUsize, steps: &[Step]) -> Vec<String> {
    hush();
    let clock = ManualClock::default();
    let system = builder.clock(clock.clone()).shards(shards).start().await.unwrap();
    let cast = (0..MACHINES).map(|number| Cast::new(&system, number, 0)).collect();
    let mut play = Play { system, clock, cast, said: Vec::new() };
    for step in steps {
        play.said.push(format!("{step:?}"));
        play.step(step).await;
        rest().await;
        play.look();
    }
    for number in 0..MACHINES {
        play.step(&Step::State(number)).await;
    }
    play.system.shutdown().await.unwrap();
    play.said
}

impl Play {
    async fn step(&mut self, step: &Step) {
        match step.clone() {
            Step::Create(number) => {
                let created = self.cast[number].machine.create(Diary::default()).await;
                self.say(created.map(|mut seen| {
                    seen.position = Position::START;
                    seen
                }));
            }
            Step::Send(number, event) => self.send(number, event, &Terms::default()).await,
            Step::SendOn(number, event, terms) => self.send(number, event, &terms).await,
            Step::Cast(number, event) => {
                let is_panic = matches!(event, Event::Panic | Event::PanicInGuard);
                self.cast[number].machine.cast(event).unwrap();
                if is_panic {
                    rest().await;
                    self.replace(number);
                }
            }
            Step::Burst(number, events) => self.burst(number, events).await,
            Step::Flood(number, notes) => {
                let machine = &self.cast[number].machine;
                for number in 0..notes {
                    machine.cast(Event::Note { by: 7, number }).unwrap();
                }
            }
            Step::Crowd(number, senders, notes) => self.crowd(number, senders, notes).await,
            Step::SendAfter(number, event, seconds) => {
                let cast = &mut self.cast[number];
                let delay = Duration::from_secs(seconds.into());
                let scheduled = cast.machine.send_after(event, delay).await;
                cast.scheduled = scheduled.as_ref().ok().copied().or(cast.scheduled);
                self.say(scheduled);
            }
            Step::Cancel(number) => {
                let Some(scheduled) = self.cast[number].scheduled else { return };
                let cancelled = self.cast[number].machine.cancel(scheduled).await;
                self.say(cancelled);
            }
            step => self.ask(step).await,
        }
    }

    async fn ask(&mut self, step: Step) {
        match step {
            Step::Watch(number) => match self.cast[number].machine.watch().await {
                Ok(watch) => self.cast[number].watches.push(watch),
                Err(error) => self.say(error),
            },
            Step::State(number) => {
                let seen = self.cast[number].machine.state().await;
                self.say(seen.map(|mut seen| {
                    seen.position = Position::START;
                    // Senders side by side have no order between them.
                    seen.context.notes.sort_by_key(|(by, _)| *by);
                    seen
                }));
            }
            Step::WhyNot(number, event) => {
                let why = self.cast[number].machine.why_not(&event).await;
                self.say(why);
            }
            Step::Stop(number) => {
                let stopped = self.cast[number].machine.stop().await;
                self.say(stopped.map(|seen| (seen.state, seen.sequence, seen.completed)));
            }
            Step::Handle(number) => {
                let cast = &mut self.cast[number];
                cast.machine = self.system.machine(cast.machine.id().to_owned());
            }
            Step::Advance(seconds) => self.clock.advance(Duration::from_secs(seconds.into())),
            other => unreachable!("{other:?} is carried out elsewhere"),
        }
    }

    async fn send(&mut self, number: usize, event: Event, terms: &Terms) {
        let machine = &self.cast[number].machine;
        let mut sending = machine.send(event);
        if let Some(key) = terms.key {
            sending = sending.idempotency_key(format!("key {key}"));
        }
        if let Some(expected) = terms.expect {
            sending = sending.expect(Sequence(expected.into()));
        }
        if terms.timeout {
            sending = sending.timeout(Duration::from_secs(1_000));
        }
        if let Some(seconds) = terms.at {
            let micros = self.clock.now().micros() + i64::from(seconds) * 1_000_000;
            sending = sending.at(Timestamp::from_micros(micros));
        }
        let sent = sending.await;
        let crashed = matches!(sent, Err(SendError::Crashed { .. }));
        self.say(sent.map(plain));
        if crashed {
            self.replace(number);
        }
    }

    async fn burst(&mut self, number: usize, events: Vec<(Event, bool)>) {
        let machine = self.cast[number].machine.clone();
        let mut sent = Vec::new();
        for (event, is_heard) in events {
            if is_heard {
                let mut sending = Box::pin(machine.send(event));
                // It is sent by the first poll.
                match (&mut sending).now_or_never() {
                    Some(answer) => sent.push(async { answer }.boxed_local()),
                    None => sent.push(sending),
                }
            } else {
                machine.cast(event).unwrap();
            }
        }
        let answers = join_all(sent).await;
        self.say(answers.into_iter().map(|sent| sent.map(plain)).collect::<Vec<_>>());
    }

    async fn crowd(&mut self, number: usize, senders: u32, notes: u32) {
        let machine = &self.cast[number].machine;
        let tell = |by: u32| {
            let own = machine.clone();
            async move {
                let mut taken = 0;
                for number in 100..100 + notes {
                    let event = Event::Note { by, number };
                    match (by + number) % 3 {
                        0 => taken += u32::from(own.send(event).await.is_ok()),
                        1 => own.cast(event).unwrap(),
                        _ => taken += u32::from(machine.send(event).await.is_ok()),
                    }
                }
                taken
            }
        };
        let taken = join_all((100..100 + senders).map(tell)).await;
        self.say(taken);
    }

    /// Notes what those who watch have seen.
    fn look(&mut self) {
        let mut seen = Vec::new();
        for cast in &mut self.cast {
            for (watch, each) in cast.watches.iter_mut().enumerate() {
                while let Some(Some(done)) = each.next().now_or_never() {
                    let done = plain(done.unwrap());
                    let state = (done.from, done.state, done.sequence, done.time, done.deferred);
                    seen.push(format!("{} is seen by {watch}: {state:?}", cast.number));
                }
            }
        }
        self.said.extend(seen);
    }

    /// The machine has panicked.
    fn replace(&mut self, number: usize) {
        self.look();
        let generation = self.cast[number].generation + 1;
        self.cast[number] = Cast::new(&self.system, number, generation);
    }

    fn say(&mut self, said: impl Debug) {
        self.said.push(format!("    {said:?}"));
    }
}

impl Cast {
    fn new(system: &System, number: usize, generation: u32) -> Self {
        let machine = system.machine(format!("{number} of generation {generation}"));
        Self { number, generation, machine, scheduled: None, watches: Vec::new() }
    }
}

/// A transition, wherever its record stands.
fn plain(mut done: Transition<Worker>) -> Transition<Worker> {
    done.position = Position::START;
    done
}
