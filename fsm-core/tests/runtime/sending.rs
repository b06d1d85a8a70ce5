//! On what terms an event can be sent.

use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal, Sequence};
use fsm_core::runtime::{Clock, Happened, MachineOptions, ManualClock, Why};
use fsm_core::{MachineRef, SendError, System, Timestamp};

use crate::account::{Account, Event, State, deposit, hush, open, system};
use crate::held_journal::HeldJournal;

async fn remembering(journal: &MemoryJournal, answers: usize) -> System {
    hush();
    let options = MachineOptions::default().idempotency_window(answers);
    let builder = System::builder().journal(journal.clone());
    builder.machines::<State>(options).start().await.unwrap()
}

/// Sends the event under this key.
async fn keyed(
    account: &MachineRef<State>,
    key: &str,
    event: Event,
) -> Result<fsm_core::Transition<State>, SendError<Event>> {
    account.send(event).idempotency_key(key).await
}

#[tokio::test]
async fn a_key_is_taken_once_and_answered_the_same_also_after_a_restart() {
    let journal = MemoryJournal::new();
    let system = remembering(&journal, 8).await;
    let account = open(&system, "a", 0).await;
    let first = keyed(&account, "k", deposit(5)).await.unwrap();
    account.send(deposit(1)).await.unwrap();
    assert_eq!(keyed(&account, "k", deposit(5)).await.unwrap(), first);
    // Whatever is sent: the key is the event's name.
    assert_eq!(keyed(&account, "k", Event::Close).await.unwrap(), first);
    system.shutdown().await.unwrap();

    let system = remembering(&journal, 8).await;
    let account = system.machine::<State>("a");
    assert_eq!(keyed(&account, "k", deposit(5)).await.unwrap(), first);
    assert_eq!(account.state().await.unwrap().context.changes, [5, 1]);
    assert_eq!(journal.head().0, 3);
}

#[tokio::test]
async fn a_refusal_is_remembered_with_its_reason() {
    let journal = MemoryJournal::new();
    let system = remembering(&journal, 8).await;
    let account = open(&system, "a", 0).await;
    let withdraw = || Event::Withdraw { amount: 3 };
    let refused = keyed(&account, "k", withdraw()).await.unwrap_err();
    assert!(matches!(refused, SendError::Rejected { why: Why::Guards { .. }, .. }), "{refused}");
    account.send(deposit(5)).await.unwrap();
    let again = keyed(&account, "k", withdraw()).await.unwrap_err();
    assert_eq!(again.to_string(), refused.to_string());
    system.shutdown().await.unwrap();

    let system = remembering(&journal, 8).await;
    let account = system.machine::<State>("a");
    let again = keyed(&account, "k", withdraw()).await.unwrap_err();
    assert_eq!(again.to_string(), refused.to_string());
    // Under another key it is another event.
    keyed(&account, "l", withdraw()).await.unwrap();
    let history = account.history().await.unwrap();
    assert_eq!(history[1].happened, Happened::Answered);
    assert_eq!(history[1].metadata.key.as_deref(), Some("k"));
}

#[tokio::test]
async fn an_ignored_event_is_remembered_although_it_changes_nothing() {
    let journal = MemoryJournal::new();
    let system = remembering(&journal, 8).await;
    let account = open(&system, "a", 0).await;
    let first = keyed(&account, "k", Event::Look).await.unwrap();
    assert!(!first.recorded);
    account.send(Event::Freeze { why: "so".into() }).await.unwrap();
    assert_eq!(keyed(&account, "k", Event::Look).await.unwrap(), first);
    system.shutdown().await.unwrap();
    let account = remembering(&journal, 8).await.machine::<State>("a");
    assert_eq!(keyed(&account, "k", Event::Look).await.unwrap(), first);
}

