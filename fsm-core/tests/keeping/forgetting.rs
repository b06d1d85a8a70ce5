//! A machine that is forgotten is gone, with all that was under way of it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal, Position, Sequence};
use fsm_core::runtime::effects::perform_fn;
use fsm_core::runtime::{Clock, ManualClock, PerformError, PerformOptions, Supervision};
use fsm_core::{MachineRef, SendError, System};
use proptest::prelude::*;
use tokio::sync::Notify;

use crate::device::{Event, Print, State};
use crate::run::{Run, Step, block_on, every, steps};

async fn is_gone(machine: &MachineRef<State>) {
    let error = machine.state().await.unwrap_err();
    assert!(matches!(error, SendError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn nothing_of_it_is_left() {
    let mut run = Run::start(every(1)).await;
    run.take(&Step::Send(Event::Connect)).await;
    run.take(&Step::After(Event::Drop, 5_000)).await;
    let (machine, records) = (run.machine(), run.records().await.len() as u64);
    let mut watch = machine.watch().await.unwrap();
    assert_eq!(machine.forget().await.unwrap(), records);
    is_gone(&machine).await;
    assert!(watch.next().await.is_none());
    let error = machine.send(Event::Connect).await.unwrap_err();
    assert!(matches!(error, SendError::NotFound { .. }), "{error}");
    assert!(run.records().await.is_empty());
    let key = fsm_core::journal::MachineKey::new(run.memory.kind("State").unwrap(), "device");
    let snapshot = run.memory.snapshots().load(&key, Sequence(u64::MAX)).await.unwrap();
    assert_eq!(snapshot, None);
    assert_eq!(run.clock.next_wake(), None, "its timers stand still");
}

#[tokio::test]
async fn whoever_has_its_name_then_begins_anew() {
    let mut run = Run::start(every(1)).await;
    run.take(&Step::Keyed(Event::Connect, 1)).await;
    run.machine().forget().await.unwrap();
    run.machine().create(Default::default()).await.unwrap();
    let done = run.machine().send(Event::Resume).idempotency_key("key 1").await.unwrap();
    assert_eq!(done.sequence, Sequence(2));
    let before = run.machine().state().await.unwrap();
    run.restart().await;
    assert_eq!(run.machine().state().await.unwrap(), before);
}

#[tokio::test]
async fn nobody_is_forgotten_twice() {
    let run = Run::start(every(0)).await;
    let (machine, again) = (run.machine(), run.machine());
    let (first, second) = tokio::join!(machine.forget(), again.forget());
    assert_eq!(first.unwrap(), 1);
    assert!(matches!(second.unwrap_err(), SendError::NotFound { .. }));
    let nobody = run.system.machine::<State>("nobody").forget().await.unwrap_err();
    assert!(matches!(nobody, SendError::NotFound { .. }), "{nobody}");
}

/// What is not in memory is forgotten as well.
#[tokio::test]
async fn a_machine_that_was_not_used_is_forgotten() {
    let mut run = Run::start(every(0)).await;
    run.take(&Step::Send(Event::Connect)).await;
    run.restart().await;
    assert_eq!(run.machine().forget().await.unwrap(), 2);
    is_gone(&run.machine()).await;
}

#[tokio::test]
async fn a_member_of_a_set_that_is_forgotten_has_finished() {
    let run = Run::start(every(0)).await;
    let member = run.system.supervise_machine(&run.machine(), Supervision::new()).await.unwrap();
    run.rest().await;
    run.machine().forget().await.unwrap();
    is_gone(&run.machine()).await;
    drop(member);
}

/// A system whose printer jams: it begins, and does not end by itself.
struct Jammed {
    system: System,
    begun: Arc<Notify>,
    ended: Arc<AtomicU32>,
    journal: MemoryJournal,
}

impl Jammed {
    async fn start() -> Self {
        struct Ending(Arc<AtomicU32>);
        impl Drop for Ending {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let (begun, ended) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
        let (bell, count) = (Arc::clone(&begun), Arc::clone(&ended));
        let printer = perform_fn(move |_, Print| {
            let (bell, ending) = (Arc::clone(&bell), Ending(Arc::clone(&count)));
            async move {
                bell.notify_one();
                let _ending = ending;
                std::future::pending::<()>().await;
                Ok::<_, PerformError>(None)
            }
        });
        let journal = MemoryJournal::new();
        let options = PerformOptions::new();
        let builder = System::builder().journal(journal.clone()).clock(ManualClock::default());
        let system = builder.perform::<State>(printer, options).start().await.unwrap();
        Self { system, begun, ended, journal }
    }
}

#[tokio::test]
async fn an_effect_under_way_is_called_off() {
    let jammed = Jammed::start().await;
    let machine = jammed.system.machine::<State>("device");
    machine.create(Default::default()).await.unwrap();
    machine.send(Event::Print).await.unwrap();
    jammed.begun.notified().await;
    machine.forget().await.unwrap();
    is_gone(&machine).await;
    for _ in 0..40 {
        tokio::task::yield_now().await;
    }
    assert_eq!(jammed.ended.load(Ordering::Relaxed), 1);
    // The next of that name owes an effect of the same key, which is another one.
    machine.create(Default::default()).await.unwrap();
    machine.send(Event::Print).await.unwrap();
    jammed.begun.notified().await;
    assert_eq!(jammed.ended.load(Ordering::Relaxed), 1);
    assert_eq!(jammed.journal.read_all(Position(1), 10).await.unwrap().len(), 2);
    let error = machine.condense().await.unwrap_err();
    assert!(error.to_string().contains("it owes 1 effects"), "{error}");
}

#[tokio::test]
async fn its_dead_letters_go() {
    let broken = perform_fn(|_, Print| async { Err(PerformError::permanent("no paper")) });
    let builder = System::builder().clock(ManualClock::default());
    let builder = builder.perform::<State>(broken, PerformOptions::new());
    let system = builder.start().await.unwrap();
    for id in ["device", "other"] {
        let machine = system.machine::<State>(id);
        machine.create(Default::default()).await.unwrap();
        machine.send(Event::Print).await.unwrap();
    }
    let hundred = NonZeroUsize::new(100).unwrap();
    while system.dead_letters(0, hundred).letters.len() < 2 {
        tokio::task::yield_now().await;
    }
    let machine = system.machine::<State>("device");
    let error = machine.condense().await.unwrap_err();
    assert!(error.to_string().contains("1 of its effects were given up"), "{error}");
    machine.forget().await.unwrap();
    let letters = system.dead_letters(0, hundred).letters;
    assert_eq!(letters.len(), 1);
    assert_eq!(&*letters[0].key.machine, "other");
}

#[tokio::test]
async fn what_is_not_journaled_is_forgotten_too() {
    let printer = perform_fn(|_, Print| async { Ok::<_, PerformError>(None) });
    let builder = System::builder().volatile();
    let builder = builder.perform::<State>(printer, PerformOptions::new());
    let system = builder.start().await.unwrap();
    let machine = system.machine::<State>("device");
    machine.create(Default::default()).await.unwrap();
    assert_eq!(machine.condense().await.unwrap(), 0);
    assert_eq!(machine.forget().await.unwrap(), 0);
    is_gone(&machine).await;
    machine.create(Default::default()).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// However it lived before, what is created then is as new.
    #[test]
    fn a_life_before_leaves_no_trace(before in steps(1), after in steps(1), records in 0u16..4) {
        block_on(async {
            let mut run = Run::start(every(records)).await;
            for step in &before {
                run.take(step).await;
            }
            run.machine().forget().await.unwrap();
            let mut fresh = Run::start(every(0)).await;
            fresh.clock.set(run.clock.now());
            fresh.machine().forget().await.unwrap();
            for either in [&run, &fresh] {
                either.machine().create(Default::default()).await.unwrap();
                either.wait(1).await;
            }
            // The children of the life before go on, so those of this one are others.
            let is_of_children = |step: &Step| {
                matches!(step, Step::Switch(_) | Step::Send(Event::Spawn { .. }))
                    || matches!(step, Step::Keyed(Event::Spawn { .. }, _))
                    || matches!(step, Step::After(Event::Spawn { .. }, _) | Step::Cancel(_))
            };
            for step in after.iter().filter(|step| !is_of_children(step)) {
                run.take(step).await;
                run.restart().await;
                fresh.take(step).await;
                let states = (run.machine().state().await, fresh.machine().state().await);
                let (is, should_be) = (states.0.unwrap(), states.1.unwrap());
                assert_eq!((is.state, is.context), (should_be.state, should_be.context));
                assert_eq!((is.sequence, is.time), (should_be.sequence, should_be.time));
            }
        });
    }
}

/// Time for what is under way elsewhere.
#[tokio::test]
async fn commands_wait_for_the_end_and_find_nobody() {
    let run = Run::start(every(0)).await;
    let machine = run.machine();
    machine.cast(Event::Connect).unwrap();
    let forgetting = machine.forget();
    let sent = machine.send_after(Event::Connect, Duration::from_secs(1));
    let (forgotten, sent) = tokio::join!(forgetting, sent);
    assert_eq!(forgotten.unwrap(), 2);
    assert!(matches!(sent.unwrap_err(), SendError::NotFound { .. }));
    assert_eq!(run.clock.now().micros(), 0);
}
