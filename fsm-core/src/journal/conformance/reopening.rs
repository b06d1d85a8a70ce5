//! Cases of registering, closing and opening again.

use crate::journal::{Durability, Journal, Position};

use super::Place;
use super::bench::{Bench, machine, machine_in, one, push, schema};

pub(super) async fn registering<P: Place>(bench: &Bench<'_, P>) {
    let (journal, first) = bench.open().await;
    let again = bench.register(&journal, &schema("Conformance")).await;
    bench.case().same("the same schema again", again, first);
    let mut newer = schema("Conformance");
    newer.version = 2;
    // A schema of many kilobytes.
    newer.states.extend((0..1_000).map(|number| format!("State number {number}")));
    let second = bench.register(&journal, &newer).await;
    bench.case().same("the kind of a newer schema", second.kind, first.kind);
    bench.case().check(second.schema != first.schema, || "a newer schema is another".to_owned());
    let other = bench.register(&journal, &schema("Other")).await;
    bench.case().check(other.kind != first.kind, || "another kind is another".to_owned());

    let journal = bench.reopen(journal).await;
    bench.case().same("the kind", journal.kind("Conformance"), Some(first.kind));
    bench.case().same("the other kind", journal.kind("Other"), Some(other.kind));
    bench.case().same("a kind that is none", journal.kind("Nothing"), None);
    let known = journal.schema(second.schema);
    bench.case().same("the schema", known.as_deref(), Some(&newer));
    bench.case().same("the newer one", bench.register(&journal, &newer).await, second);
    bench.case().same("the other one", bench.register(&journal, &schema("Other")).await, other);
    bench.case().same("the first", bench.register(&journal, &schema("Conformance")).await, first);
}

pub(super) async fn same_records<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let spaces = bench.spaces(&journal, 10).await;
    for number in 1..=10u64 {
        let space = spaces[number as usize - 1];
        let mut batch = one(kind, &machine(kind, "a"), number);
        for id in 0..number * 7 {
            push(&mut batch, kind, &machine_in(kind, space, &id.to_string()), 1);
        }
        bench.append(&journal, batch).await;
    }
    let before = bench.all(&journal).await;
    let history = bench.history(&journal, &machine(kind, "a")).await;
    let journal = bench.reopen(journal).await;
    bench.case().same("the log", bench.all(&journal).await, before);
    let after = bench.history(&journal, &machine(kind, "a")).await;
    bench.case().same("the history", after, history);
}

pub(super) async fn goes_on<P: Place>(bench: &Bench<'_, P>) {
    let (mut journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    for sequence in 1..=5 {
        let committed = bench.append(&journal, one(kind, &machine, sequence)).await;
        bench.case().same("the position", committed.first, Position(sequence));
        journal = bench.reopen(journal).await;
        bench.conflict(&journal, one(kind, &machine, sequence), &machine, sequence).await;
    }
    let all = bench.all(&journal).await;
    let sequences: Vec<u64> = all.iter().map(|record| record.space_sequence.0).collect();
    bench.case().same("the space sequences", sequences, vec![1, 2, 3, 4, 5]);
}

/// A journal in memory has nothing to let go of, and may go on.
pub(super) async fn closed<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    bench.append(&journal, one(kind, &machine, 1)).await;
    bench.case().ok("closing", journal.close().await);
    if journal.durability() == Durability::Memory {
        return;
    }
    let after = journal.append(one(kind, &machine, 2)).await;
    bench.case().check(after.is_err(), || "appending to a closed journal fails".to_owned());
    bench.case().ok("closing twice", journal.close().await);
    let journal = bench.reopen(journal).await;
    bench.case().same("the history", bench.history(&journal, &machine).await.len(), 1);
}
