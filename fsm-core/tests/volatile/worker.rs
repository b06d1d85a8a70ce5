//! The machine of the random scripts: rows with guards and without, timers, kept events, effects,
//! panics, an end. What it does, it writes down.

use std::time::Duration;

use fsm_core::Fsm;
use fsm_core::runtime::effects::perform_fn;
use fsm_core::runtime::{Builder, PerformOptions};
use serde::{Deserialize, Serialize};

/// Who writes down what the worker has fetched.
pub(crate) const FETCHED: u32 = 1_000;

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Diary)]
#[fsm(effect = Fetch)]
#[on(Panic => _ / panic())]
#[on(Retire => Retired)]
pub(crate) enum Worker {
    #[fsm(initial)]
    #[on(Note { by, number } if fits(number) => _ / note(by, number))]
    #[on(Fetch { number } => _ / fetch(number))]
    #[on(Nothing => _)]
    #[on(Rest { patience } => Resting { patience })]
    Awake,

    #[after(patience.duration() => Awake / overslept())]
    #[every(Duration::from_secs(7) / dream())]
    #[on(PanicInGuard if panics() => _)]
    #[on(Wake => Awake)]
    #[defer(Note)]
    Resting { patience: Patience },

    #[fsm(final)]
    Retired,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Note { by: u32, number: u32 },
    Fetch { number: u32 },
    Nothing,
    Rest { patience: Patience },
    Wake,
    Panic,
    PanicInGuard,
    Retire,
}

#[derive(Clone, Debug)]
pub(crate) struct Fetch(u32);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Patience(pub(crate) u8);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Diary {
    pub(crate) notes: Vec<(u32, u32)>,
    pub(crate) overslept: u32,
    pub(crate) dreams: u32,
}

impl Patience {
    const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl Diary {
    fn fits(&self, number: &u32) -> bool {
        *number != 13
    }

    fn note(&mut self, by: u32, number: u32) {
        self.notes.push((by, number));
    }

    fn fetch(&mut self, number: u32) -> Fetch {
        Fetch(number)
    }

    fn overslept(&mut self) {
        self.overslept += 1;
    }

    fn dream(&mut self) {
        self.dreams += 1;
    }

    fn panics(&self) -> bool {
        panic!("the guard gives up");
    }

    fn panic(&mut self) {
        self.notes.clear();
        panic!("the action gives up");
    }
}

/// Has fetching answered with a note, or with nothing.
pub(crate) fn fetching(builder: Builder) -> Builder {
    let fetch = perform_fn(|_key, Fetch(number): Fetch| async move {
        Ok((number % 3 != 0).then_some(Event::Note { by: FETCHED, number }))
    });
    builder.perform::<Worker>(fetch, PerformOptions::new())
}
