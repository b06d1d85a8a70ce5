//! What a flooded machine cannot take is dropped, and counted to the last one.

use fsm_core::SendError;
use fsm_core::journal::MemoryJournal;

use crate::account::{Event, add, entries, open};
use crate::stage::{health, one_shard, rest};

/// What a machine carries out in a turn while it has neighbours.
const COMMANDS_MAX: usize = 128;
/// What its backlog takes.
const BACKLOG_MAX: usize = 8_192;
const TAKEN_MAX: usize = COMMANDS_MAX + BACKLOG_MAX;

#[tokio::test]
async fn casts_beyond_the_backlog_are_dropped_and_counted() {
    let system = one_shard(MemoryJournal::new()).start().await.unwrap();
    let (flooded, neighbour) = (open(&system, "a").await, open(&system, "b").await);
    for beyond in [0, 1, 1_000] {
        let before = health(&system, "account").casts_dropped;
        let had = entries(&flooded).await.len();
        for amount in 0..TAKEN_MAX + beyond {
            flooded.cast(add(amount as i64)).unwrap();
        }
        neighbour.cast(add(1)).unwrap();
        for _ in 0..10 {
            rest().await;
        }
        let dropped = health(&system, "account").casts_dropped - before;
        assert_eq!(dropped, beyond as u64);
        let taken = entries(&flooded).await.split_off(had);
        assert!(taken.iter().copied().eq(0..TAKEN_MAX as i64), "the first ones, in order");
    }
    assert_eq!(entries(&neighbour).await, [1, 1, 1], "the flood is the flooded one's alone");
}

#[tokio::test]
async fn each_flooded_machine_drops_what_it_cannot_take_itself() {
    let system = one_shard(MemoryJournal::new()).start().await.unwrap();
    let (more, less) = (open(&system, "more").await, open(&system, "less").await);
    for amount in 0..TAKEN_MAX + 500 {
        more.cast(add(amount as i64)).unwrap();
        if amount < 3_000 {
            less.cast(add(amount as i64)).unwrap();
        }
    }
    // Who waits for an answer is told, and that is not counted.
    let refused = more.send(add(-1)).await.unwrap_err();
    assert!(matches!(refused, SendError::Overloaded { given: Event::Add { amount: -1 } }));
    for _ in 0..10 {
        rest().await;
    }
    assert_eq!(health(&system, "account").casts_dropped, 500);
    assert_eq!(entries(&more).await.len(), TAKEN_MAX);
    assert_eq!(entries(&less).await.len(), 3_000);
}
