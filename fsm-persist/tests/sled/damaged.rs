//! Damage is told, with its position, and never served as data.

use std::fs::OpenOptions;
use std::path::Path;

use fsm_core::journal::{Journal, MachineKey, Position, ReadError, Sequence};
use fsm_persist::{OpenError, SledJournal, SledOptions};
use tempfile::TempDir;

use crate::workload::{Workload, await_unlocked, quick, register};

const BATCHES: u64 = 40;
const RECORDS: u64 = 50;

/// Checkpoints everywhere, so that opening reads only the last chunks.
fn options() -> SledOptions {
    quick().checkpoint_records(100)
}

/// A closed journal, one chunk a batch.
async fn journal() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let journal = options().open(directory.path()).unwrap();
    let kind = register(&journal).await;
    let mut workload = Workload::default();
    for _ in 0..BATCHES {
        journal.append(workload.batch_of(kind, RECORDS, 5)).await.unwrap();
    }
    journal.close().await.unwrap();
    directory
}

fn change_log(path: &Path, change: impl FnOnce(&sled::Tree)) {
    let db = sled::open(path).unwrap();
    change(&db.open_tree("log").unwrap());
    db.flush().unwrap();
    drop(db);
    await_unlocked(path);
}

fn key(slot: u64) -> [u8; 8] {
    slot.to_be_bytes()
}

/// Reads all pages; the error, if one of them is damaged, and how many records came before it.
async fn read(journal: &SledJournal) -> (u64, Option<ReadError>) {
    let mut read = 0;
    loop {
        match journal.read_all(Position(read + 1), 10).await {
            Ok(page) if page.is_empty() => return (read, None),
            Ok(page) => read += page.len() as u64,
            Err(error) => return (read, Some(error)),
        }
    }
}

/// Expects that everything before `slot` can be read, and that it is told damaged.
async fn expect_damage(path: &Path, slot: u64) {
    let journal = options().open(path).unwrap();
    let (read, error) = read(&journal).await;
    let first = slot * RECORDS + 1;
    let Some(ReadError::Damaged { position, .. }) = error else {
        panic!("expected damage at {first}, got {error:?} after {read} records");
    };
    assert_eq!((read, position), (first - 1, Position(first)));
    // A history that leads through it as well, and one read from behind it is whole.
    let kind = journal.kind("Load").unwrap();
    let mut damaged = 0;
    for number in 0..5 {
        let machine = MachineKey::new(kind, format!("machine-{number}"));
        match journal.read(&machine, Sequence(1), usize::MAX).await {
            Ok(_) => {}
            Err(ReadError::Damaged { machine: Some(named), .. }) => {
                assert_eq!(named, machine);
                damaged += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(damaged > 0);
    let behind = journal.read_all(Position(first + RECORDS), usize::MAX).await.unwrap();
    assert_eq!(behind.len() as u64, (BATCHES - slot - 1) * RECORDS);
}

#[tokio::test]
async fn every_flipped_bit_is_told() {
    let directory = journal().await;
    let mut original = Vec::new();
    change_log(directory.path(), |log| original = log.get(key(7)).unwrap().unwrap().to_vec());
    for at in (0..original.len()).step_by(original.len() / 16 - 1) {
        change_log(directory.path(), |log| {
            let mut value = original.clone();
            value[at] ^= 1 << (at % 8);
            log.insert(key(7), value).unwrap();
        });
        expect_damage(directory.path(), 7).await;
    }
    change_log(directory.path(), |log| drop(log.insert(key(7), original).unwrap()));
    assert!(read(&options().open(directory.path()).unwrap()).await.1.is_none());
}

#[tokio::test]
async fn a_missing_chunk_is_told() {
    let directory = journal().await;
    change_log(directory.path(), |log| drop(log.remove(key(11)).unwrap()));
    expect_damage(directory.path(), 11).await;
    change_log(directory.path(), |log| drop(log.insert(key(11), &[]).unwrap()));
    expect_damage(directory.path(), 11).await;
}

#[tokio::test]
async fn a_swapped_chunk_is_told() {
    let directory = journal().await;
    change_log(directory.path(), |log| {
        let one = log.get(key(9)).unwrap().unwrap();
        let other = log.insert(key(20), one).unwrap().unwrap();
        log.insert(key(9), other).unwrap();
    });
    let journal = options().open(directory.path()).unwrap();
    let (read, error) = read(&journal).await;
    assert_eq!(read, 9 * RECORDS);
    assert!(matches!(error, Some(ReadError::Damaged { .. })), "{error:?}");
}

#[tokio::test]
async fn a_damaged_end_refuses_to_open() {
    let directory = journal().await;
    change_log(directory.path(), |log| {
        let mut value = log.get(key(BATCHES - 1)).unwrap().unwrap().to_vec();
        value[100] ^= 1;
        log.insert(key(BATCHES - 1), value).unwrap();
    });
    let error = options().open(directory.path()).unwrap_err();
    let OpenError::Damaged { position, .. } = error else { panic!("{error}") };
    assert_eq!(position, Position((BATCHES - 1) * RECORDS));
}

#[tokio::test]
async fn a_lost_end_is_counted() {
    let directory = journal().await;
    change_log(directory.path(), |log| {
        for slot in BATCHES - 3..BATCHES {
            log.insert(key(slot), &[]).unwrap();
        }
    });
    let error = options().open(directory.path()).unwrap_err();
    let OpenError::Behind { missing, found, .. } = &error else { panic!("{error}") };
    assert_eq!((*missing, found.0), (3 * RECORDS, (BATCHES - 3) * RECORDS));
    assert!(error.to_string().contains("150 records"), "{error}");
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    let directory = journal().await;
    let path = directory.path().join("db");
    // Its end is zeros, which nobody misses.
    let used = std::fs::read(&path).unwrap().iter().rposition(|&byte| byte != 0).unwrap();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(used as u64 / 2).unwrap();
    drop(file);
    let error = options().open(directory.path()).unwrap_err();
    let refused = matches!(error, OpenError::Behind { .. } | OpenError::Damaged { .. });
    assert!(refused, "{error}");
}
