//! A directory that goes away, or makes room for another, under an open journal.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use fsm_core::journal::Journal;
use fsm_persist::SledJournal;

use crate::campaign::directory;
use crate::examined::{append_next, examine_whole, register};
use crate::workload::{await_unlocked, options};

async fn begun(path: &Path) -> (SledJournal, u64) {
    let journal = options().open(path).unwrap();
    register(&journal).await.unwrap();
    let records = appended(&journal, 0).await;
    (journal, records)
}

async fn appended(journal: &SledJournal, mut records: u64) -> u64 {
    for _ in 0..10 {
        records = append_next(journal, records).await.unwrap();
    }
    records
}

async fn expect_whole(path: &Path, records: u64) {
    // Closing waits until the lock is let go, but only where the journal was opened.
    await_unlocked(path);
    let journal = options().open(path).unwrap();
    let found = examine_whole(&journal, records, &mut Rng::with_seed(1)).await;
    assert_eq!(found, Ok(records));
}

#[tokio::test]
async fn a_directory_that_is_moved_takes_the_journal_with_it() {
    let scratch = directory();
    let [here, there] = ["here", "there"].map(|name| scratch.path().join(name));
    let (journal, records) = begun(&here).await;
    fs::rename(&here, &there).unwrap();
    let records = appended(&journal, records).await;
    // It is still held, under its new name.
    assert!(matches!(options().open(&there), Err(fsm_persist::OpenError::Locked { .. })));
    journal.close().await.unwrap();
    assert!(!here.exists());
    expect_whole(&there, records).await;
}

#[tokio::test]
async fn a_directory_that_is_replaced_harms_neither_journal() {
    let scratch = directory();
    let [here, there] = ["here", "there"].map(|name| scratch.path().join(name));
    let (old, old_records) = begun(&here).await;
    fs::rename(&here, &there).unwrap();
    let (new, new_records) = begun(&here).await;
    let old_records = appended(&old, old_records).await;
    let new_records = appended(&new, new_records).await;
    new.close().await.unwrap();
    old.close().await.unwrap();
    expect_whole(&here, new_records).await;
    expect_whole(&there, old_records).await;
}

/// What is removed is gone, and the next append says so: nothing is acknowledged into files that
/// live only as long as they are open. What was there can be read until it is closed.
#[tokio::test]
async fn a_directory_that_is_removed_is_gone() {
    let scratch = directory();
    let here = scratch.path().join("here");
    let (journal, records) = begun(&here).await;
    fs::remove_dir_all(&here).unwrap();
    let refused = append_next(&journal, records).await.unwrap_err();
    assert!(refused.to_string().contains("it was deleted"), "{refused}");
    let found = examine_whole(&journal, records, &mut Rng::with_seed(1)).await;
    assert!(found.is_ok_and(|found| found >= records));
    assert!(journal.close().await.is_err());
    assert!(options().open(&here).unwrap().open_report().created);
}
