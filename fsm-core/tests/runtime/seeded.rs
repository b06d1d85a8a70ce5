//! A system with a seed leaves nothing to chance.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fsm_core::runtime::effects::{BreakerOptions, perform_fn};
use fsm_core::runtime::supervision::SetOptions;
use fsm_core::runtime::{
    Backoff, Clock, Intensity, ManualClock, PerformError, PerformOptions, Supervision,
};
use fsm_core::{Fsm, System, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, effect = Ring)]
enum Bell {
    #[fsm(initial)]
    #[on(Press => Ringing / Ring)]
    Still,
    #[fsm(final)]
    Ringing,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Event {
    Press,
}

#[derive(Clone, Debug)]
struct Ring;

/// Times at which somebody tried something.
#[derive(Clone, Debug, Default)]
struct Times {
    clock: ManualClock,
    seen: Arc<Mutex<Vec<Timestamp>>>,
}

impl Times {
    fn note(&self) {
        self.seen.lock().unwrap().push(self.clock.now());
    }

    fn seen(&self) -> Vec<Timestamp> {
        self.seen.lock().unwrap().clone()
    }
}

/// When effects that always fail are attempted, and when a service that always fails is started.
async fn times(seed: Option<u64>) -> (Vec<Timestamp>, Vec<Timestamp>) {
    let clock = ManualClock::default();
    let [attempts, starts] = [(); 2].map(|()| Times { clock: clock.clone(), ..Times::default() });
    let backoff = Backoff::new(Duration::from_secs(1)).jitter(1.0);
    let bells = {
        let attempts = attempts.clone();
        perform_fn(move |_key, Ring| {
            attempts.note();
            async { Err(PerformError::retry("no line")) }
        })
    };
    let performing = PerformOptions::new().attempts_max(10).backoff(backoff);
    let performing = performing.breaker(BreakerOptions::new());
    let builder = System::builder().clock(clock.clone()).perform::<Bell>(bells, performing);
    let builder = seed.into_iter().fold(builder, |builder, seed| builder.seed(seed));
    let system = builder.start().await.unwrap();

    let patient = Intensity { restarts_max: u16::MAX, within: Duration::from_secs(1) };
    let options = SetOptions::new().intensity(patient);
    system.supervisor().set("patient", options).await.unwrap();
    let noted = starts.clone();
    let fails = move |_| {
        noted.note();
        async { Err("out of cheese".into()) }
    };
    let mouse = Supervision::new().within("patient").backoff(backoff);
    system.supervise("mouse", mouse, fails).await.unwrap();
    for number in 0..3 {
        let bell = system.machine::<Bell>(number.to_string());
        bell.create(()).await.unwrap();
        bell.send(Event::Press).await.unwrap();
    }
    for _ in 0..60 {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        if let Some(due) = clock.next_wake() {
            clock.set(due);
        }
    }
    (attempts.seen(), starts.seen())
}

#[tokio::test]
async fn the_same_seed_waits_as_long_again() {
    let (attempts, starts) = times(Some(7)).await;
    assert!(attempts.len() > 10 && starts.len() > 10, "{attempts:?} {starts:?}");
    assert_eq!((attempts.clone(), starts.clone()), times(Some(7)).await);
    for other in [Some(8), None] {
        let (other_attempts, other_starts) = times(other).await;
        assert_ne!(attempts, other_attempts);
        assert_ne!(starts, other_starts);
    }
}
