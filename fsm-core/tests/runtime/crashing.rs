//! A panic in a guard or an action harms its own event, and nothing else.

use fsm_core::SendError;
use fsm_core::journal::MemoryJournal;

use crate::account::{Event, deposit, open, system};
use crate::held_journal::HeldJournal;

#[tokio::test]
async fn a_panicking_action_is_answered_and_leaves_no_trace() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 10).await;
    let neighbour = open(&system, "b", 20).await;
    account.send(deposit(1)).await.unwrap();

    let error = account.send(Event::Panic).await.unwrap_err();

    let SendError::Crashed { message } = error else { panic!("{error}") };
    assert_eq!(message, "the action gives up");
    assert_eq!(account.state().await.unwrap().context.balance, 11);
    assert_eq!(account.history().await.unwrap().len(), 2);
    assert_eq!(account.send(deposit(1)).await.unwrap().sequence.0, 3);
    assert_eq!(neighbour.send(deposit(1)).await.unwrap().sequence.0, 2);
}

#[tokio::test]
async fn a_panicking_guard_is_answered_too() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 10).await;

    let error = account.send(Event::PanicInGuard).await.unwrap_err();

    let SendError::Crashed { message } = error else { panic!("{error}") };
    assert_eq!(message, "the guard gives up at 10");
    assert_eq!(account.send(deposit(1)).await.unwrap().sequence.0, 2);
}

#[tokio::test]
async fn commands_behind_a_panic_are_carried_out_on_the_restarted_machine() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    for amount in 1..=10 {
        account.cast(deposit(amount)).unwrap();
        account.cast(Event::Panic).unwrap();
    }
    let seen = account.state().await.unwrap();
    assert_eq!(seen.context.changes, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_restart_waits_for_the_records_that_are_under_way() {
    let journal = HeldJournal::new();
    let system = system(journal.clone()).await;
    let account = {
        let opening = tokio::spawn({
            let system = system.clone();
            async move { open(&system, "a", 0).await }
        });
        journal.release_one().await;
        opening.await.unwrap()
    };

    account.cast(deposit(1)).unwrap();
    journal.appended(2).await;
    account.cast(Event::Panic).unwrap();
    account.cast(deposit(2)).unwrap();
    let seen = tokio::spawn(async move { account.state().await });
    journal.release_all();

    assert_eq!(seen.await.unwrap().unwrap().context.changes, [1, 2]);
}
