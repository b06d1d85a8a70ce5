//! Nobody sees what is not durable, and a failed append harms only whom it concerns.

use fsm_core::SendError;
use fsm_core::journal::{Journal, Position};

use crate::account::{Account, Event, State, deposit, open, system};
use crate::held_journal::HeldJournal;

#[tokio::test]
async fn no_answer_comes_before_the_commit() {
    let journal = HeldJournal::new();
    let system = system(journal.clone()).await;
    journal.release_one().await;
    let account = open(&system, "a", 0).await;

    let mut sent = tokio::spawn({
        let account = account.clone();
        async move { account.send(deposit(1)).await }
    });
    journal.appended(2).await;
    // The refusal and the question rest on the deposit, so they wait for it too.
    let mut refused = tokio::spawn({
        let account = account.clone();
        async move { account.send(Event::Withdraw { amount: 2 }).await }
    });
    let mut asked = tokio::spawn({
        let account = account.clone();
        async move { account.state().await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(futures_util::poll!(&mut sent).is_pending());
    assert!(futures_util::poll!(&mut refused).is_pending());
    assert!(futures_util::poll!(&mut asked).is_pending());

    journal.release_all();
    assert_eq!(sent.await.unwrap().unwrap().position, Position(2));
    assert!(matches!(refused.await.unwrap(), Err(SendError::Rejected { .. })));
    assert_eq!(asked.await.unwrap().unwrap().context.balance, 1);
}

#[tokio::test]
async fn whichever_append_fails_answers_and_journal_agree() {
    for failing in 1..=12 {
        let journal = HeldJournal::failing(failing);
        let system = system(journal.clone()).await;
        let account = system.machine::<State>("a");
        let mut balance = None;
        for amount in 0..10 {
            if balance.is_none() {
                balance = account.create(Default::default()).await.ok().map(|_| 0);
            }
            match account.send(deposit(amount)).await {
                Ok(done) => {
                    *balance.as_mut().unwrap() += amount;
                    assert!(done.recorded);
                }
                Err(SendError::Journal(_) | SendError::NotFound { .. }) => {}
                Err(error) => panic!("append {failing}: {error}"),
            }
        }
        let seen = account.state().await.unwrap();
        assert_eq!(Some(seen.context.balance), balance, "append {failing}");
        let records = journal.memory().read_all(Position(1), 100).await.unwrap();
        assert_eq!(records.len() as u64, seen.sequence.0, "append {failing}");
    }
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused_alone() {
    let journal = HeldJournal::failing(0);
    let system = system(journal.clone()).await;
    let accounts = [open(&system, "a", 0).await, open(&system, "b", 0).await];
    let large = Event::Freeze { why: "x".repeat(2_000) };

    for account in &accounts {
        account.cast(deposit(1)).unwrap();
    }
    accounts[0].cast(large.clone()).unwrap();
    let error = accounts[1].send(large.clone()).await.unwrap_err();

    let SendError::TooLarge { given, bytes, bytes_max } = error else { panic!("{error}") };
    assert_eq!((given, bytes_max), (large, 1_000));
    assert!(bytes > 2_000);
    for account in accounts {
        account.cast(deposit(1)).unwrap();
        assert_eq!(account.state().await.unwrap().context.balance, 2);
    }
    let huge = Account { balance: 0, changes: vec![i64::MAX; 1_000] };
    let error = system.machine::<State>("c").create(huge.clone()).await.unwrap_err();
    assert!(matches!(error, SendError::TooLarge { given, .. } if given == huge));
}

/// Once, a machine that had panicked while two of its batches were under way, of which the first
/// failed, was dropped a second time when the second failed too: after it had been read back and
/// had gone on. The next command then read a journal that lacked what was under way.
#[tokio::test]
async fn a_machine_that_panicked_on_top_of_a_failing_batch_goes_on_from_the_journal() {
    let journal = HeldJournal::new();
    let system = system(journal.clone()).await;
    journal.release_one().await;
    let account = open(&system, "a", 0).await;
    journal.fail_append(2);
    for batch in 2..=3 {
        account.cast(deposit(100)).unwrap();
        journal.appended(batch).await;
    }
    account.cast(Event::Panic).unwrap();
    account.cast(deposit(1)).unwrap();
    // The first batch fails; the machine is read back and takes the command that waited.
    journal.release_one().await;
    journal.appended(4).await;
    // The second, which rests on the first, is refused while that command is under way.
    journal.release_one().await;
    settle().await;

    let mut seen = tokio::spawn({
        let account = account.clone();
        async move { account.state().await }
    });
    settle().await;
    assert!(futures_util::poll!(&mut seen).is_pending(), "it rests on what is under way");
    journal.release_all();
    assert_eq!(seen.await.unwrap().unwrap().context.changes, [1]);
    let records = journal.memory().read_all(Position(1), 100).await.unwrap();
    assert_eq!(account.state().await.unwrap().sequence.0, records.len() as u64);
}

/// Lets every task that can run come to rest.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_was_gathered_behind_a_failed_batch_fails_with_it() {
    let journal = HeldJournal::new();
    let system = system(journal.clone()).await;
    journal.release_one().await;
    let account = open(&system, "a", 0).await;
    journal.fail_append(2);

    let first = tokio::spawn({
        let account = account.clone();
        async move { account.send(deposit(1)).await }
    });
    journal.appended(2).await;
    let second = tokio::spawn({
        let account = account.clone();
        async move { account.send(deposit(2)).await }
    });
    tokio::task::yield_now().await;
    journal.release_all();

    assert!(matches!(first.await.unwrap(), Err(SendError::Journal(_))));
    // The second rests on the first unless it came after the machine was read again.
    let second = second.await.unwrap();
    let expected = i64::from(second.is_ok()) * 2;
    assert_eq!(account.state().await.unwrap().context.balance, expected);
    assert_eq!(account.send(deposit(7)).await.unwrap().state, State::Open);
}