#[tokio::test]
async fn the_oldest_answer_is_forgotten_when_the_window_is_full() {
    for restart in [false, true] {
        let journal = MemoryJournal::new();
        let mut system = remembering(&journal, 2).await;
        let mut account = open(&system, "a", 0).await;
        for (key, amount) in [("a", 1), ("b", 2), ("c", 4)] {
            keyed(&account, key, deposit(amount)).await.unwrap();
        }
        if restart {
            system.shutdown().await.unwrap();
            system = remembering(&journal, 2).await;
            account = system.machine::<State>("a");
        }
        keyed(&account, "c", deposit(4)).await.unwrap();
        keyed(&account, "b", deposit(2)).await.unwrap();
        assert_eq!(account.state().await.unwrap().context.balance, 7);
        keyed(&account, "a", deposit(1)).await.unwrap();
        assert_eq!(account.state().await.unwrap().context.balance, 8);
    }
}

#[tokio::test]
async fn what_was_not_done_for_other_reasons_is_not_remembered() {
    let journal = HeldJournal::failing(2);
    let system = system(journal.clone()).await;
    let account = open(&system, "a", 0).await;
    let failed = keyed(&account, "k", deposit(1)).await.unwrap_err();
    assert!(matches!(failed, SendError::Journal(_)), "{failed}");
    let crashed = keyed(&account, "k", Event::Panic).await.unwrap_err();
    assert!(matches!(crashed, SendError::Crashed { .. }), "{crashed}");
    keyed(&account, "k", deposit(1)).await.unwrap();
    assert_eq!(account.state().await.unwrap().context.changes, [1]);
}

#[tokio::test]
async fn a_key_is_answered_after_the_machine_has_ended() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    let closed = keyed(&account, "k", Event::Close).await.unwrap();
    assert_eq!(keyed(&account, "k", Event::Close).await.unwrap(), closed);
    let late = keyed(&account, "l", Event::Close).await.unwrap_err();
    assert!(matches!(late, SendError::Completed { given: Event::Close, .. }), "{late}");
}

#[tokio::test]
async fn an_expected_sequence_is_an_optimistic_lock() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    let seen = account.state().await.unwrap().sequence;
    let done = account.send(deposit(1)).expect(seen).await.unwrap();
    assert_eq!(done.sequence, seen.next());

    let late = account.send(deposit(2)).expect(seen).await.unwrap_err();
    let SendError::SequenceMismatch { given, expected, actual } = late else { panic!("{late}") };
    assert_eq!((given, expected, actual), (deposit(2), seen, done.sequence));
    assert_eq!(account.state().await.unwrap().context.balance, 1);
    assert_eq!(account.state().await.unwrap().sequence, Sequence(2));
}

#[tokio::test]
async fn a_send_that_was_not_begun_in_time_is_called_back() {
    let (journal, clock) = (HeldJournal::new(), ManualClock::default());
    hush();
    let builder = System::builder().journal(journal.clone()).clock(clock.clone());
    let system = builder.start().await.unwrap();
    journal.release_one().await;
    let account = open(&system, "a", 0).await;
    let second = Duration::from_secs(1);

    // Four batches are under way, and nothing more is begun.
    for batch in 2..=5 {
        account.cast(deposit(10)).unwrap();
        journal.appended(batch).await;
    }
    let late = tokio::spawn({
        let account = account.clone();
        async move { account.send(deposit(100)).timeout(2 * second).await }
    });
    tokio::task::yield_now().await;
    clock.advance(2 * second);
    let error = late.await.unwrap().unwrap_err();
    assert!(matches!(error, SendError::Timeout { may_be_applied: false }), "{error}");

    journal.release_all();
    assert_eq!(account.state().await.unwrap().context.balance, 40);
}

#[tokio::test]
async fn a_send_that_was_begun_may_be_applied_after_its_time() {
    let (journal, clock) = (HeldJournal::new(), ManualClock::default());
    let builder = System::builder().journal(journal.clone()).clock(clock.clone());
    let system = builder.start().await.unwrap();
    journal.release_one().await;
    let account = open(&system, "a", 0).await;
    let sent = tokio::spawn({
        let account = account.clone();
        async move { account.send(deposit(1)).timeout(Duration::from_secs(1)).await }
    });
    journal.appended(2).await;
    clock.advance(Duration::from_secs(1));
    let error = sent.await.unwrap().unwrap_err();
    assert!(matches!(error, SendError::Timeout { may_be_applied: true }), "{error}");
    journal.release_all();
    assert_eq!(account.state().await.unwrap().context.balance, 1);
}

