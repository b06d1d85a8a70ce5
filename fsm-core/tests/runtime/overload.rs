//! A full queue refuses at once and gives back what it was given.

use std::num::NonZeroUsize;

use fsm_core::{SendError, System};

use crate::account::{Event, deposit, open};

#[tokio::test]
async fn a_full_queue_gives_the_event_back_and_takes_events_again_later() {
    let four = NonZeroUsize::new(4).unwrap();
    let system = System::builder().queue_commands_max(four).start().await.unwrap();
    let account = open(&system, "a", 0).await;

    // On one thread the shard does not run until this test awaits.
    for amount in 1..=4 {
        account.cast(deposit(amount)).unwrap();
    }
    let error = account.cast(deposit(5)).unwrap_err();
    assert!(matches!(error, SendError::Overloaded { given: Event::Deposit { amount: 5 } }));
    let error = account.send(deposit(6)).await.unwrap_err();
    assert!(matches!(error, SendError::Overloaded { given: Event::Deposit { amount: 6 } }));

    let mut seen = account.state().await;
    while matches!(seen, Err(SendError::Overloaded { .. })) {
        tokio::task::yield_now().await;
        seen = account.state().await;
    }
    assert_eq!(seen.unwrap().context.changes, [1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producer_that_waits_for_room_loses_nothing_and_keeps_its_order() {
    const EACH: i64 = 2_000;
    let four = NonZeroUsize::new(4).unwrap();
    let system = System::builder().queue_commands_max(four).start().await.unwrap();
    let account = open(&system, "a", 0).await;

    let producers = [1, -1].map(|sign| {
        let account = account.clone();
        tokio::spawn(async move {
            for amount in 1..=EACH {
                account.cast_when_ready(deposit(sign * amount)).await.unwrap();
            }
        })
    });
    for producer in producers {
        producer.await.unwrap();
    }
    let mut seen = account.state().await;
    while matches!(seen, Err(SendError::Overloaded { .. })) {
        tokio::task::yield_now().await;
        seen = account.state().await;
    }
    let changes = seen.unwrap().context.changes;
    for sign in [1, -1] {
        let of: Vec<_> = changes.iter().filter(|&change| change * sign > 0).copied().collect();
        assert_eq!(of, (1..=EACH).map(|amount| sign * amount).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn who_waits_for_room_hears_of_the_end_of_the_system() {
    let system = System::builder().queue_commands_max(NonZeroUsize::MIN).start().await.unwrap();
    let account = open(&system, "a", 0).await;
    account.cast(deposit(1)).unwrap();
    let mut waiting = std::pin::pin!(account.cast_when_ready(deposit(2)));
    assert!(futures_util::poll!(waiting.as_mut()).is_pending());

    let (refused, _) = tokio::join!(waiting, system.shutdown());
    let Err(SendError::ShuttingDown { given }) = refused else { panic!("{refused:?}") };
    assert_eq!(given, deposit(2));
}
