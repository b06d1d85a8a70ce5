//! Opening: who may, what is refused and why, and what is left alone.

use std::fs;

use fsm_core::journal::{Durability, Journal, Position};
use fsm_persist::{OpenError, SledJournal};

use crate::workload::{Workload, WritingChild, await_unlocked, options, quick, register, verify};

#[tokio::test]
async fn reopening_goes_on_where_it_ended() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("not/there/yet");
    let mut workload = Workload::default();
    let mut written = 0;
    for epoch in 1..=5 {
        let journal = options().open(&path).unwrap();
        let report = journal.open_report();
        assert_eq!((report.created, report.epoch), (epoch == 1, epoch));
        assert_eq!((report.records, report.index_rebuilt), (written, None));
        assert_eq!(journal.durability(), Durability::Fsync);
        let kind = register(&journal).await;
        for _ in 0..100 {
            written += u64::from(journal.append(workload.next(kind)).await.unwrap().count);
        }
        assert_eq!(journal.head(), Position(written));
        verify(&journal, written).await;
        // Dropped and closed are the same.
        if epoch % 2 == 0 {
            journal.close().await.unwrap();
            assert!(journal.append(Workload::default().next(kind)).await.is_err());
        }
    }
}

/// Once, the time until the next sync was added to the clock without a look at the sum.
#[tokio::test]
async fn an_interval_without_end_is_one() {
    let directory = tempfile::tempdir().unwrap();
    let flushed = options().durability(Durability::Flush(std::time::Duration::MAX));
    let journal = flushed.open(directory.path().join("journal")).unwrap();
    let kind = register(&journal).await;
    let mut workload = Workload::default();
    for _ in 0..20 {
        journal.append(workload.next(kind)).await.unwrap();
    }
    journal.close().await.unwrap();
}

#[tokio::test]
async fn a_journal_is_open_only_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let journal = quick().open(&path).unwrap();
    let error = SledJournal::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");

    // Another process is told the same.
    let told = WritingChild::start(&path).acknowledged().unwrap().unwrap_err();
    assert_eq!(told, error.to_string());

    drop(journal);
    quick().open(&path).unwrap();
}

#[test]
fn a_directory_of_something_else_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let foreign = directory.path().join("foreign");
    drop(sled::open(&foreign).unwrap());
    await_unlocked(&foreign);
    let notes = directory.path().join("notes");
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("db"), "not a database").unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "a file").unwrap();
    for path in [foreign, notes, file] {
        let listing = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(&path).into_iter().flatten() {
                let entry = entry.unwrap();
                let data = entry.metadata().unwrap();
                names.push((entry.file_name(), data.len(), data.modified().unwrap()));
            }
            names.sort();
            names
        };
        let before = listing();
        let error = SledJournal::open(&path).unwrap_err();
        assert!(matches!(error, OpenError::NotAJournal { .. }), "{error}");
        assert_eq!(listing(), before);
    }
}

#[test]
fn a_newer_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(quick().open(directory.path()).unwrap());
    let db = sled::open(directory.path()).unwrap();
    db.open_tree("meta").unwrap().insert("format", b"\x02fsm-journal").unwrap();
    drop(db);
    await_unlocked(directory.path());
    let error = SledJournal::open(directory.path()).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn a_creation_that_was_cut_short_is_completed() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("head"), "").unwrap();
    assert!(quick().open(directory.path()).unwrap().open_report().created);
}
