//! Cases of appending.

use crate::journal::{AppendError, Batch, Chain, Committed, Journal, Position, SchemaId};

use super::Place;
use super::bench::{Bench, machine, one, push};

pub(super) async fn dense<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machines = ["a", "b", "c"].map(|id| machine(kind, id));
    let mut expected = 1;
    for round in 1..=8 {
        let mut batch = Batch::new();
        for machine in &machines[..(round as usize % 3) + 1] {
            let sequence = 1 + bench.history(&journal, machine).await.len() as u64;
            push(&mut batch, kind, machine, sequence);
        }
        let count = batch.len() as u32;
        let committed = bench.append(&journal, batch).await;
        bench.case().same(
            "what was committed",
            committed,
            Committed { first: Position(expected), count },
        );
        expected += u64::from(count);
    }
    bench.case().same(
        "the number of records",
        bench.all(&journal).await.len() as u64,
        expected - 1,
    );
}

pub(super) async fn empty_batch<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let committed = bench.append(&journal, Batch::new()).await;
    bench.case().same("the count", committed.count, 0);
    bench.case().same("the head", journal.head(), Position::START);
    let committed = bench.append(&journal, one(kind, &machine(kind, "a"), 1)).await;
    bench.case().same("the first position", committed.first, Position(1));
}

pub(super) async fn whole<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let (good, bad) = (machine(kind, "good"), machine(kind, "bad"));
    let mut batch = Batch::new();
    for sequence in 1..=500 {
        push(&mut batch, kind, &good, sequence);
    }
    push(&mut batch, kind, &bad, 2);
    bench.conflict(&journal, batch, &bad, 0).await;
    bench.case().same("the history", bench.history(&journal, &good).await.len(), 0);
    bench.append(&journal, one(kind, &good, 1)).await;
}

pub(super) async fn wrong_sequence<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    for sequence in 1..=3 {
        bench.append(&journal, one(kind, &machine, sequence)).await;
    }
    for sequence in [2, 3, u64::MAX] {
        bench.conflict(&journal, one(kind, &machine, sequence), &machine, 3).await;
    }
    bench.append(&journal, one(kind, &machine, 4)).await;
}

pub(super) async fn chain<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let (ours, other) = (machine(kind, "ours"), machine(kind, "other"));
    bench.append(&journal, one(kind, &ours, 1)).await;
    // Somebody else writes what the chain's first batch is to write, so that the sequences of its
    // second would fit.
    bench.append(&journal, one(kind, &ours, 2)).await;
    let chain = Chain::default();
    let first = journal.append(one(kind, &ours, 2).chained(&chain));
    let second = journal.append(one(kind, &ours, 3).chained(&chain));
    let third = journal.append(one(kind, &other, 1).chained(&chain));
    let conflict = first.await;
    bench.case().check(matches!(conflict, Err(AppendError::Conflict { .. })), || {
        format!("the first batch should be a conflict, and is {conflict:?}")
    });
    for refused in [second.await, third.await] {
        bench.case().check(matches!(refused, Err(AppendError::Broken)), || {
            format!("what rests on a refused batch should be refused, and is {refused:?}")
        });
    }
    bench.case().same("the head", journal.head(), Position(2));
    bench.append(&journal, one(kind, &other, 1).chained(&Chain::default())).await;
}

pub(super) async fn duplicate<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    bench.append(&journal, one(kind, &machine, 1)).await;
    bench.conflict(&journal, one(kind, &machine, 1), &machine, 1).await;
}

pub(super) async fn gap<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    bench.conflict(&journal, one(kind, &machine, 2), &machine, 0).await;
    bench.conflict(&journal, one(kind, &machine, 0), &machine, 0).await;
    bench.append(&journal, one(kind, &machine, 1)).await;
    bench.conflict(&journal, one(kind, &machine, 3), &machine, 1).await;
}

pub(super) async fn inside<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    let mut batch = one(kind, &machine, 1);
    push(&mut batch, kind, &machine, 2);
    push(&mut batch, kind, &machine, 2);
    bench.conflict(&journal, batch, &machine, 2).await;
    let mut batch = one(kind, &machine, 1);
    push(&mut batch, kind, &machine, 2);
    bench.append(&journal, batch).await;
    bench.case().same("the history", bench.history(&journal, &machine).await.len(), 2);
}

pub(super) async fn unknown_schema<P: Place>(bench: &Bench<'_, P>) {
    let (journal, mut kind) = bench.open().await;
    let machine = machine(kind, "a");
    kind.schema = SchemaId(kind.schema.0 + 1);
    let error = journal.append(one(kind, &machine, 1)).await.err();
    let is_refused = matches!(error, Some(AppendError::UnknownSchema { .. }));
    bench.case().check(is_refused, || format!("expected an unknown schema, got {error:?}"));
    bench.case().same("the number of records", bench.all(&journal).await.len(), 0);
}

pub(super) async fn in_order<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    // Every third one conflicts, and must not disturb its neighbours.
    let appends: Vec<_> = (1..=300u64)
        .map(|number| {
            let sequence = if number.is_multiple_of(3) { 1 } else { number - number / 3 };
            journal.append(one(kind, &machine, sequence))
        })
        .collect();
    // When the last is answered, all are.
    let mut appends = appends.into_iter().rev();
    let last = match appends.next() {
        Some(last) => last.await,
        None => return,
    };
    bench.case().check(last.is_err(), || "the last one conflicts".to_owned());
    for (at, append) in appends.enumerate() {
        let number = 299 - at as u64;
        let committed = append.await;
        if number.is_multiple_of(3) {
            bench.case().check(committed.is_err(), || format!("append {number} conflicts"));
        } else {
            let first = bench.case().ok("a concurrent append", committed).first;
            bench.case().same("its position", first, Position(number - number / 3));
        }
    }
    bench.case().same("the history", bench.history(&journal, &machine).await.len(), 200);
}

pub(super) async fn dropped<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    drop(journal.append(one(kind, &machine, 1)));
    let committed = bench.append(&journal, one(kind, &machine, 2)).await;
    bench.case().same("the position", committed.first, Position(2));
    bench.case().same("the history", bench.history(&journal, &machine).await.len(), 2);
}
