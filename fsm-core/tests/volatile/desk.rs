//! A machine with effects, timers, and events that it keeps, and a handler that the tests control.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fsm_core::Fsm;
use fsm_core::runtime::{EffectKey, Perform, PerformError};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Folder, effect = Effect)]
#[on(Panic => _ / panic())]
pub(crate) enum Desk {
    #[fsm(initial)]
    #[on(Ask { what } => Asking / ask(what))]
    #[on(Write { what } => _ / write(what))]
    #[on(Sleep => Sleeping)]
    Idle,

    #[on(Answered { what } => Idle / write(what))]
    #[on(Blamed => Idle / panic())]
    #[defer(Write)]
    Asking,

    #[after(Duration::from_secs(10) => Idle / write(0))]
    #[defer(Write)]
    Sleeping,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Ask { what: u32 },
    Answered { what: u32 },
    Blamed,
    Write { what: u32 },
    Sleep,
    Panic,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Effect(pub(crate) u32);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Folder {
    pub(crate) written: Vec<u32>,
}

impl Folder {
    fn ask(&mut self, what: u32) -> Effect {
        Effect(what)
    }

    fn write(&mut self, what: u32) {
        self.written.push(what);
    }

    fn panic(&mut self) {
        panic!("the action gives up");
    }
}

/// How an effect ends.
pub(crate) type End = Result<Option<Event>, PerformError>;

/// What is under way, and the way to end it.
type Begun = (u32, oneshot::Sender<End>);

/// Performs what it is told to, when it is told to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clerk {
    begun: Arc<Mutex<Vec<Begun>>>,
}

impl Clerk {
    /// What is under way, oldest first.
    pub(crate) fn begun(&self) -> Vec<u32> {
        self.begun.lock().unwrap().iter().map(|(what, _)| *what).collect()
    }

    /// The oldest effect under way ends like this.
    pub(crate) fn end(&self, end: End) {
        let (_, answer) = self.begun.lock().unwrap().remove(0);
        answer.send(end).unwrap();
    }
}

impl Perform<Desk> for Clerk {
    async fn perform(&self, _key: &EffectKey, effect: &Effect) -> End {
        let (answer, answered) = oneshot::channel();
        self.begun.lock().unwrap().push((effect.0, answer));
        answered.await.unwrap_or(Ok(None))
    }
}
