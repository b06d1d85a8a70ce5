//! Create, send, cast, ask, look back, stop.

use std::time::Duration;

use fsm_core::journal::{MemoryJournal, Position, Sequence};
use fsm_core::runtime::{Happened, ManualClock, Why};
use fsm_core::{SendError, System, Timestamp};

use crate::account::{Account, Event, State, deposit, open, system};

#[tokio::test]
async fn a_send_answers_what_it_did() {
    let clock = ManualClock::at(Timestamp::from_micros(1_000));
    let system = System::builder().clock(clock.clone()).start().await.unwrap();
    let account = open(&system, "a", 10).await;
    clock.advance(Duration::from_micros(5));

    let done = account.send(Event::Freeze { why: "audit".into() }).await.unwrap();

    assert_eq!((done.from_name(), done.to_name()), ("Open", "Frozen"));
    let since = Timestamp::from_micros(1_005);
    assert_eq!(done.state, State::Frozen { why: "audit".into(), since });
    assert_eq!((done.sequence, done.position, done.time), (Sequence(2), Position(2), since));
    assert!(done.recorded);
}

#[tokio::test]
async fn an_event_without_a_row_comes_back_with_the_reason() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 10).await;

    let error = account.send(Event::Thaw).await.unwrap_err();

    let SendError::Rejected { given, state, why } = error else { panic!("{error}") };
    assert_eq!((given, state), (Event::Thaw, "Open"));
    assert_eq!(why, Why::NoRow { event: "Thaw" });
}

#[tokio::test]
async fn an_event_whose_guards_say_no_names_them() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 10).await;

    let error = account.send(Event::Withdraw { amount: 11 }).await.unwrap_err();

    let SendError::Rejected { why, .. } = error else { panic!("{error}") };
    assert_eq!(why, Why::Guards { event: "Withdraw", guards: vec!["covers(amount)"] });
    assert_eq!(account.state().await.unwrap().context.balance, 10);
}

#[tokio::test]
async fn an_internal_row_without_an_action_records_nothing() {
    let journal = MemoryJournal::new();
    let system = system(journal.clone()).await;
    let account = open(&system, "a", 10).await;

    let done = account.send(Event::Look).await.unwrap();

    assert!(!done.recorded);
    assert_eq!((done.sequence, done.position), (Sequence(1), Position(1)));
    assert_eq!(account.history().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_what_exists_is_not_created_twice() {
    let system = system(MemoryJournal::new()).await;
    let account = system.machine::<State>("a");

    assert!(matches!(
        account.send(Event::Close).await,
        Err(SendError::NotFound { given: Event::Close, kind: "State", .. })
    ));
    assert!(matches!(account.state().await, Err(SendError::NotFound { .. })));
    assert!(matches!(account.stop().await, Err(SendError::NotFound { .. })));
    assert!(matches!(account.history().await, Err(SendError::NotFound { .. })));
    assert!(matches!(account.at(Timestamp::EPOCH).await, Err(SendError::NotFound { .. })));

    account.create(Account::default()).await.unwrap();
    let again = Account { balance: 7, changes: vec![7] };
    let error = account.create(again.clone()).await.unwrap_err();
    let SendError::AlreadyExists { given, id, .. } = error else { panic!("{error}") };
    assert_eq!((given, id.as_str()), (again, "a"));
}

#[tokio::test]
async fn a_completed_machine_takes_nothing_and_can_still_be_asked() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 10).await;
    account.send(Event::Close).await.unwrap();

    for _ in 0..2 {
        let error = account.send(deposit(1)).await.unwrap_err();
        assert!(matches!(error, SendError::Completed { state: "Closed", .. }), "{error}");
    }
    let seen = account.state().await.unwrap();
    assert_eq!((seen.state, seen.completed), (State::Closed, true));
    assert!(matches!(account.stop().await, Err(SendError::Completed { .. })));
    assert!(matches!(
        account.create(Account::default()).await,
        Err(SendError::AlreadyExists { .. })
    ));
}

#[tokio::test]
async fn a_stopped_machine_stays_stopped_after_a_restart() {
    let journal = MemoryJournal::new();
    let before = system(journal.clone()).await;
    open(&before, "a", 10).await.stop().await.unwrap();
    before.shutdown().await.unwrap();

    let after = system(journal).await;
    let account = after.machine::<State>("a");
    let seen = account.state().await.unwrap();
    assert_eq!((seen.state, seen.completed, seen.sequence), (State::Open, true, Sequence(2)));
    assert!(matches!(account.send(deposit(1)).await, Err(SendError::Completed { .. })));
}

