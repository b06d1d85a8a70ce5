//! Systems that journal nothing.

use std::num::NonZeroUsize;

use fsm_core::runtime::Builder;
use fsm_core::{SendError, System};

use crate::account::{Event, deposit, hush, open};

fn volatile() -> Builder {
    hush();
    System::builder().volatile().shards(NonZeroUsize::MIN)
}

#[tokio::test]
async fn a_machine_that_has_ended_is_remembered_for_a_while_and_then_forgotten() {
    let system = volatile().start().await.unwrap();
    let first = open(&system, "first", 1).await;
    first.send(Event::Close).await.unwrap();
    for number in 0..1_023 {
        open(&system, &number.to_string(), 0).await.send(Event::Close).await.unwrap();
    }
    let refused = first.send(deposit(1)).await.unwrap_err();
    assert!(matches!(refused, SendError::Completed { given: Event::Deposit { .. }, .. }));

    open(&system, "last", 0).await.send(Event::Close).await.unwrap();
    let refused = first.send(deposit(1)).await.unwrap_err();
    assert!(matches!(refused, SendError::NotFound { given: Event::Deposit { .. }, .. }));
    assert_eq!(open(&system, "first", 7).await.state().await.unwrap().context.balance, 7);
    assert_eq!(system.health().kinds[0].machines, 1_024 + 1);
}

#[tokio::test]
async fn a_producer_that_never_waits_does_not_fill_the_queue() {
    let system = volatile().start().await.unwrap();
    let account = open(&system, "a", 0).await;
    // More than a queue holds, on one thread: the shard does not run until this test awaits.
    for amount in 0..100_000 {
        account.cast(deposit(amount)).unwrap();
    }
    let changes = account.state().await.unwrap().context.changes;
    assert!(changes.into_iter().eq(0..100_000), "all, in order");
}

#[tokio::test]
async fn what_panics_among_what_its_producer_carries_out_harms_its_machine_only() {
    let system = volatile().start().await.unwrap();
    let (good, bad) = (open(&system, "good", 0).await, open(&system, "bad", 0).await);
    for amount in 0..5_000 {
        good.cast(deposit(amount)).unwrap();
        if amount % 1_000 == 500 {
            bad.cast(Event::Panic).unwrap();
        }
    }
    assert_eq!(good.state().await.unwrap().context.changes.len(), 5_000);
    let gone = bad.state().await.unwrap_err();
    assert!(matches!(gone, SendError::NotFound { .. }), "{gone}");
    assert_eq!(system.health().kinds[0].crashes, 1);
}

#[tokio::test]
async fn who_sends_and_casts_in_turn_is_served_in_order() {
    let system = volatile().start().await.unwrap();
    let account = open(&system, "a", 0).await;
    for round in 0..100 {
        account.cast(deposit(3 * round)).unwrap();
        account.cast(deposit(3 * round + 1)).unwrap();
        account.send(deposit(3 * round + 2)).await.unwrap();
    }
    let changes = account.state().await.unwrap().context.changes;
    assert!(changes.into_iter().eq(0..300), "in order");
}
