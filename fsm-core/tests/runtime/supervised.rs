//! Machines as members of supervised sets, beside services.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use fsm_core::runtime::supervision::{Backoff, Restart, SetOptions, Status, Strategy, Supervision};
use fsm_core::runtime::{Intensity, ManualClock};
use fsm_core::{SendError, System};

use crate::account::{Event, deposit, hush, open};

async fn system(clock: &ManualClock) -> System {
    hush();
    System::builder().clock(clock.clone()).start().await.unwrap()
}

async fn rest() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn transient() -> Supervision {
    let backoff = Backoff::new(Duration::from_secs(1)).jitter(0.0);
    Supervision::new().restart(Restart::Transient).backoff(backoff)
}

#[tokio::test]
async fn a_member_that_panics_waits_for_its_supervisor() {
    let clock = ManualClock::default();
    let system = system(&clock).await;
    let account = open(&system, "a", 5).await;
    let member = system.supervise_machine(&account, transient()).await.unwrap();
    rest().await;
    account.send(deposit(1)).await.unwrap();

    account.send(Event::Panic).await.unwrap_err();
    let refused = account.send(deposit(1)).await.unwrap_err();
    assert!(matches!(refused, SendError::Suspended { .. }), "{refused}");
    rest().await;
    assert!(matches!(member.status(), Status::Restarting { .. }), "{:?}", member.status());

    clock.advance(Duration::from_secs(1));
    rest().await;
    assert_eq!(member.status(), Status::Running);
    assert_eq!(account.state().await.unwrap().context.balance, 6);
}

#[tokio::test]
async fn one_for_all_restarts_the_machines_and_services_of_a_set_together() {
    let clock = ManualClock::default();
    let system = system(&clock).await;
    let options = SetOptions::new().strategy(Strategy::OneForAll);
    system.supervisor().set("branch", options).await.unwrap();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let service = system.supervise("teller", transient().within("branch"), move |context| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            context.stopping().await;
            Ok(())
        }
    });
    service.await.unwrap();
    let (first, second) = (open(&system, "a", 1).await, open(&system, "b", 2).await);
    for account in [&first, &second] {
        system.supervise_machine(account, transient().within("branch")).await.unwrap();
    }
    rest().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);

    first.send(Event::Panic).await.unwrap_err();
    rest().await;
    // Its neighbours in the set were stopped with it.
    assert!(matches!(second.send(deposit(1)).await, Err(SendError::Suspended { .. })));
    clock.advance(Duration::from_secs(1));
    rest().await;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(first.send(deposit(1)).await.unwrap().sequence.0, 2);
    assert_eq!(second.send(deposit(1)).await.unwrap().sequence.0, 2);
}

#[tokio::test]
async fn a_set_that_gives_up_leaves_its_machines_suspended_and_their_records_whole() {
    let clock = ManualClock::default();
    let system = system(&clock).await;
    let never = Intensity { restarts_max: 0, within: Duration::from_secs(60) };
    let options = SetOptions::new().intensity(never);
    system.supervisor().set("branch", options).await.unwrap();
    let (first, second) = (open(&system, "a", 1).await, open(&system, "b", 2).await);
    let outside = open(&system, "c", 3).await;
    for account in [&first, &second] {
        system.supervise_machine(account, transient().within("branch")).await.unwrap();
    }
    rest().await;
    first.send(Event::Panic).await.unwrap_err();
    rest().await;
    assert!(matches!(second.send(deposit(1)).await, Err(SendError::Suspended { .. })));
    outside.send(deposit(1)).await.unwrap();
    // The root restarts the set; then its members run again.
    clock.advance(Duration::from_secs(60));
    rest().await;
    assert_eq!(first.state().await.unwrap().context.balance, 1);
    assert_eq!(second.send(deposit(1)).await.unwrap().sequence.0, 2);
}

#[tokio::test]
async fn a_machine_that_has_ended_has_finished_and_is_not_restarted() {
    let clock = ManualClock::default();
    let system = system(&clock).await;
    let account = open(&system, "a", 1).await;
    let member = system.supervise_machine(&account, transient()).await.unwrap();
    rest().await;
    account.send(Event::Close).await.unwrap();
    rest().await;
    assert_eq!(member.status(), Status::Stopped);
    assert!(account.state().await.unwrap().completed);
}

#[tokio::test]
async fn a_shutdown_stops_services_first_and_says_which_did_not_end() {
    let clock = ManualClock::default();
    let system = system(&clock).await;
    let stubborn = Supervision::new().stop_within(Duration::from_secs(3_600));
    let service = system.supervise("stubborn", stubborn, |_| std::future::pending());
    service.await.unwrap();
    let account = open(&system, "a", 1).await;
    let polite = system.supervise("polite", Supervision::new(), move |context| {
        let account = account.clone();
        async move {
            context.stopping().await;
            account.send(deposit(1)).await?;
            Ok(())
        }
    });
    polite.await.unwrap();
    rest().await;
    let ending = tokio::spawn({
        let system = system.clone();
        async move { system.shutdown_within(Duration::from_secs(5)).await }
    });
    while !ending.is_finished() {
        rest().await;
        clock.advance(Duration::from_secs(1));
    }
    let report = ending.await.unwrap().unwrap();
    let faults: Vec<_> = report.services.faults().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("stubborn"), "{faults:?}");
    // The service that ended in order could still send.
    assert_eq!(system.journal().head().0, 2);
}
