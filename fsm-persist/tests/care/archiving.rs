//! Archives: what is imported is what was exported, on every backend.

use std::collections::BTreeMap;
use std::io::Cursor;

use fsm_core::journal::{Journal, MachineKey, MemoryJournal, Position, Record, Schema, Sequence};
use fsm_persist::archive::{ArchiveError, Export, import_json};
use proptest::prelude::*;

use crate::life::{Life, Step, quick, step};

type Histories = BTreeMap<(Option<String>, String, String), Vec<Record>>;

/// What a journal says of its machines, but for positions and the sequences of spaces.
async fn histories(journal: &dyn Journal) -> Histories {
    let mut histories = Histories::new();
    for record in journal.read_all(Position(1), usize::MAX).await.unwrap() {
        let spaces = journal.spaces().list();
        let space = spaces.into_iter().find(|space| space.id == record.machine.space);
        let kind = journal.schema(record.schema).unwrap().kind.clone();
        let name = (space.map(|space| space.name), kind, record.machine.id.to_string());
        histories.entry(name).or_default().push(without_place(record));
    }
    for record in journal.read_all(Position(1), usize::MAX).await.unwrap() {
        let read = journal.read(&record.machine, Sequence(1), usize::MAX).await.unwrap();
        let read: Vec<Record> = read.into_iter().map(without_place).collect();
        let mut known = histories.values().filter(|history| **history == read);
        assert!(known.next().is_some(), "reads agree");
    }
    histories
}

fn without_place(mut record: Record) -> Record {
    (record.position, record.space_sequence) = (Position(0), Sequence(0));
    record.machine.space = fsm_core::journal::SpaceId(0);
    record
}

async fn json(export: Export, journal: &dyn Journal) -> Vec<u8> {
    export.to_json(journal, Vec::new(), |_| {}).await.unwrap().writer
}

async fn live(steps: Vec<Step>) {
    let mut life = Life::new().await;
    life.take(Step::Trickle(3, 5)).await;
    for step in steps {
        life.take(step).await;
    }
    let expected = histories(life.journal()).await;
    let archive = json(Export::all(), life.journal()).await;
    let memory = MemoryJournal::new();
    let imported = import_json(&memory, Cursor::new(archive.clone()), |_| {}).await.unwrap();
    assert_eq!(imported.records, expected.values().map(|all| all.len() as u64).sum::<u64>());
    assert_eq!(histories(&memory).await, expected);
    let directory = tempfile::tempdir().unwrap();
    let sled = quick().open(directory.path().join("journal")).unwrap();
    import_json(&sled, Cursor::new(archive), |_| {}).await.unwrap();
    assert_eq!(histories(&sled).await, expected);
    assert_eq!(sled.spaces().list().len(), life.journal().spaces().list().len());
    // And once more from there.
    let again = MemoryJournal::new();
    import_json(&again, Cursor::new(json(Export::all(), &sled).await), |_| {}).await.unwrap();
    assert_eq!(histories(&again).await, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn what_is_imported_is_what_was_exported(steps in prop::collection::vec(step(), 1..25)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(live(steps));
    }
}

#[tokio::test]
async fn a_part_is_exported_and_named() {
    let mut life = Life::new().await;
    life.take(Step::CreateSpace).await;
    life.take(Step::Append((0..15).map(|number| (number, 9)).collect())).await;
    let machine: MachineKey = life.key(4);
    let space = machine.space;
    let records = |bytes: Vec<u8>| -> Vec<serde_json::Value> {
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter_map(|line: serde_json::Value| line.get("record").cloned()).collect()
    };
    let journal = life.journal();
    let of_machine = records(json(Export::machine(machine.clone()), journal).await);
    let expected = journal.read(&machine, Sequence(1), 100).await.unwrap();
    assert_eq!(of_machine.len(), expected.len());
    let of_space = records(json(Export::space(space), journal).await);
    assert!(of_space.iter().all(|record| record["space"] == space.0));
    let all = journal.read_all(Position(1), 100).await.unwrap();
    let in_space = all.iter().filter(|record| record.machine.space == space).count();
    assert_eq!(of_space.len(), in_space);
    let some = records(json(Export::all().from(Position(3)).to(Position(7)), journal).await);
    let positions: Vec<u64> = some.iter().map(|r| r["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, [3, 4, 5, 6, 7]);

    let rendered = Export::machine(machine).render(|record, schema: &Schema| {
        Some(serde_json::json!({ "kind": schema.kind, "bytes": record.payload.len() }))
    });
    let rendered = records(json(rendered, journal).await);
    assert_eq!(rendered[0]["payload_json"]["bytes"], 9);
    assert_eq!(rendered[0]["payload_json"]["kind"], "Load");
    let moved = all.iter().find(|record| record.sequence.0 == 2).unwrap();
    let moved = Export::all().from(moved.position).to(moved.position);
    let moved = &records(json(moved, journal).await)[0];
    assert_eq!((&moved["fact"], &moved["to"]), (&"transition".into(), &"A".into()));
    assert_eq!(moved["event"], "Go");
}

#[tokio::test]
async fn what_is_no_archive_is_refused() {
    let mut life = Life::new().await;
    life.take(Step::Trickle(3, 5)).await;
    let archive = json(Export::all(), life.journal()).await;
    let error = import_json(life.journal(), Cursor::new(archive.clone()), |_| {}).await;
    assert!(matches!(error, Err(ArchiveError::NotEmpty)), "{error:?}");
    let text = String::from_utf8(archive).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let cases = [
        (String::new(), 0),
        ("nonsense".to_owned(), 1),
        (lines[1..].join("\n"), 1),
        (format!("{}\n{}", lines[0], lines[2]), 2),
        (text.replace(r#""tag":0"#, r#""tag":77"#), 3),
    ];
    for (text, expected) in cases {
        let refused = import_json(&MemoryJournal::new(), Cursor::new(text), |_| {}).await;
        let Err(ArchiveError::Line { line, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(line, expected);
    }
    let later = json(Export::all().from(Position(3)), life.journal()).await;
    let refused = import_json(&MemoryJournal::new(), Cursor::new(later), |_| {}).await;
    let Err(ArchiveError::NotWhole { sequence, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(sequence, Sequence(3));
}
