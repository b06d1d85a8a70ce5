//! The end of a system.

use fsm_core::journal::{Journal, MemoryJournal};
use fsm_core::{SendError, System};

use crate::account::{Event, State, deposit, open, system};

#[tokio::test]
async fn everything_accepted_before_is_carried_out() {
    let journal = MemoryJournal::new();
    let system = system(journal.clone()).await;
    let account = open(&system, "a", 0).await;
    let cold = system.machine::<State>("cold");
    for amount in 1..=100 {
        account.cast(deposit(amount)).unwrap();
    }
    let asked = tokio::spawn(async move { cold.state().await });
    tokio::task::yield_now().await;
    system.shutdown().await.unwrap();

    assert_eq!(journal.head().0, 101);
    assert!(matches!(asked.await.unwrap(), Err(SendError::NotFound { .. })));
}

#[tokio::test]
async fn what_comes_later_is_given_back() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    system.shutdown().await.unwrap();
    system.shutdown().await.unwrap();

    let error = account.send(Event::Close).await.unwrap_err();
    assert!(matches!(error, SendError::ShuttingDown { given: Event::Close }), "{error}");
    let error = account.cast(Event::Close).unwrap_err();
    assert!(matches!(error, SendError::ShuttingDown { given: Event::Close }), "{error}");
    assert!(matches!(account.state().await, Err(SendError::ShuttingDown { .. })));
}

#[tokio::test]
async fn a_kind_first_used_after_the_end_is_refused_too() {
    let system = system(MemoryJournal::new()).await;
    system.shutdown().await.unwrap();
    let error = system.machine::<State>("a").create(Default::default()).await.unwrap_err();
    assert!(matches!(error, SendError::ShuttingDown { .. }), "{error}");
}

#[tokio::test]
async fn a_handle_keeps_the_system_alive() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    drop(system);
    account.send(deposit(1)).await.unwrap();
}

#[tokio::test]
async fn a_dropped_system_carries_out_what_it_has() {
    let journal = MemoryJournal::new();
    let system = system(journal.clone()).await;
    let account = open(&system, "a", 0).await;
    let sent = account.clone();
    let sent = tokio::spawn(async move { sent.send(deposit(1)).await });
    tokio::task::yield_now().await;
    drop((system, account));
    sent.await.unwrap().unwrap();
    assert_eq!(journal.head().0, 2);
}

#[test]
fn outside_a_runtime_a_system_does_not_start() {
    let started = futures_util::future::FutureExt::now_or_never(System::builder().start());
    assert!(started.unwrap().unwrap_err().to_string().contains("needs a tokio runtime"));
}
