//! A machine whose actions write to a tape outside of it, which is there when the system has ended.

use std::sync::{Arc, Mutex};

use fsm_core::Fsm;
use serde::{Deserialize, Serialize};

/// What was done, by whom, and as the how-manieth of theirs.
pub(crate) type Line = (u32, u32);

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Tape)]
pub(crate) enum Recorder {
    #[fsm(initial)]
    #[on(Write { by, number } if is_even(number) => Odd / write(by, number))]
    #[on(Write { by, number } => _ / write(by, number))]
    Even,
    #[on(Write { by, number } => Even / write(by, number))]
    Odd,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Write { by: u32, number: u32 },
}

/// Where the actions of one machine write. It is not journaled.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tape {
    #[serde(skip)]
    lines: Arc<Mutex<Vec<Line>>>,
}

impl Tape {
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap().clone()
    }

    fn is_even(&self, number: &u32) -> bool {
        number.is_multiple_of(2)
    }

    fn write(&mut self, by: u32, number: u32) {
        self.lines.lock().unwrap().push((by, number));
    }
}

pub(crate) const fn write(by: u32, number: u32) -> Event {
    Event::Write { by, number }
}