#[tokio::test]
async fn a_history_tells_everything_in_order() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 10).await;
    account.send(deposit(5)).await.unwrap();
    account.send(Event::Freeze { why: "audit".into() }).await.unwrap();
    account.send(Event::Thaw).await.unwrap();
    account.stop().await.unwrap();

    let history = account.history().await.unwrap();

    let lines: Vec<_> = history
        .iter()
        .map(|entry| match &entry.happened {
            Happened::Created { state } => format!("{} created {state}", entry.sequence.0),
            Happened::Transition { from, to, event: Some(event), .. } => {
                format!("{} {from} {event:?} {to}", entry.sequence.0)
            }
            Happened::Stopped => format!("{} stopped", entry.sequence.0),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        lines,
        [
            "1 created Open",
            "2 Open Deposit { amount: 5 } Open",
            "3 Open Freeze { why: \"audit\" } Frozen",
            "4 Frozen Thaw Open",
            "5 stopped",
        ]
    );
}

#[tokio::test]
async fn a_machine_can_be_seen_as_of_any_time() {
    let system = system(MemoryJournal::new()).await;
    let account = system.machine::<State>("a");
    let second = |n: i64| Timestamp::from_micros(n * 1_000_000);
    account.create(Account::default()).at(second(10)).await.unwrap();
    account.send(deposit(1)).at(second(20)).await.unwrap();
    account.send(deposit(2)).at(second(20)).await.unwrap();
    account.send(Event::Close).at(second(30)).await.unwrap();

    let at = |n| {
        let account = account.clone();
        async move { account.at(second(n)).await.map(|seen| (seen.context.balance, seen.state)) }
    };
    assert!(matches!(at(9).await, Err(SendError::NotFound { .. })));
    assert_eq!(at(10).await.unwrap(), (0, State::Open));
    assert_eq!(at(20).await.unwrap(), (3, State::Open));
    assert_eq!(at(29).await.unwrap(), (3, State::Open));
    assert_eq!(at(30).await.unwrap(), (3, State::Closed));
}

#[tokio::test]
async fn time_never_runs_backwards() {
    let clock = ManualClock::at(Timestamp::from_micros(100));
    let system = System::builder().clock(clock.clone()).start().await.unwrap();
    let account = open(&system, "a", 0).await;

    clock.set(Timestamp::from_micros(50));
    let done = account.send(deposit(1)).await.unwrap();
    assert_eq!(done.time, Timestamp::from_micros(100), "the clock was set back");

    let error = account.send(deposit(1)).at(Timestamp::from_micros(99)).await.unwrap_err();
    assert!(matches!(error, SendError::OutOfOrder { given: Event::Deposit { .. }, .. }), "{error}");
}

#[tokio::test]
async fn casts_of_one_sender_are_taken_in_order() {
    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 0).await;
    for amount in 0..1_000 {
        account.cast(deposit(amount)).unwrap();
    }
    let seen = account.state().await.unwrap();
    assert_eq!(seen.context.changes, (0..1_000).collect::<Vec<_>>());
}

#[tokio::test]
#[should_panic(expected = "two types of kind `State` in one system")]
async fn two_types_of_one_kind_name_are_refused() {
    #[derive(fsm_core::Fsm, Clone, Debug)]
    #[fsm(event = Event, name = "State")]
    enum Impostor {
        #[fsm(initial)]
        #[on(Deposit { .. } | Withdraw { .. } | Look | Panic | PanicInGuard => _)]
        #[on(Freeze { .. } | Thaw | Close => Done)]
        Start,
        #[fsm(final)]
        Done,
    }
    let system = system(MemoryJournal::new()).await;
    let _ = system.machine::<State>("a");
    let _ = system.machine::<Impostor>("a");
}

#[tokio::test]
async fn machines_of_two_kinds_live_in_one_system() {
    #[derive(fsm_core::Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Switch)]
    enum Lamp {
        #[fsm(initial)]
        #[on(Press => On)]
        Off,
        #[on(Press => Off)]
        On,
    }
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    enum Switch {
        Press,
    }

    let system = system(MemoryJournal::new()).await;
    let account = open(&system, "a", 1).await;
    let lamp = system.machine::<Lamp>("a");
    lamp.create(()).await.unwrap();
    let (lit, deposited) = tokio::join!(lamp.send(Switch::Press), account.send(deposit(1)));
    assert_eq!(lit.unwrap().state, Lamp::On);
    assert_eq!(deposited.unwrap().sequence, Sequence(2));
}

#[tokio::test]
async fn late_events_are_refused_long_after_the_machine_has_left_memory() {
    let system = system(MemoryJournal::new()).await;
    for n in 0..3_000 {
        open(&system, &n.to_string(), n).await.send(Event::Close).await.unwrap();
    }
    for n in [0, 1, 1_500, 2_999] {
        let account = system.machine::<State>(n.to_string());
        let error = account.send(Event::Look).await.unwrap_err();
        assert!(matches!(error, SendError::Completed { .. }), "{error}");
        assert_eq!(account.state().await.unwrap().context.balance, n);
    }
}
