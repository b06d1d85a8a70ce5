//! The index: many checkpoints and merges, few chunks read at opening, and rebuilt when damaged.

use fsm_core::journal::{AppendError, Journal, MachineKey, Sequence};
use fsm_persist::{SledJournal, SledOptions};

use crate::workload::{Workload, await_unlocked, quick, register, verify};

fn options() -> SledOptions {
    quick().checkpoint_records(200)
}

async fn write(journal: &SledJournal, workload: &mut Workload, batches: u64) {
    let kind = register(journal).await;
    for _ in 0..batches {
        journal.append(workload.batch_of(kind, 40, 3_000)).await.unwrap();
    }
}

#[tokio::test]
async fn histories_survive_checkpoints_and_merges() {
    let directory = tempfile::tempdir().unwrap();
    let mut workload = Workload::default();
    for round in 0..6 {
        let journal = options().open(directory.path()).unwrap();
        let report = journal.open_report();
        assert_eq!(report.index_rebuilt, None);
        // 40 records a chunk: what is behind the last checkpoint, not the whole log.
        assert!(report.chunks_read <= 30, "round {round}: {report:?}");
        assert_eq!(report.records, round * 150 * 40);
        write(&journal, &mut workload, 150).await;
        verify(&journal, (round + 1) * 150 * 40).await;
    }
}

#[tokio::test]
async fn a_cold_machine_is_found_and_guarded() {
    let directory = tempfile::tempdir().unwrap();
    let journal = options().open(directory.path()).unwrap();
    let mut workload = Workload::default();
    write(&journal, &mut workload, 200).await;
    drop(journal);
    let journal = options().open(directory.path()).unwrap();
    let kind = register(&journal).await;
    let all = journal.read_all(fsm_core::journal::Position(1), 1).await.unwrap();
    let cold: &MachineKey = &all[0].machine;
    let history = journal.read(cold, Sequence(1), usize::MAX).await.unwrap();
    let last = history.last().unwrap().sequence;
    let mut batch = fsm_core::journal::Batch::new();
    let time = fsm_core::Timestamp::EPOCH;
    let fact = fsm_core::journal::Fact::Stopped;
    batch.push(cold.clone(), last, time, kind.schema, fact, b"");
    let error = journal.append(batch).await.unwrap_err();
    assert!(matches!(error, AppendError::Conflict { actual, .. } if actual == last), "{error}");
}

#[tokio::test]
async fn a_damaged_index_is_built_anew() {
    let directory = tempfile::tempdir().unwrap();
    let journal = options().open(directory.path()).unwrap();
    let mut workload = Workload::default();
    write(&journal, &mut workload, 100).await;
    drop(journal);
    for damage in [
        |index: &sled::Tree| drop(index.remove("manifest").unwrap()),
        |index: &sled::Tree| drop(index.insert("manifest", b"nonsense").unwrap()),
        |index: &sled::Tree| index.clear().unwrap(),
    ] {
        let db = sled::open(directory.path()).unwrap();
        damage(&db.open_tree("index").unwrap());
        db.flush().unwrap();
        drop(db);
        await_unlocked(directory.path());
        let journal = options().open(directory.path()).unwrap();
        let report = journal.open_report();
        assert!(report.index_rebuilt.is_some(), "{report:?}");
        assert!(report.chunks_read >= 100, "{report:?}");
        verify(&journal, 100 * 40).await;
        drop(journal);
        let report = options().open(directory.path()).unwrap().open_report();
        assert_eq!(report.index_rebuilt, None);
        assert!(report.chunks_read <= 30, "{report:?}");
    }
}

#[tokio::test]
async fn a_damaged_block_of_the_index_is_mended_by_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let journal = options().open(directory.path()).unwrap();
    let mut workload = Workload::default();
    write(&journal, &mut workload, 100).await;
    drop(journal);
    let db = sled::open(directory.path()).unwrap();
    let index = db.open_tree("index").unwrap();
    for pair in index.scan_prefix("r") {
        let (key, value) = pair.unwrap();
        index.insert(key, &value[..value.len() - 1]).unwrap();
    }
    db.flush().unwrap();
    drop((index, db));
    await_unlocked(directory.path());

    let journal = options().open(directory.path()).unwrap();
    assert_eq!(journal.open_report().index_rebuilt, None);
    let kind = register(&journal).await;
    let stranger = MachineKey::new(kind.kind, "stranger");
    let error = journal.read(&stranger, Sequence(1), 1).await.unwrap_err();
    assert!(error.to_string().contains("built anew"), "{error}");
    drop(journal);
    let journal = options().open(directory.path()).unwrap();
    assert!(journal.open_report().index_rebuilt.is_some());
    verify(&journal, 100 * 40).await;
}
