//! Those who use the system, and write down what they were told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fsm_core::journal::{Codec, Journal, Position, Sequence};
use fsm_core::runtime::ScheduleId;
use fsm_core::{MachineRef, SendError, Snapshot, System};

use crate::actor::Actor;
use crate::dice::Dice;
use crate::known::{Asked, Known, Outcome, Watched, is_unknown};
use crate::world::World;

/// Somebody who uses one machine.
#[derive(Debug)]
pub(crate) struct Client<F: Actor> {
    world: Arc<World>,
    machine: MachineRef<F>,
    /// The system is being shut down.
    closing: Arc<AtomicBool>,
}

/// On what terms an event is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    key: Option<String>,
    expect: Option<u64>,
    timeout: Option<Duration>,
}

impl Terms {
    pub(crate) fn roll(dice: &mut Dice) -> Self {
        let key = dice.one_in(3).then(|| format!("key {}", dice.below(8)));
        let expect = dice.one_in(8).then(|| dice.below(3));
        let timeout = dice.one_in(6).then(|| Duration::from_millis(dice.below(3_000)));
        Self { key, expect, timeout }
    }
}

impl<F: Actor> Client<F> {
    pub(crate) fn new(
        world: &Arc<World>,
        system: &System,
        id: String,
        closing: &Arc<AtomicBool>,
    ) -> Self {
        let (world, closing) = (Arc::clone(world), Arc::clone(closing));
        Self { world, machine: system.machine(id), closing }
    }

    fn known(&self) -> &Known<F> {
        F::known(&self.world)
    }

    fn tell(&self, what: impl std::fmt::Debug) {
        self.world.tell(format!("{} `{}` {what:?}", F::TABLE.name, self.machine.id()));
    }

    /// Nobody is told what is not durable.
    fn told(&self, sequence: Sequence, position: Position) {
        let head = self.world.disk.head();
        if position > head {
            self.world.fault(format!("told of {position}, and the journal ends at {head}"));
        }
        self.known().told(self.machine.id(), sequence);
    }

    pub(crate) async fn create(self) {
        let created = self.machine.create(F::Context::default()).await;
        self.tell(("create", &created));
        if let Ok(seen) = created {
            self.saw(seen);
        }
    }

    pub(crate) async fn create_with(self) {
        let created = self.machine.create_with(F::Context::default).await;
        self.tell(("create_with", &created));
        if let Ok(seen) = created {
            self.saw(seen);
        }
    }

    fn saw(&self, seen: Snapshot<F, F::Context>) {
        self.told(seen.sequence, seen.position);
        self.known().notes().seen.push((self.machine.id().to_owned(), seen));
    }

    pub(crate) async fn send(self, event: F::Event, terms: Terms) {
        let (number, correlation) = {
            let mut notes = self.known().notes();
            let correlation = format!("send {}", notes.sends.len());
            notes.sends.push(Asked {
                id: self.machine.id().to_owned(),
                event: event.clone(),
                key: terms.key.clone(),
                correlation: correlation.clone(),
                outcome: Outcome::Unknown,
                waited: (self.world.disk.head(), Position::START),
            });
            (notes.sends.len() - 1, correlation)
        };
        let latest = self.known().latest(self.machine.id());
        self.tell((&correlation, &event, &terms));
        let mut sending = self.machine.send(event.clone()).correlation_id(correlation.clone());
        if let Some(key) = terms.key {
            sending = sending.idempotency_key(key);
        }
        if let Some(behind) = terms.expect {
            sending = sending.expect(Sequence(latest.0.saturating_sub(behind)));
        }
        if let Some(timeout) = terms.timeout {
            sending = sending.timeout(timeout);
        }
        let sent = sending.await;
        self.tell((&correlation, &sent));
        let outcome = match sent {
            Ok(done) => {
                self.told(done.sequence, done.position);
                Outcome::Done(done)
            }
            Err(SendError::Rejected { given, state, why }) => {
                if given != event {
                    self.world.fault(format!("{given:?} came back for {event:?}"));
                }
                Outcome::Rejected(state, why)
            }
            Err(error) if is_unknown(&error) => Outcome::Unknown,
            Err(error) => Outcome::Nothing(error.to_string()),
        };
        let asked = &mut self.known().notes().sends[number];
        asked.outcome = outcome;
        asked.waited.1 = self.world.disk.head();
    }

