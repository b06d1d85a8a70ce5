//! Cases of erasing records.

use super::Place;
use super::bench::{Bench, machine, one, push};
use crate::journal::{
    Batch, Fact, Journal, MachineKey, Position, Record, Registered, Sequence, StoredSnapshot,
    UpkeepError,
};
use crate::machine::{StateId, Timestamp};

/// Three machines that lie across each other, in batches of all sizes.
async fn fill<P: Place>(
    bench: &Bench<'_, P>,
    journal: &P::Journal,
    kind: Registered,
) -> [MachineKey; 3] {
    let machines = ["a", "b", "c"].map(|id| machine(kind, id));
    let mut sequences = [0; 3];
    for round in 1..=40u64 {
        let mut batch = Batch::new();
        for (at, machine) in machines.iter().enumerate() {
            for _ in 0..(round + at as u64) % 4 {
                sequences[at] += 1;
                push(&mut batch, kind, machine, sequences[at]);
            }
        }
        bench.append(journal, batch).await;
    }
    machines
}

fn without(all: &[Record], erased: impl Fn(&Record) -> bool) -> Vec<Record> {
    all.iter().filter(|record| !erased(record)).cloned().collect()
}

pub(super) async fn forgotten<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let [_, b, _] = fill(bench, &journal, kind).await;
    let before = bench.all(&journal).await;
    let snapshot = StoredSnapshot {
        machine: b.clone(),
        sequence: Sequence(3),
        position: Position(1),
        schema: kind.schema,
        payload: "snapshot".into(),
    };
    bench.case().ok("saving", journal.snapshots().save(snapshot, 1).await);
    let history = bench.history(&journal, &b).await.len() as u64;
    let erased = bench.case().ok("forgetting", journal.upkeep().forget(&b).await);
    bench.case().same("the number of records erased", erased, history);
    let mut expected = without(&before, |record| record.machine == b);
    let head = journal.head();

    let mut journal = journal;
    for _ in 0..2 {
        bench.case().same("what is left", bench.left(&journal).await, expected.clone());
        bench.case().same("the head", journal.head(), head);
        bench.case().same("the history", bench.history(&journal, &b).await.len(), 0);
        let snapshot = journal.snapshots().load(&b, Sequence(u64::MAX)).await;
        bench.case().same("the snapshot", bench.case().ok("loading", snapshot), None);
        let again = journal.upkeep().forget(&b).await;
        bench.case().check(matches!(again, Err(UpkeepError::NotFound { .. })), || {
            format!("a forgotten machine is not there, and gave {again:?}")
        });
        journal = bench.reopen(journal).await;
    }
    // Its id is free, and what is new has nothing of the old.
    for sequence in 1..=2 {
        bench.append(&journal, one(kind, &b, sequence)).await;
    }
    let history = bench.history(&journal, &b).await;
    bench.case().same("the new history", history.len(), 2);
    expected.extend(history);
    let journal = bench.reopen(journal).await;
    bench.case().same("what is left", bench.left(&journal).await, expected);
}

/// A machine that goes on, again and again, from a base, with everything before it trimmed.
pub(super) async fn trimmed<P: Place>(bench: &Bench<'_, P>) {
    let (mut journal, kind) = bench.open().await;
    let [a, ..] = fill(bench, &journal, kind).await;
    let mut first = 1;
    for round in 0..3 {
        let last = last(bench, &journal, &a).await;
        let base = last.next();
        let refused = journal.upkeep().trim(&a, last).await;
        bench.case().check(matches!(refused, Err(UpkeepError::NoBase { .. })), || {
            format!("only a base makes the rest superfluous, and this gave {refused:?}")
        });
        append_base(bench, &journal, kind, &a, base).await;
        for sequence in 1..=round * 5 + 1 {
            bench.append(&journal, one(kind, &a, base.0 + sequence)).await;
        }
        let before = bench.left(&journal).await;
        let erased = bench.case().ok("trimming", journal.upkeep().trim(&a, base).await);
        bench.case().same("the number of records erased", erased, base.0 - first);
        first = base.0;
        let expected = without(&before, |record| record.machine == a && record.sequence < base);
        let history: Vec<Record> =
            expected.iter().filter(|record| record.machine == a).cloned().collect();
        for _ in 0..2 {
            bench.case().same("what is left", bench.left(&journal).await, expected.clone());
            for from in [1, base.0, base.0 + 1] {
                let read = journal.read(&a, Sequence(from), usize::MAX).await;
                let read = bench.case().ok("reading a trimmed machine", read);
                let skip = usize::from(from > base.0);
                bench.case().same("its history", read, history[skip..].to_vec());
            }
            let again = journal.upkeep().trim(&a, base).await;
            bench.case().same("trimming again", bench.case().ok("trimming", again), 0);
            journal = bench.reopen(journal).await;
        }
        bench.conflict_left(&journal, one(kind, &a, 2), &a).await;
    }
    let stranger = journal.upkeep().trim(&machine(kind, "nobody"), Sequence(1)).await;
    bench.case().check(matches!(stranger, Err(UpkeepError::NotFound { .. })), || {
        format!("a stranger is not there, and gave {stranger:?}")
    });
}

async fn last<P: Place>(
    bench: &Bench<'_, P>,
    journal: &P::Journal,
    machine: &MachineKey,
) -> Sequence {
    let read = journal.read(machine, Sequence(1), usize::MAX).await;
    let read = bench.case().ok("reading", read);
    read.last().map_or(Sequence::START, |record| record.sequence)
}

async fn append_base<P: Place>(
    bench: &Bench<'_, P>,
    journal: &P::Journal,
    kind: Registered,
    machine: &MachineKey,
    base: Sequence,
) {
    let mut batch = Batch::new();
    let fact = Fact::Base { state: StateId(1) };
    batch.push(machine.clone(), base, Timestamp::EPOCH, kind.schema, fact, b"the machine");
    bench.append(journal, batch).await;
}
