//! What the tests stand on.

use std::num::NonZeroUsize;
use std::sync::Once;
use std::time::Duration;

use fsm_core::System;
use fsm_core::journal::{Journal, Position};
use fsm_core::runtime::{Builder, Clock, KindHealth, ManualClock};

/// A system to be, with one shard: everybody is everybody's neighbour.
pub(crate) fn one_shard(journal: impl Journal) -> Builder {
    hush();
    System::builder().journal(journal).shards(NonZeroUsize::MIN)
}

/// Lets every task that can run come to rest.
pub(crate) async fn rest() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Lets time pass, each thing happening when it is due.
pub(crate) async fn pass(clock: &ManualClock, seconds: u64) {
    let end = clock.now().saturating_add(Duration::from_secs(seconds));
    rest().await;
    while let Some(due) = clock.next_wake().filter(|due| *due <= end) {
        clock.set(due.max(clock.now()));
        rest().await;
    }
    clock.set(end);
    rest().await;
}

/// How the kind of this name is doing.
pub(crate) fn health(system: &System, kind: &str) -> KindHealth {
    system.health().kinds.into_iter().find(|health| health.kind == kind).unwrap()
}

/// Whose records the journal has from `from` on, and the sequence of each.
pub(crate) async fn records(journal: &impl Journal, from: u64) -> Vec<(String, u64)> {
    let records = journal.read_all(Position(from), 1_000_000).await.unwrap();
    records.iter().map(|record| (record.machine.id.to_string(), record.sequence.0)).collect()
}

/// Keeps the panics that are part of the game out of the tests' output; others are shown.
pub(crate) fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let show = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.payload_as_str().unwrap_or_default();
            if text.len() > 60 || !text.ends_with(" gives up") {
                show(panic);
            }
        }));
    });
}