    pub(crate) fn cast(self, event: F::Event) {
        let cast = self.machine.cast(event.clone());
        self.tell(("cast", event, cast));
    }

    pub(crate) async fn schedule(self, event: F::Event, delay: Duration) {
        let due = self.world.now().saturating_add(delay);
        let scheduled = self.machine.send_at(event.clone(), due).await;
        self.tell(("schedule", event, due, &scheduled));
        if let Ok(scheduled) = scheduled {
            let entry = (self.machine.id().to_owned(), named(scheduled), due);
            self.known().notes().scheduled.push(entry);
        }
    }

    /// Calls back something that was scheduled, or what never was.
    pub(crate) async fn cancel(self, number: u64) {
        let sequence = {
            let notes = self.known().notes();
            let own = notes.scheduled.iter().filter(|(id, ..)| id == self.machine.id());
            let own: Vec<_> = own.map(|(_, sequence, _)| *sequence).collect();
            own.get(number as usize % own.len().max(1)).copied().unwrap_or(Sequence(1))
        };
        let mut bytes = Vec::new();
        Codec::default().encode(&sequence, &mut bytes).unwrap();
        let scheduled: ScheduleId = Codec::default().decode(&bytes).unwrap();
        let cancelled = self.machine.cancel(scheduled).await;
        self.tell(("cancel", sequence, &cancelled));
        if let Ok(in_time) = cancelled {
            let entry = (self.machine.id().to_owned(), sequence, in_time);
            self.known().notes().cancelled.push(entry);
        }
    }

    /// Looks at the machine; says what it saw.
    pub(crate) async fn look(self) -> Result<Sequence, SendError> {
        let latest = self.known().latest(self.machine.id());
        let seen = self.machine.state().await;
        self.tell(("look", &seen));
        let found = match &seen {
            Ok(seen) => seen.sequence,
            Err(SendError::NotFound { .. }) => Sequence::START,
            Err(_) => latest,
        };
        if found < latest {
            self.world.fault(format!("{latest} was there, and then only {found}: {seen:?}"));
        }
        seen.map(|seen| {
            self.saw(seen);
            found
        })
    }

    pub(crate) async fn look_back(self) {
        let latest = self.known().latest(self.machine.id());
        let Ok(entries) = self.machine.history().await else { return };
        let last = entries.last().map(|entry| entry.sequence).unwrap_or_default();
        if last < latest {
            self.world.fault(format!("{latest} was there, and the history ends at {last}"));
        }
        let records = self.world.records_of(F::TABLE.name, self.machine.id());
        let agree = entries.iter().zip(&records).all(|(entry, record)| {
            let entry = (entry.sequence, entry.position, entry.time);
            entry == (record.sequence, record.position, record.time)
        });
        if !agree || entries.len() > records.len() {
            self.world.fault(format!("the history is {entries:?}, the journal {records:?}"));
        }
    }

    pub(crate) async fn stop(self) {
        let stopped = self.machine.stop().await;
        self.tell(("stop", &stopped));
        if let Ok(seen) = stopped {
            self.saw(seen);
        }
    }

    /// Watches the machine, until so many transitions were seen.
    pub(crate) async fn watch(self, enough: u64) {
        let watching = self.machine.watch().await;
        self.tell(("watch", watching.is_ok()));
        let Ok(mut watching) = watching else { return };
        let id = self.machine.id().to_owned();
        let records = self.world.records_of(F::TABLE.name, &id);
        let from = records.last().map(|record| record.sequence).unwrap_or_default();
        let number = {
            let watched = &mut self.known().notes().watched;
            watched.push(Watched { id, seen: Vec::new(), from, lagged: false, open: true });
            watched.len() - 1
        };
        for _ in 0..enough {
            match watching.next().await {
                Some(Ok(seen)) => {
                    self.told(seen.sequence, seen.position);
                    self.known().notes().watched[number].seen.push(seen);
                }
                Some(Err(_)) => self.known().notes().watched[number].lagged = true,
                None if self.closing.load(Ordering::Relaxed) => break,
                None => {
                    let fault = format!("the watch of `{}` ended", self.machine.id());
                    self.world.fault(fault);
                    break;
                }
            }
        }
        self.known().notes().watched[number].open = false;
    }
}

/// The record that names what was scheduled.
fn named(scheduled: ScheduleId) -> Sequence {
    let mut bytes = Vec::new();
    Codec::default().encode(&scheduled, &mut bytes).unwrap();
    Codec::default().decode(&bytes).unwrap()
}
