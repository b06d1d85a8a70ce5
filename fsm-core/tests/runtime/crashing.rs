//! A panic in a guard or an action harms its own event, and nothing else.

use std::num::NonZeroUsize;

use fsm_core::journal::MemoryJournal;
use fsm_core::{Fsm, SendError, System};
use serde::{Deserialize, Serialize, Serializer};

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

/// A context whose `Serialize` and `Clone` panic when it says so.
#[derive(Debug, Deserialize)]
struct Mood(String);

impl Clone for Mood {
    fn clone(&self) -> Self {
        assert_ne!(self.0, "clone", "`Clone` gives up");
        Self(self.0.clone())
    }
}

impl Serialize for Mood {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert_ne!(self.0, "serialize", "`Serialize` gives up");
        self.0.serialize(serializer)
    }
}

impl Mood {
    fn turn(&mut self, to: String) {
        self.0 = to;
    }
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Word, context = Mood)]
enum Person {
    #[fsm(initial)]
    #[on(Said { what } => _ / turn(what))]
    #[on(Leave => Gone)]
    Here,
    #[fsm(final)]
    Gone,
}

#[derive(Debug, Serialize, Deserialize)]
enum Word {
    Said { what: String },
    Leave,
}

#[tokio::test]
async fn a_panic_outside_of_the_rows_harms_nobody_else() {
    let one = NonZeroUsize::MIN;
    let system = System::builder().shards(one).start().await.unwrap();
    let account = open(&system, "a", 1).await;

    let person = system.machine::<Person>("p");
    let error = person.create(Mood("serialize".into())).await.unwrap_err();
    assert!(matches!(error, SendError::Crashed { .. }), "{error}");
    person.create(Mood("fine".into())).await.unwrap();
    person.send(Word::Said { what: "clone".into() }).await.unwrap();
    for _ in 0..2 {
        let error = person.state().await.unwrap_err();
        assert!(matches!(error, SendError::Unanswered), "{error}");
        assert_eq!(account.send(deposit(1)).await.unwrap().from_name(), "Open");
    }
    person.send(Word::Said { what: "fine".into() }).await.unwrap();
    assert_eq!(person.state().await.unwrap().sequence.0, 3);
    assert_eq!(person.send(Word::Leave).await.unwrap().state, Person::Gone);
}

/// Once, a kind whose queue was refilled as fast as it was emptied filled every batch.
#[tokio::test]
async fn a_busy_kind_does_not_silence_the_others() {
    let journal = MemoryJournal::new();
    let builder = System::builder().journal(journal.clone()).shards(NonZeroUsize::MIN);
    let system = builder.start().await.unwrap();
    let account = open(&system, "a", 1).await;
    let person = system.machine::<Person>("p");
    person.create(Mood("fine".into())).await.unwrap();
    for _ in 0..16_000 {
        account.cast(deposit(1)).unwrap();
    }
    let done = person.send(Word::Leave).await.unwrap();
    // On one thread, nothing else ran before the answer came.
    assert!(done.position.0 < 10_000, "{done:?}");
    assert_eq!(account.state().await.unwrap().context.balance, 16_001);
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
