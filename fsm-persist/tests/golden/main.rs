//! Journals as they were written once: whatever changes, they are read as what was put into them.
//!
//! `v1/` holds the files of a journal, compressed, and `v1/contents.txt` what it says. Both were
//! written by `GOLDEN_WRITE=1 cargo test -p fsm-persist --test golden`, and are never written anew:
//! a format that reads them differently is another format, with a folder of its own beside.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use fsm_core::journal::{
    Batch, Fact, Journal, MachineKey, Metadata, Origin, Parent, Position, Record, Registered,
    Schema, SchemaId, Sequence, SpaceId, StoredSnapshot,
};
use fsm_core::{EventId, RowId, StateId, Timestamp};
use fsm_persist::SledJournal;

const FILES: [&str; 3] = ["db", "head", "conf"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1")
}

fn facts() -> Vec<Fact> {
    vec![
        Fact::Created,
        Fact::Transition { row: RowId(300), state: StateId(1) },
        Fact::Deferred { event: EventId(7) },
        Fact::Dropped { deferred: Sequence(3) },
        Fact::Elapsed { row: RowId(2) },
        Fact::Scheduled { due: Timestamp::from_micros(-5), event: EventId(65_535) },
        Fact::Unscheduled { scheduled: Sequence(6) },
        Fact::Performed { sequence: Sequence(2), index: 0 },
        Fact::Abandoned { sequence: Sequence(2), index: 1 },
        Fact::Resumed { sequence: Sequence(2), index: 1 },
        Fact::Answered,
        Fact::Base { state: StateId(1) },
        Fact::Stopped,
    ]
}

fn metadata() -> Vec<Metadata> {
    let text = |text: &str| Some(text.to_owned());
    let parent = Parent {
        kind: "Order".into(),
        id: "größe".into(),
        event: vec![1, 2, 3],
        schema: Some(SchemaId(1)),
    };
    let with = |origin| Metadata { origin: Some(origin), effects: 3, ..Metadata::default() };
    vec![
        Metadata::default(),
        Metadata { key: text("key"), correlation: text("c"), ..Metadata::default() },
        Metadata { causation: text("w"), parent: Some(parent), ..Metadata::default() },
        with(Origin::Deferred(Sequence(3))),
        with(Origin::Scheduled(Sequence(6))),
        with(Origin::Effect(Sequence(2), 1)),
        with(Origin::Timer(Timestamp::from_micros(77))),
    ]
}

async fn append(journal: &SledJournal, kind: Registered, space: SpaceId, id: &str, length: usize) {
    let machine = MachineKey { space, kind: kind.kind, id: id.into() };
    let mut batch = Batch::new();
    for (at, fact) in facts().into_iter().enumerate() {
        let metadata = metadata()[at % metadata().len()].encode();
        let payload = (0..length).map(|byte| (byte * 7 + at) as u8);
        batch.payload_buffer().extend(payload);
        let (sequence, time) = (Sequence(at as u64 + 1), Timestamp::from_micros(at as i64 * 1_000));
        batch.push_annotated(machine.clone(), sequence, time, kind.schema, fact, metadata);
    }
    journal.append(batch).await.unwrap();
}

/// A journal with everything that the format knows.
async fn write(path: &Path) {
    let journal = SledJournal::options().checkpoint_records(100).open(path).unwrap();
    let lamp = Schema::bare("Lamp", &["Off", "On"], &["Switch"]);
    let lamp = journal.register(&lamp).await.unwrap();
    let order = Schema::bare("Order", &["Cart", "Paid"], &["Pay", "Cancel"]);
    let order = journal.register(&order).await.unwrap();
    let labels = BTreeMap::from([("plan".to_owned(), "gold".to_owned())]);
    let created = Timestamp::from_micros(1);
    let acme = journal.spaces().create("acme", labels, created).await.unwrap().id;
    let gone = journal.spaces().create("gone", BTreeMap::new(), created).await.unwrap().id;
    for number in 0..40 {
        append(&journal, lamp, SpaceId::DEFAULT, &format!("lamp-{number}"), 20).await;
        append(&journal, order, acme, &format!("order-{number}"), 20).await;
        append(&journal, order, gone, "nobody", 3).await;
        if number == 0 {
            append(&journal, lamp, acme, "", 0).await;
            append(&journal, lamp, acme, "large", 9_000).await;
        }
        journal
            .upkeep()
            .forget(&MachineKey { space: gone, kind: order.kind, id: "nobody".into() })
            .await
            .unwrap();
    }
    let machine = |id: &str| MachineKey::new(lamp.kind, id);
    journal.upkeep().forget(&machine("lamp-3")).await.unwrap();
    journal.upkeep().trim(&machine("lamp-5"), Sequence(12)).await.unwrap();
    journal.merge().await.unwrap();
    append(&journal, lamp, gone, "lost", 10).await;
    journal.spaces().delete(gone).await.unwrap();
    journal.upkeep().forget(&machine("lamp-30")).await.unwrap();
    let snapshot = StoredSnapshot {
        machine: machine("lamp-7"),
        sequence: Sequence(12),
        position: Position(1),
        schema: lamp.schema,
        payload: vec![9; 7_000].into(),
    };
    journal.snapshots().save(snapshot, 1).await.unwrap();
    journal.cursors().save("reader", Position(17)).await.unwrap();
    journal.close().await.unwrap();
}

