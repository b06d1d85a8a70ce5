//! A flooded machine does not keep its neighbours waiting.

use std::num::NonZeroUsize;

use fsm_core::SendError;
use fsm_core::System;
use fsm_core::journal::MemoryJournal;

use crate::account::{State, deposit, open};
use crate::held_journal::HeldJournal;

/// The bound that the runtime states.
const COMMANDS_MAX: u64 = 128;

async fn one_shard(journal: impl fsm_core::journal::Journal) -> System {
    let one = NonZeroUsize::MIN;
    System::builder().journal(journal).shards(one).start().await.unwrap()
}

#[tokio::test]
async fn a_neighbour_waits_for_one_share_of_a_flood() {
    let system = one_shard(MemoryJournal::new()).await;
    let (flooded, neighbour) = (open(&system, "a", 0).await, open(&system, "b", 0).await);
    for _ in 0..10_000 {
        flooded.cast(deposit(1)).unwrap();
    }
    let done = neighbour.send(deposit(1)).await.unwrap();
    assert!(done.position.0 <= 2 + COMMANDS_MAX + 1, "{}", done.position);
    assert_eq!(flooded.state().await.unwrap().context.balance, 8_192 + 128);
}

#[tokio::test]
async fn the_flood_itself_is_carried_out_in_order() {
    let system = one_shard(MemoryJournal::new()).await;
    let (flooded, neighbour) = (open(&system, "a", 0).await, open(&system, "b", 0).await);
    for amount in 0..5_000 {
        flooded.cast(deposit(amount)).unwrap();
        if amount % 1_000 == 999 {
            neighbour.send(deposit(amount)).await.unwrap();
        }
    }
    let changes = flooded.state().await.unwrap().context.changes;
    assert!(changes.iter().copied().eq(0..5_000));
}

#[tokio::test]
async fn what_does_not_fit_into_a_backlog_is_refused_with_the_event() {
    let system = one_shard(MemoryJournal::new()).await;
    let (flooded, _neighbour) = (open(&system, "a", 0).await, open(&system, "b", 0).await);
    for _ in 0..9_000 {
        flooded.cast(deposit(1)).unwrap();
    }
    let error = flooded.send(deposit(7)).await.unwrap_err();
    assert!(matches!(error, SendError::Overloaded { given } if given == deposit(7)));
}

#[tokio::test]
async fn a_machine_alone_on_its_shard_has_it_for_itself() {
    let system = one_shard(MemoryJournal::new()).await;
    let only = open(&system, "a", 0).await;
    for _ in 0..16_000 {
        only.cast(deposit(1)).unwrap();
    }
    assert_eq!(only.state().await.unwrap().context.balance, 16_000);
}

#[tokio::test]
async fn a_flood_that_waits_for_the_disk_leaves_room_in_its_batches() {
    let journal = HeldJournal::new();
    let system = one_shard(journal.clone()).await;
    journal.release_one().await;
    let flooded = open(&system, "a", 0).await;
    journal.release_one().await;
    let neighbour = open(&system, "b", 0).await;
    for _ in 0..8_000 {
        flooded.cast(deposit(1)).unwrap();
    }
    journal.appended(3).await;
    let sent = tokio::spawn({
        let neighbour = neighbour.clone();
        async move { neighbour.send(deposit(1)).await }
    });
    journal.release_all();
    let position = sent.await.unwrap().unwrap().position.0;
    // At most the four batches that were under way, and one share.
    assert!(position <= 2 + 6 * COMMANDS_MAX, "{position}");
    let _: fsm_core::MachineRef<State> = flooded;
}
