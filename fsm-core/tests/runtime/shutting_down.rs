//! The end of a system.

use fsm_core::journal::{Journal, MemoryJournal};
use fsm_core::{SendError, System};

use crate::account::{Event, State, deposit, open, system};
use crate::held_journal::HeldJournal;

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

/// Once, the second of two calls found no tasks to wait for and closed the journal under them.
#[tokio::test]
async fn a_second_shutdown_waits_for_the_first() {
    let journal = HeldJournal::new();
    let system = system(journal.clone()).await;
    journal.release_one().await;
    let account = open(&system, "a", 0).await;
    account.cast(deposit(1)).unwrap();
    let mut first = Box::pin(system.shutdown());
    let mut second = Box::pin(system.shutdown());
    for _ in 0..10 {
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut second).is_pending());
        tokio::task::yield_now().await;
    }
    drop(first);
    journal.release_all();
    second.await.unwrap();
    assert_eq!(journal.memory().head().0, 2);
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
