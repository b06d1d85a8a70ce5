//! A kind of machine with effects, and a handler whose attempts end when the test says so.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fsm_core::journal::Sequence;
use fsm_core::runtime::effects::{Performing, Verdict, Workers};
use fsm_core::runtime::{EffectKey, ManualClock, Perform, PerformError, PerformOptions};
use fsm_core::{Effects, Fsm, Moment, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

#[derive(Fsm, Debug)]
#[fsm(event = Event, context = Order, effect = Mail, name = "order")]
pub(crate) enum State {
    #[fsm(initial)]
    #[on(Place => Placed / mail())]
    #[on(Bounced => _)]
    Open,
    #[fsm(final)]
    Placed,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Place,
    Bounced,
}

#[derive(Debug)]
pub(crate) struct Order;

impl Order {
    fn mail(&mut self) -> Mail {
        Mail::To("a")
    }
}

#[derive(Clone, PartialEq)]
pub(crate) enum Mail {
    To(&'static str),
    /// One that panics when it is shown.
    Shy,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::To(whom) => f.debug_tuple("To").field(whom).finish(),
            Self::Shy => {
                f.write_str("Shy: ")?;
                panic!("not to be seen")
            }
        }
    }
}

/// How an attempt ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Done,
    Answered,
    Retry(&'static str),
    Permanent(&'static str),
    Panic(&'static str),
    /// The attempt goes on without an end, and panics when it is dropped.
    HangAndPanic,
}

/// The handler. A clone is the same desk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    attempts: Arc<Mutex<Vec<Attempt>>>,
}

#[derive(Debug)]
struct Attempt {
    key: EffectKey,
    end: Option<oneshot::Sender<End>>,
}

/// Workers at a desk, and their clock.
pub(crate) struct Office {
    pub(crate) desk: Desk,
    pub(crate) clock: ManualClock,
    pub(crate) workers: Workers<State>,
}

impl Desk {
    /// Whose attempts run, in the order in which they began.
    pub(crate) fn running(&self) -> Vec<EffectKey> {
        self.attempts().iter().map(|attempt| attempt.key.clone()).collect()
    }

    /// Ends the attempt that runs for this effect.
    pub(crate) fn end(&self, key: &EffectKey, end: End) {
        let mut attempts = self.attempts();
        let attempt = attempts.iter_mut().find(|attempt| attempt.key == *key);
        attempt.expect("it runs").end.take().expect("it was not ended").send(end).unwrap();
    }

    fn attempts(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.attempts.lock().unwrap()
    }
}

impl Perform<State> for Desk {
    async fn perform(
        &self,
        key: &EffectKey,
        _effect: &Mail,
    ) -> Result<Option<Event>, PerformError> {
        struct Leaving<'a>(&'a Desk, &'a EffectKey);
        impl Drop for Leaving<'_> {
            fn drop(&mut self) {
                self.0.attempts().retain(|attempt| attempt.key != *self.1);
            }
        }
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }

        let (end, ended) = oneshot::channel();
        self.attempts().push(Attempt { key: key.clone(), end: Some(end) });
        let _leaving = Leaving(self, key);
        match ended.await.unwrap() {
            End::Done => Ok(None),
            End::Answered => Ok(Some(Event::Bounced)),
            End::Retry(why) => Err(PerformError::retry(why)),
            End::Permanent(why) => Err(PerformError::permanent(why)),
            End::Panic(why) => panic!("{why}"),
            End::HangAndPanic => {
                let _bomb = Bomb;
                std::future::pending().await
            }
        }
    }
}

impl Office {
    pub(crate) fn open(options: PerformOptions) -> Self {
        quiet();
        let (desk, clock) = (Desk::default(), ManualClock::at(Timestamp::EPOCH));
        let (handler, time) = (desk.clone(), Arc::new(clock.clone()));
        let workers = Workers::new(handler, options, time, Handle::current());
        Self { desk, clock, workers }
    }

    /// Begins the effect of machine `machine`, for which there is room.
    pub(crate) fn begin(&self, machine: usize) -> Performing<Event> {
        self.workers.begin(key(machine), owed()).unwrap()
    }

    /// The machines whose attempts run, in the order in which they began.
    pub(crate) fn running(&self) -> Vec<usize> {
        let machines = self.desk.running();
        machines.iter().map(|key| key.machine.parse().unwrap()).collect()
    }

    pub(crate) fn nobody_runs(&self) -> bool {
        self.running().is_empty()
    }

    /// Ends the attempt of a machine, and lets everybody do what follows.
    pub(crate) async fn end(&self, machine: usize, end: End) {
        self.desk.end(&key(machine), end);
        settle().await;
    }

    /// Moves the clock on, and lets everybody do what follows.
    pub(crate) async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        settle().await;
    }
}

/// What a machine that was placed owes.
fn owed() -> Mail {
    let mut effects = Effects::new();
    let placed = State::initial().step(&mut Order, Event::Place, Moment::default(), &mut effects);
    assert!(matches!(placed, Ok(State::Placed)));
    effects.into_iter().next().unwrap()
}

/// The key of the one effect of machine `machine`.
pub(crate) fn key(machine: usize) -> EffectKey {
    EffectKey::new("order", machine.to_string(), Sequence(2), 0)
}

/// The verdict of an effect that ends.
pub(crate) async fn verdict(performing: Performing<Event>) -> Verdict<Event> {
    performing.await.1.expect("it was not cut off")
}

/// Lets all tasks of a runtime with one thread go on until each waits for the test.
pub(crate) async fn settle() {
    // From an attempt's end to the next attempt's beginning is a handful of wake-ups.
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Keeps the panics that belong to the tests off the screen.
pub(crate) fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let expected = ["boom", "dropped", "not to be seen", "eager"];
            let text = panic.payload_as_str().unwrap_or_default();
            if !expected.contains(&text) {
                usual(panic);
            }
        }));
    });
}
