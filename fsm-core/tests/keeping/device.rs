//! The machine with everything: timers of states and groups, automatic rows, deferred, scheduled
//! and keyed events, guards, entry actions, history, effects, a child.

use std::time::Duration;

use fsm_core::{Effects, Fsm};
use serde::{Deserialize, Serialize};

/// A device that connects, works and rests; it goes over to maintenance by itself.
#[derive(Fsm, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[fsm(event = Event, context = Device, effect = Print)]
#[fsm(group = Online, initial = Idle, history = last)]
#[after(from(Online), 60s => Offline / note("session over"))]
#[every(from(Online), 7s / beat())]
#[on(from(Online), Drop => Offline)]
#[on(Scrap => Scrapped)]
#[on(Print => _ / print())]
#[on(Spawn { name } => _ / spawn(name))]
pub(crate) enum State {
    #[fsm(initial)]
    #[enter(note("offline"))]
    #[on(Connect => Connecting { attempt: 1 })]
    #[on(Resume => Online)]
    #[defer(Work)]
    Offline,

    #[enter(note("connecting"))]
    #[exit(note("connected or not"))]
    #[after(ctx.patience() if willing() => Connecting { attempt: attempt + 1 } / note("again"))]
    #[on(Accepted => Idle)]
    #[defer(Work)]
    Connecting { attempt: u32 },

    #[fsm(group = Online)]
    #[always(if worn() => Maintenance / note("worn"))]
    #[on(Work { units } if ready(units) => Working { units })]
    #[on(Look => _)]
    Idle,

    #[fsm(group = Online)]
    #[after(5s => Idle / finish(units))]
    #[defer(Work)]
    Working { units: u32 },

    #[after(30s => Offline / repair())]
    Maintenance,

    #[fsm(final)]
    Scrapped,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Connect,
    Resume,
    Accepted,
    Work { units: u32 },
    Look,
    Drop,
    Print,
    Spawn { name: String },
    Scrap,
}

/// An effect. It is not to be stored, and need not be storable.
#[derive(Clone, Debug)]
pub(crate) struct Print;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) beats: u32,
    pub(crate) wear: u32,
    pub(crate) notes: Vec<String>,
    pub(crate) last: Option<State>,
}

impl Device {
    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    fn beat(&mut self) {
        self.beats += 1;
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(u64::from(3 + self.wear))
    }

    fn willing(&self) -> bool {
        self.notes.iter().filter(|note| *note == "again").count() < 3
    }

    fn worn(&self) -> bool {
        self.wear >= 3
    }

    fn ready(&self, units: &u32) -> bool {
        *units < 9
    }

    fn finish(&mut self, units: u32) {
        self.wear += units.min(2);
        self.note("finished");
    }

    fn repair(&mut self) {
        self.wear = 0;
        self.notes.clear();
    }

    fn print(&mut self) -> Print {
        self.note("printing");
        Print
    }

    fn spawn(&mut self, name: String) -> Effects<Print> {
        let mut effects = Effects::new();
        effects.spawn::<Lamp>(name, ()).then_tell::<State>(Event::Look);
        effects
    }
}

/// The device's child.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Switch)]
pub(crate) enum Lamp {
    #[fsm(initial)]
    #[on(On => Lit)]
    Dark,
    #[fsm(final)]
    Lit,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Switch {
    On,
}
