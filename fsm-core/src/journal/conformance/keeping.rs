//! Cases of snapshots.

use super::bench::{Bench, machine, one, push};
use super::{PAYLOAD_BYTES, Place};
use crate::journal::{Batch, Journal, MachineKey, Position, Registered, Sequence, StoredSnapshot};

fn snapshot(kind: Registered, machine: &MachineKey, sequence: u64, bytes: usize) -> StoredSnapshot {
    let payload: Vec<u8> = (0..bytes).map(|at| (at as u64 * 7 + sequence) as u8).collect();
    StoredSnapshot {
        machine: machine.clone(),
        sequence: Sequence(sequence),
        position: Position(sequence),
        schema: kind.schema,
        payload: payload.into(),
    }
}

async fn load<P: Place>(
    bench: &Bench<'_, P>,
    journal: &P::Journal,
    machine: &MachineKey,
    up_to: u64,
) -> Option<StoredSnapshot> {
    let loaded = journal.snapshots().load(machine, Sequence(up_to)).await;
    bench.case().ok("loading a snapshot", loaded)
}

pub(super) async fn snapshots<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let (a, b) = (machine(kind, "a"), machine(kind, "b"));
    let mut batch = Batch::new();
    for sequence in 1..=40 {
        push(&mut batch, kind, &a, sequence);
    }
    bench.append(&journal, batch).await;
    bench.append(&journal, one(kind, &b, 1)).await;
    bench.case().same("a snapshot of none", load(bench, &journal, &a, u64::MAX).await, None);
    let save = async |snapshot: &StoredSnapshot, keep| {
        let saved = journal.snapshots().save(snapshot.clone(), keep).await;
        bench.case().ok("saving a snapshot", saved);
    };
    let sizes = [0, 1, 100, 6_000, 6_144, 6_200, 50_000, PAYLOAD_BYTES, 10];
    let all: Vec<_> = sizes
        .iter()
        .enumerate()
        .map(|(at, &bytes)| snapshot(kind, &a, at as u64 * 4 + 2, bytes))
        .collect();
    let other = snapshot(kind, &b, 1, 1_000);
    save(&other, 1).await;
    for (at, each) in all.iter().enumerate() {
        save(each, 3).await;
        let newest = load(bench, &journal, &a, u64::MAX).await;
        bench.case().same("the newest", newest.as_ref(), Some(each));
        // Three are kept, and found by what was to be reached.
        for back in 0..4 {
            let Some(earlier) = at.checked_sub(back) else { continue };
            let expected = (back < 3).then(|| &all[earlier]);
            let up_to = all[earlier].sequence.0 + 3;
            let found = load(bench, &journal, &a, up_to).await;
            bench.case().same("an earlier one", found.as_ref(), expected);
        }
    }
    bench.case().same("the other's", load(bench, &journal, &b, 9).await.as_ref(), Some(&other));
    // The same again replaces it.
    let again = snapshot(kind, &a, all[8].sequence.0, 20_000);
    save(&again, 2).await;
    bench.case().same("the same again", load(bench, &journal, &a, 99).await.as_ref(), Some(&again));

    let journal = bench.reopen(journal).await;
    let reopened = load(bench, &journal, &a, 99).await;
    bench.case().same("after reopening", reopened.as_ref(), Some(&again));
    let earlier = load(bench, &journal, &a, all[8].sequence.0 - 1).await;
    bench.case().same("the one before", earlier.as_ref(), Some(&all[7]));
    bench.case().ok("discarding", journal.snapshots().discard(&a).await);
    bench.case().same("discarded", load(bench, &journal, &a, 99).await, None);
    bench.case().same("the other's", load(bench, &journal, &b, 9).await.as_ref(), Some(&other));
}
