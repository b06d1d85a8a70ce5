//! Health: what is in memory, what is quarantined, what was dropped.

use std::num::NonZeroUsize;
use std::time::Duration;

use fsm_core::runtime::{Intensity, KindHealth, MachineOptions, ManualClock};
use fsm_core::{SendError, System};

use crate::account::{Event, State, deposit, hush, open};

fn accounts(system: &System) -> KindHealth {
    let kinds = system.health().kinds;
    kinds.into_iter().find(|kind| kind.kind == "State").unwrap()
}

async fn rest() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn machines_are_counted_as_they_come_and_go() {
    let clock = ManualClock::default();
    let options = MachineOptions::default().passivate_after(Duration::from_secs(10));
    let builder = System::builder().clock(clock.clone()).machines::<State>(options);
    let system = builder.start().await.unwrap();
    for id in ["a", "b", "c"] {
        open(&system, id, 0).await;
    }
    assert_eq!(accounts(&system).machines, 3);
    clock.advance(Duration::from_secs(60));
    rest().await;
    assert_eq!(accounts(&system).machines, 0);
    assert_eq!(system.machine::<State>("b").state().await.unwrap().context.balance, 0);
    assert_eq!(accounts(&system).machines, 1);
}

#[tokio::test]
async fn a_machine_that_panics_too_often_is_quarantined_named_and_released() {
    hush();
    let intensity = Intensity { restarts_max: 2, within: Duration::from_secs(60) };
    let clock = ManualClock::default();
    let options = MachineOptions::default().intensity(intensity);
    let builder = System::builder().clock(clock.clone()).machines::<State>(options);
    let system = builder.start().await.unwrap();
    let account = open(&system, "a", 5).await;
    let neighbour = open(&system, "b", 5).await;
    for _ in 0..3 {
        let crashed = account.send(Event::Panic).await.unwrap_err();
        assert!(matches!(crashed, SendError::Crashed { .. }), "{crashed}");
    }
    let refused = account.send(deposit(1)).await.unwrap_err();
    assert!(matches!(refused, SendError::Quarantined { .. }), "{refused}");
    neighbour.send(deposit(1)).await.unwrap();

    let health = accounts(&system);
    assert_eq!((health.quarantined, health.crashes), (1, 3));
    assert_eq!(health.quarantines[0].0, "a");
    assert!(health.quarantines[0].1.contains("the action gives up"), "{health:?}");
    assert!(!system.health().is_good());

    assert!(account.release().await.unwrap());
    assert_eq!(account.send(deposit(1)).await.unwrap().sequence.0, 2);
    assert!(!account.release().await.unwrap());
    assert!(system.health().is_good());
    // Crashes that lie apart are not too many.
    for _ in 0..9 {
        clock.advance(Duration::from_secs(40));
        account.send(Event::Panic).await.unwrap_err();
    }
    account.send(deposit(1)).await.unwrap();
}

#[tokio::test]
async fn casts_that_find_no_room_are_counted() {
    let one = NonZeroUsize::MIN;
    let system = System::builder().shards(one).start().await.unwrap();
    let (flooded, _neighbour) = (open(&system, "a", 0).await, open(&system, "b", 0).await);
    for _ in 0..9_000 {
        flooded.cast(deposit(1)).unwrap();
    }
    let done = flooded.state().await;
    assert!(matches!(done, Err(SendError::Overloaded { .. })), "{done:?}");
    let dropped = accounts(&system).casts_dropped;
    assert_eq!(flooded.state().await.unwrap().context.balance, 9_000 - dropped as i64);
}
