//! Effects, timers and kept events of machines that are not journaled.

use std::num::NonZeroUsize;
use std::time::Duration;

use fsm_core::runtime::{EffectKey, ManualClock, PerformError, PerformOptions};
use fsm_core::{MachineRef, SendError, System};

use crate::desk::{Clerk, Desk, Event, Folder};
use crate::ledger::{poll_once, rest, start};

async fn system(clerk: &Clerk) -> System {
    let options = PerformOptions::new().attempts_max(1);
    start(System::builder().volatile().perform::<Desk>(clerk.clone(), options)).await
}

async fn desk(system: &System, id: &str) -> MachineRef<Desk> {
    let desk = system.machine::<Desk>(id.to_owned());
    desk.create(Folder::default()).await.unwrap();
    desk
}

async fn written(desk: &MachineRef<Desk>) -> Vec<u32> {
    desk.state().await.unwrap().context.written
}

#[tokio::test]
async fn an_effect_that_is_owed_by_a_send_on_its_senders_thread_is_performed() {
    let clerk = Clerk::default();
    let system = system(&clerk).await;
    let desk = desk(&system, "a").await;
    rest().await;
    assert!(poll_once(&mut desk.send(Event::Ask { what: 7 })).is_ready());
    desk.cast(Event::Write { what: 8 }).unwrap();
    rest().await;
    assert_eq!(clerk.begun(), [7]);
    clerk.end(Ok(Some(Event::Answered { what: 7 })));
    rest().await;
    assert_eq!(written(&desk).await, [7, 8], "what was kept comes after the answer");
    // Nothing is left to do: sends go the short way again.
    assert!(poll_once(&mut desk.send(Event::Write { what: 9 })).is_ready());
    system.shutdown().await.unwrap();
}

#[test]
fn an_effect_and_a_timer_of_a_send_outside_of_any_runtime_are_looked_after() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (clerk, clock) = (Clerk::default(), ManualClock::default());
    let builder = System::builder().volatile().clock(clock.clone());
    let builder = builder.perform::<Desk>(clerk.clone(), PerformOptions::new());
    let system = runtime.block_on(start(builder));
    let (asking, sleeping) = runtime
        .block_on(async { (desk(&system, "asking").await, desk(&system, "sleeping").await) });
    let outside = std::thread::scope(|scope| {
        let sent = scope.spawn(|| {
            let asked = poll_to_end(asking.send(Event::Ask { what: 7 }));
            let slept = poll_to_end(sleeping.send(Event::Sleep));
            (asked.unwrap().sequence.0, slept.unwrap().sequence.0)
        });
        sent.join().unwrap()
    });
    assert_eq!(outside, (2, 2));
    runtime.block_on(async {
        while clerk.begun() != [7] || clock.next_wake().is_none() {
            tokio::task::yield_now().await;
        }
        clerk.end(Ok(Some(Event::Answered { what: 7 })));
        clock.advance(Duration::from_secs(10));
        while written(&asking).await != [7] || written(&sleeping).await != [0] {
            tokio::task::yield_now().await;
        }
        system.shutdown().await.unwrap();
    });
}

/// Waits on this thread, without a runtime.
fn poll_to_end<F: Future + Unpin>(mut future: F) -> F::Output {
    loop {
        if let std::task::Poll::Ready(output) = poll_once(&mut future) {
            return output;
        }
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn the_end_of_an_effect_of_a_machine_that_has_gone_is_not_that_of_the_next() {
    for flood in [1, 400] {
        let clerk = Clerk::default();
        let system = system(&clerk).await;
        let (desk, _neighbour) = (desk(&system, "a").await, desk(&system, "b").await);
        desk.send(Event::Ask { what: 1 }).await.unwrap();
        rest().await;
        for what in 0..flood {
            // In the second round it is in the middle of what was put off.
            let panics = what == flood / 2;
            desk.cast(if panics { Event::Panic } else { Event::Write { what } }).unwrap();
        }
        desk.create(Folder::default()).await.unwrap();
        desk.send(Event::Ask { what: 2 }).await.unwrap();
        rest().await;
        assert_eq!(clerk.begun(), [1, 2], "with {flood} behind it");
        clerk.end(Ok(Some(Event::Answered { what: 1 })));
        rest().await;
        assert!(written(&desk).await.is_empty());
        clerk.end(Ok(Some(Event::Answered { what: 2 })));
        rest().await;
        assert_eq!(written(&desk).await, [2]);
        system.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_panic_over_the_answer_of_an_effect_with_a_backlog_behind_it() {
    let clerk = Clerk::default();
    let system = system(&clerk).await;
    let (desk, neighbour) = (desk(&system, "a").await, desk(&system, "b").await);
    neighbour.send(Event::Write { what: 0 }).await.unwrap();
    desk.send(Event::Ask { what: 1 }).await.unwrap();
    rest().await;
    for what in 0..600 {
        desk.cast(Event::Write { what }).unwrap();
    }
    tokio::task::yield_now().await;
    clerk.end(Ok(Some(Event::Blamed)));
    rest().await;
    desk.create(Folder::default()).await.unwrap();
    assert!(written(&desk).await.is_empty());
    system.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_effect_that_was_given_up_cannot_be_performed_again_and_its_machine_lives_on() {
    let clerk = Clerk::default();
    let system = system(&clerk).await;
    let desk = desk(&system, "a").await;
    desk.send(Event::Ask { what: 1 }).await.unwrap();
    rest().await;
    clerk.end(Err(PerformError::permanent(std::io::Error::other("no"))));
    rest().await;
    let letters = system.dead_letters(0, NonZeroUsize::MIN);
    let key: EffectKey = letters.letters[0].key.clone();
    assert!(!system.resume(&key).await.unwrap());
    rest().await;
    desk.send(Event::Answered { what: 3 }).await.unwrap();
    assert_eq!(written(&desk).await, [3]);
    system.shutdown().await.unwrap();
}

#[tokio::test]
async fn nothing_is_taken_any_more_while_the_last_effects_come_to_their_end() {
    let clerk = Clerk::default();
    let system = system(&clerk).await;
    let (asking, writing) = (desk(&system, "a").await, desk(&system, "b").await);
    asking.send(Event::Ask { what: 1 }).await.unwrap();
    rest().await;
    let ending = tokio::spawn({
        let system = system.clone();
        async move { system.shutdown().await.unwrap() }
    });
    rest().await;
    let error = writing.send(Event::Write { what: 1 }).await.unwrap_err();
    assert!(matches!(error, SendError::ShuttingDown { .. }), "{error}");
    clerk.end(Ok(None));
    assert_eq!(ending.await.unwrap().effects_ended, 1);
}
