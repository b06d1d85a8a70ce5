//! A handler that blocks its thread harms nobody but itself.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::effects::{Verdict, Workers};
use fsm_core::runtime::{EffectKey, ManualClock, Perform, PerformError, PerformOptions};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::desk::{Event, Mail, State, key, verdict};

/// Blocks on the mail to `stone` until it is told to go on.
#[derive(Debug)]
struct Blocking {
    blocked: Arc<Notify>,
    go_on: Mutex<Receiver<()>>,
}

impl Perform<State> for Blocking {
    async fn perform(
        &self,
        _key: &EffectKey,
        effect: &Mail,
    ) -> Result<Option<Event>, PerformError> {
        if *effect == Mail::To("stone") {
            self.blocked.notify_one();
            self.go_on.lock().unwrap().recv()?;
        }
        Ok(None)
    }
}

/// Workers for two, their clock, and what lets the one go on that has blocked a thread.
async fn blocked() -> (Workers<State>, ManualClock, Sender<()>, Arc<Notify>) {
    let (clock, blocked) = (ManualClock::default(), Arc::new(Notify::new()));
    let (go_on, told) = channel();
    let handler = Blocking { blocked: Arc::clone(&blocked), go_on: Mutex::new(told) };
    let options = PerformOptions::new().running_max(2);
    let workers = Workers::new(handler, options, Arc::new(clock.clone()), Handle::current());
    (workers, clock, go_on, blocked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_others_go_on_in_their_slots() {
    let (workers, clock, go_on, blocked) = blocked().await;
    let stone = workers.begin(key(0), Mail::To("stone")).unwrap();
    blocked.notified().await;
    for machine in 1..100 {
        let room = workers.room().await.unwrap();
        let done = verdict(room.begin(key(machine), Mail::To("a"))).await;
        assert_eq!(done, Verdict::Done { event: None, attempts: 1 });
    }
    assert_eq!(workers.statistics().running, 1);

    // Its time has long been over. It has done its work nevertheless.
    clock.advance(Duration::from_secs(1_000));
    go_on.send(()).unwrap();
    assert_eq!(verdict(stone).await, Verdict::Done { event: None, attempts: 1 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_it_beyond_the_deadline() {
    let (workers, _clock, go_on, blocked) = blocked().await;
    let stone = workers.begin(key(0), Mail::To("stone")).unwrap();
    blocked.notified().await;

    let stopped = workers.stop(Timestamp::EPOCH).await;
    assert_eq!((stopped.ended, stopped.aborted), (0, 1));
    go_on.send(()).unwrap();
    assert_eq!(stone.await, (key(0), None));
}