#[tokio::test]
async fn the_history_tells_what_an_event_belongs_to() {
    let journal = MemoryJournal::new();
    let account = open(&system(journal.clone()).await, "a", 0).await;
    account.send(deposit(1)).correlation_id("request 7").causation_id("mail 3").await.unwrap();
    account.send(deposit(2)).await.unwrap();
    let account = system(journal).await.machine::<State>("a");
    let history = account.history().await.unwrap();
    assert_eq!(history[1].metadata.correlation.as_deref(), Some("request 7"));
    assert_eq!(history[1].metadata.causation.as_deref(), Some("mail 3"));
    assert!(history[2].metadata.is_empty());
}

#[tokio::test]
async fn names_that_are_data_are_refused() {
    let account = open(&system(MemoryJournal::new()).await, "a", 0).await;
    let error = account.send(deposit(1)).correlation_id("x".repeat(5_000)).await.unwrap_err();
    let SendError::TooLarge { given, .. } = error else { panic!("{error}") };
    assert_eq!(given, deposit(1));
    assert_eq!(account.state().await.unwrap().sequence, Sequence(1));
}

#[tokio::test]
async fn an_event_may_have_its_time_from_elsewhere_but_not_from_before_the_last() {
    let clock = ManualClock::at(Timestamp::from_micros(1_000));
    let system = System::builder().clock(clock.clone()).start().await.unwrap();
    let account = system.machine::<State>("a");
    let at = Timestamp::from_micros;
    account.create(Account::default()).at(at(10)).await.unwrap();
    assert_eq!(account.send(deposit(1)).at(at(20)).await.unwrap().time, at(20));
    let early = account.send(deposit(2)).at(at(19)).await.unwrap_err();
    let SendError::OutOfOrder { given, at: wanted, last } = early else { panic!("{early}") };
    assert_eq!((given, wanted, last), (deposit(2), at(19), at(20)));
    let frozen = account.send(Event::Freeze { why: "so".into() }).at(at(20)).await.unwrap();
    assert_eq!(frozen.state, State::Frozen { why: "so".into(), since: at(20) });
    assert_eq!(account.send(Event::Thaw).await.unwrap().time, clock.now());
    assert_eq!(account.at(at(19)).await.unwrap().context.balance, 0);
}

#[tokio::test]
async fn one_may_ask_before_one_sends() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 5).await;
    assert!(account.can(&Event::Withdraw { amount: 5 }).await.unwrap());
    assert!(account.can(&Event::Look).await.unwrap());
    let why = account.why_not(&Event::Withdraw { amount: 6 }).await.unwrap();
    let refused = account.send(Event::Withdraw { amount: 6 }).await.unwrap_err();
    assert!(
        matches!(refused, SendError::Rejected { why: said, .. } if Some(&said) == why.as_ref())
    );
    let why = account.why_not(&Event::Thaw).await.unwrap();
    assert_eq!(why, Some(Why::NoRow { event: "Thaw" }));
    account.send(Event::Close).await.unwrap();
    let ended = account.can(&Event::Look).await.unwrap_err();
    assert!(matches!(ended, SendError::Completed { .. }), "{ended}");
    let nobody = system.machine::<State>("nobody").can(&Event::Look).await.unwrap_err();
    assert!(matches!(nobody, SendError::NotFound { .. }), "{nobody}");
}

#[tokio::test]
async fn a_machine_is_created_once_by_those_who_want_it_to_be_there() {
    let journal = MemoryJournal::new();
    let system = system(journal.clone()).await;
    let wants = |balance| {
        let account = system.machine::<State>("a");
        let context = move || Account { balance, changes: Vec::new() };
        tokio::spawn(async move { account.create_with(context).await.unwrap().context.balance })
    };
    let wanted = [wants(1), wants(2), wants(3)];
    let mut found = Vec::new();
    for each in wanted {
        found.push(each.await.unwrap());
    }
    assert!(found.iter().all(|balance| *balance == found[0]), "{found:?}");
    assert_eq!(journal.head().0, 1);
    let account = system.machine::<State>("a");
    let seen = account.create_with(|| unreachable!("it is there")).await.unwrap();
    assert_eq!(seen.context.balance, found[0]);
}
