//! Records that do not fit the code: refused, named, and nobody else's trouble.

use fsm_core::journal::{Batch, Codec};
use fsm_core::journal::{Fact, Journal, MachineKey, MemoryJournal, Schema, Sequence};
use fsm_core::{RowId, SendError, StateId, Timestamp};

use crate::account::{Account, Event, State, deposit, open, system};

/// A journal with one account, `a`, that was created by this schema and has one more record.
async fn journal(schema: &Schema, fact: Fact, payload: &[u8]) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let registered = journal.register(schema).await.unwrap();
    let key = MachineKey::new(registered.kind, "a");
    let mut context = Vec::new();
    Codec::default().encode(&Account::default(), &mut context).unwrap();
    let mut batch = Batch::new();
    let (schema, time) = (registered.schema, Timestamp::EPOCH);
    batch.push(key.clone(), Sequence(1), time, schema, Fact::Created, &context);
    batch.push(key, Sequence(2), time, schema, fact, payload);
    journal.append(batch).await.unwrap();
    journal
}

fn encoded(event: &Event) -> Vec<u8> {
    let mut payload = Vec::new();
    Codec::default().encode(event, &mut payload).unwrap();
    payload
}

/// Why account `a` of this journal is quarantined, having checked that another one is not.
async fn quarantined(journal: MemoryJournal) -> String {
    let before = journal.head();
    let system = system(journal.clone()).await;
    let mut texts = Vec::new();
    for _ in 0..2 {
        let error = system.machine::<State>("a").send(deposit(1)).await.unwrap_err();
        assert!(matches!(error, SendError::Quarantined { .. }), "{error}");
        texts.push(error.to_string());
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(journal.head(), before, "nothing was written");
    open(&system, "b", 1).await.send(deposit(1)).await.unwrap();
    texts.remove(0)
}

fn row(schema: &Schema, event: &str) -> RowId {
    let is_event = |row: &fsm_core::journal::SchemaRow| schema.event(row) == Some(event);
    RowId(schema.rows.iter().position(is_event).unwrap() as u16)
}

#[tokio::test]
async fn rows_that_moved_are_found_by_name() {
    let mut schema = Schema::of::<State>();
    schema.rows.reverse();
    let fact = Fact::Transition { row: row(&schema, "Deposit"), state: StateId(0) };
    let journal = journal(&schema, fact, &encoded(&deposit(5))).await;

    let system = system(journal).await;
    let account = system.machine::<State>("a");
    assert_eq!(account.state().await.unwrap().context.balance, 5);
    assert_eq!(account.send(deposit(1)).await.unwrap().sequence, Sequence(3));
}

#[tokio::test]
async fn a_row_that_is_gone_is_named() {
    let mut schema = Schema::of::<State>();
    let deposit_row = row(&schema, "Deposit");
    schema.rows[usize::from(deposit_row.0)].label = Some("by hand".into());
    let fact = Fact::Transition { row: deposit_row, state: StateId(0) };
    let why = quarantined(journal(&schema, fact, &encoded(&deposit(5))).await).await;
    assert!(why.contains("position 2"), "{why}");
    assert!(why.contains("Open --Deposit--> Open (by hand)"), "{why}");
}

#[tokio::test]
async fn a_state_that_replay_does_not_come_to_is_named_with_the_other() {
    let schema = Schema::of::<State>();
    let fact = Fact::Transition { row: row(&schema, "Deposit"), state: StateId(2) };
    let why = quarantined(journal(&schema, fact, &encoded(&deposit(5))).await).await;
    assert!(why.contains("leads to `Closed`, but its replay to `Open`"), "{why}");
}

#[tokio::test]
async fn an_event_enum_in_another_order_is_noticed() {
    let schema = Schema::of::<State>();
    let fact = Fact::Transition { row: row(&schema, "Deposit"), state: StateId(0) };
    let payload = encoded(&Event::Withdraw { amount: 5 });
    let why = quarantined(journal(&schema, fact, &payload).await).await;
    assert!(why.contains("holds `Deposit`, but its payload decodes to `Withdraw`"), "{why}");
}

#[tokio::test]
async fn a_payload_that_is_no_event_is_refused() {
    let schema = Schema::of::<State>();
    let fact = Fact::Transition { row: row(&schema, "Deposit"), state: StateId(0) };
    for payload in [&[200][..], &[0, 2, 9], &[]] {
        let why = quarantined(journal(&schema, fact, payload).await).await;
        assert!(why.contains("(the event `Deposit`) cannot be decoded"), "{why}");
    }
}

#[tokio::test]
async fn an_action_that_panics_at_replay_quarantines_its_machine() {
    let schema = Schema::of::<State>();
    let fact = Fact::Transition { row: row(&schema, "Panic"), state: StateId(0) };
    let why = quarantined(journal(&schema, fact, &encoded(&Event::Panic)).await).await;
    assert!(why.contains("an action panicked at replay: the action gives up"), "{why}");
}

#[tokio::test]
async fn a_second_creation_is_refused() {
    let schema = Schema::of::<State>();
    let why = quarantined(journal(&schema, Fact::Created, &[0, 0]).await).await;
    assert!(why.contains("is a creation where a later record was to come"), "{why}");
}
