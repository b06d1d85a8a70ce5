//! Cases of what a record may say.

use super::Place;
use super::bench::{Bench, machine};
use crate::journal::{Batch, Fact, Journal, Metadata, Origin, Parent, Position, Record, Sequence};
use crate::machine::{EventId, RowId, StateId, Timestamp};

/// Every fact, with the largest and smallest numbers that it may hold.
fn facts() -> Vec<Fact> {
    let (row, state, event) = (RowId(u16::MAX), StateId(u16::MAX), EventId(u16::MAX));
    let (early, late) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
    let (sequence, index) = (Sequence(u64::MAX), u16::MAX);
    vec![
        Fact::Created,
        Fact::Transition { row, state },
        Fact::Transition { row: RowId(0), state: StateId(0) },
        Fact::Deferred { event },
        Fact::Dropped { deferred: sequence },
        Fact::Elapsed { row },
        Fact::Scheduled { due: early, event },
        Fact::Scheduled { due: late, event: EventId(0) },
        Fact::Unscheduled { scheduled: sequence },
        Fact::Performed { sequence, index },
        Fact::Abandoned { sequence: Sequence(1), index: 0 },
        Fact::Resumed { sequence, index },
        Fact::Answered,
        Fact::Stopped,
    ]
}

/// Metadata of every sort, none included.
fn metadata() -> Vec<Metadata> {
    let text = |text: &str| Some(text.to_owned());
    let origins = [
        Origin::Deferred(Sequence(1)),
        Origin::Scheduled(Sequence(u64::MAX)),
        Origin::Effect(Sequence(7), u16::MAX),
        Origin::Timer(Timestamp::from_micros(-1)),
    ];
    let parent =
        Parent { kind: "Order".into(), id: "größe".into(), event: vec![0; 300], schema: None };
    let mut all = vec![
        Metadata::default(),
        Metadata { key: text(""), ..Metadata::default() },
        Metadata { key: text(&"k".repeat(2_000)), ..Metadata::default() },
        Metadata { correlation: text("c"), causation: text("w"), ..Metadata::default() },
        Metadata { effects: u16::MAX, ..Metadata::default() },
        Metadata { parent: Some(parent), ..Metadata::default() },
    ];
    let from = |origin| Metadata { origin: Some(origin), effects: 1, ..Metadata::default() };
    all.extend(origins.map(from));
    all
}

pub(super) async fn all<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let id = machine(kind, "a");
    let mut written = Vec::new();
    let mut batch = Batch::new();
    for (fact, metadata) in
        facts().into_iter().flat_map(|fact| metadata().into_iter().map(move |each| (fact, each)))
    {
        let sequence = Sequence(written.len() as u64 + 1);
        let time = Timestamp::from_micros(sequence.0 as i64);
        batch.payload_buffer().extend_from_slice(&vec![7; written.len() % 3]);
        let stored = metadata.encode();
        batch.push_annotated(id.clone(), sequence, time, kind.schema, fact, stored);
        written.push((fact, metadata, written.len() % 3));
        if sequence.0.is_multiple_of(9) {
            bench.append(&journal, std::mem::take(&mut batch)).await;
        }
    }
    bench.append(&journal, batch).await;
    let read = |record: &Record| {
        let metadata = bench.case().ok("reading metadata", record.metadata());
        (record.fact, metadata, record.payload.len())
    };
    let records = bench.all(&journal).await;
    bench.case().same("the log", records.iter().map(read).collect::<Vec<_>>(), written.clone());
    let journal = bench.reopen(journal).await;
    let records = bench.history(&journal, &id).await;
    bench.case().same("the history", records.iter().map(read).collect::<Vec<_>>(), written);
    bench.case().check(journal.head() > Position::START, || "a head".to_owned());
}
