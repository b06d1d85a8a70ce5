//! Watching a machine's transitions.

use fsm_core::journal::{Journal, MemoryJournal};
use fsm_core::runtime::{Lagged, Watch};
use fsm_core::{SendError, System};

use crate::account::{Event, State, deposit, open, system};
use crate::held_journal::HeldJournal;

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// What has been seen by now.
fn seen(watch: &mut Watch<State>) -> Vec<u64> {
    use futures_util::FutureExt;
    let mut seen = Vec::new();
    while let Some(Some(next)) = watch.next().now_or_never() {
        seen.push(next.unwrap().sequence.0);
    }
    seen
}

#[tokio::test]
async fn all_transitions_are_seen_in_order_by_everybody() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    account.send(deposit(1)).await.unwrap();
    let mut first = account.watch().await.unwrap();
    let mut second = account.watch().await.unwrap();
    for amount in 0..20 {
        account.cast(deposit(amount)).unwrap();
        account.cast(Event::Look).unwrap();
    }
    account.send(Event::Freeze { why: "so".into() }).await.unwrap();
    let done = account.send(Event::Thaw).await.unwrap();
    settle().await;
    for watch in [&mut first, &mut second] {
        let expected: Vec<_> = (3..=done.sequence.0).collect();
        assert_eq!(seen(watch), expected);
    }
    account.send(deposit(1)).await.unwrap();
    assert_eq!(first.next().await.unwrap().unwrap().sequence, done.sequence.next());
}

#[tokio::test]
async fn what_is_seen_is_what_the_sender_is_answered() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    for event in [deposit(1), Event::Freeze { why: "so".into() }, Event::Thaw, Event::Close] {
        let done = account.send(event).await.unwrap();
        assert_eq!(watch.next().await.unwrap().unwrap(), done);
    }
}

#[tokio::test]
async fn nothing_is_seen_before_it_is_durable() {
    let journal = HeldJournal::new();
    let system = system(journal.clone()).await;
    journal.release_one().await;
    let account = open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    account.cast(deposit(1)).unwrap();
    journal.appended(2).await;
    settle().await;
    assert_eq!(seen(&mut watch), [0; 0]);
    journal.release_all();
    settle().await;
    assert_eq!(seen(&mut watch), [2]);
}

#[tokio::test]
async fn who_is_too_slow_is_told_how_much_went_by() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    for amount in 0..300 {
        account.send(deposit(amount)).await.unwrap();
    }
    let Lagged { transitions } = watch.next().await.unwrap().unwrap_err();
    let next = watch.next().await.unwrap().unwrap();
    assert_eq!(next.sequence.0, 2 + transitions);
    for sequence in next.sequence.0 + 1..=301 {
        assert_eq!(watch.next().await.unwrap().unwrap().sequence.0, sequence);
    }
    assert_eq!(seen(&mut watch), [0; 0]);
}

#[tokio::test]
async fn a_watch_survives_a_crash_and_an_append_that_fails() {
    let journal = HeldJournal::failing(3);
    let system = system(journal.clone()).await;
    let account = open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    account.send(deposit(1)).await.unwrap();
    account.send(deposit(2)).await.unwrap_err();
    account.send(deposit(3)).await.unwrap();
    account.send(Event::Panic).await.unwrap_err();
    account.send(deposit(4)).await.unwrap();
    let done = account.send(Event::Close).await.unwrap();
    settle().await;
    assert_eq!(seen(&mut watch), [2, 3, 4, 5]);
    assert_eq!(done.sequence.0, 5);
}

#[tokio::test]
async fn a_watch_ends_with_the_system() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    account.cast(deposit(1)).unwrap();
    system.shutdown().await.unwrap();
    assert_eq!(watch.next().await.unwrap().unwrap().sequence.0, 2);
    assert!(watch.next().await.is_none());
    let late = account.watch().await.unwrap_err();
    assert!(matches!(late, SendError::ShuttingDown { .. }), "{late}");
}

#[tokio::test]
async fn a_watch_keeps_its_system_up() {
    let journal = MemoryJournal::new();
    let system: System = system(journal.clone()).await;
    let account = open(&system, "a", 0).await;
    let mut watch = account.watch().await.unwrap();
    account.cast(deposit(1)).unwrap();
    drop((system, account));
    assert_eq!(watch.next().await.unwrap().unwrap().sequence.0, 2);
    assert_eq!(journal.head().0, 2);
}

#[tokio::test]
async fn there_is_nothing_to_watch_where_there_is_no_machine() {
    let system = system(MemoryJournal::new()).await;
    let error = system.machine::<State>("a").watch().await.unwrap_err();
    assert!(matches!(error, SendError::NotFound { .. }), "{error}");
}