fn line(record: &Record) -> String {
    let Record { position, space_sequence, machine, sequence, time, schema, fact, .. } = record;
    let metadata = record.metadata().unwrap();
    let sum = crc32c::crc32c(&record.payload);
    format!(
        "{position}, {space_sequence} of {}, {machine}, {sequence}, {} us, {schema}, {fact:?}, \
         {metadata:?}, {} bytes {sum:08x}",
        machine.space,
        time.micros(),
        record.payload.len(),
    )
}

/// What a journal says, as text.
async fn contents(journal: &SledJournal) -> String {
    let mut text = String::new();
    for number in (0..).map(SchemaId) {
        let Some(schema) = journal.schema(number) else { break };
        writeln!(text, "{number}: {schema:?}").unwrap();
    }
    for space in journal.spaces().list() {
        writeln!(text, "{space:?}").unwrap();
    }
    for (name, position) in journal.cursors().list().await.unwrap() {
        writeln!(text, "cursor {name} at {position}").unwrap();
    }
    let all = journal.read_all(Position(1), usize::MAX).await.unwrap();
    let mut histories = BTreeMap::new();
    for record in &all {
        let history: &mut Vec<Record> = histories.entry(record.machine.clone()).or_default();
        history.push(record.clone());
        writeln!(text, "{}", line(record)).unwrap();
    }
    for (machine, history) in histories {
        let read = journal.read(&machine, Sequence(1), usize::MAX).await.unwrap();
        assert_eq!(read, history);
        let snapshot = journal.snapshots().load(&machine, Sequence(u64::MAX)).await.unwrap();
        if let Some(StoredSnapshot { sequence, position, schema, payload, .. }) = snapshot {
            let sum = crc32c::crc32c(&payload);
            writeln!(text, "snapshot of {machine}: {sequence}, {position}, {schema}, {sum:08x}")
                .unwrap();
        }
    }
    writeln!(text, "the head: {}", journal.head()).unwrap();
    text
}

#[tokio::test]
async fn the_first_format_is_read() {
    if std::env::var_os("GOLDEN_WRITE").is_some() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path()).await;
        for name in FILES {
            let file = File::create(folder().join(format!("{name}.gz"))).unwrap();
            let mut compressed = GzEncoder::new(file, Compression::best());
            compressed.write_all(&fs::read(directory.path().join(name)).unwrap()).unwrap();
            compressed.finish().unwrap();
        }
        let journal = SledJournal::open(directory.path()).unwrap();
        fs::write(folder().join("contents.txt"), contents(&journal).await).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    for name in FILES {
        let file = File::open(folder().join(format!("{name}.gz"))).unwrap();
        let mut bytes = Vec::new();
        GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    let journal = SledJournal::open(directory.path()).unwrap();
    let expected = fs::read_to_string(folder().join("contents.txt")).unwrap();
    for (found, expected) in contents(&journal).await.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(contents(&journal).await.len(), expected.len());
    // And it goes on.
    let kind = journal.kind("Lamp").unwrap();
    let kind = Registered { kind, schema: SchemaId(0) };
    append(&journal, kind, SpaceId::DEFAULT, "lamp-30", 5).await;
    append(&journal, kind, SpaceId::DEFAULT, "lamp-new", 5).await;
}
