//! What the campaigns found once, each by itself.

use std::fs;

use fastrand::Rng;
use fsm_core::journal::{Durability, Journal};
use fsm_faulty_disk::{Failing, Survival};

use crate::campaign::{directory, disk, rounds};
use crate::examined::{append_next, examine_whole, register};
use crate::judge::{Judge, Verdict};
use crate::life::{End, Life};
use crate::workload::options;

/// A creation that failed was taken for complete when the journal was opened again, and the names
/// of its files were never synced: with the next loss of power it was gone, with all that had been
/// acknowledged. And one that failed while sled's settings were half written could never be opened.
#[test]
fn a_creation_that_failed_anywhere_is_completed_by_the_next_opening() {
    let name = "a_creation_that_failed_anywhere_is_completed_by_the_next_opening";
    let Some(disk) = disk(name) else { return };
    let life = |n: u64| {
        let path = disk.path().join(format!("journal-{n}"));
        Life::new(path, Durability::Fsync, Rng::with_seed(n))
    };
    let before = disk.counts().operations;
    assert_eq!(life(0).live(), Ok(End::Closed));
    let mut places: Vec<u64> = (1..=disk.counts().operations - before).collect();
    Rng::new().shuffle(&mut places);
    places.truncate(rounds(10) as usize);
    for n in places {
        let mut life = life(n);
        disk.read_only_from(n);
        let ended = life.live();
        disk.mend();
        assert!(matches!(ended, Ok(End::Refused(_) | End::Stopped(_) | End::Closed)), "{ended:?}");
        life.batches = 3;
        assert_eq!(life.live(), Ok(End::Closed), "opened again, n = {n}");
        disk.power_cut(Survival::Synced);
        disk.power_on();
        assert_eq!(life.live(), Ok(End::Closed), "after a power cut, n = {n}");
    }
}

/// The file `head` was not synced before the first second was over. Torn until then, it could not
/// be read, and a journal that was whole was refused.
#[tokio::test]
async fn the_first_marks_may_be_torn() {
    let name = "the_first_marks_may_be_torn";
    let Some(disk) = disk(name) else { return };
    let journal = options().open(disk.path().join("journal")).unwrap();
    register(&journal).await.unwrap();
    let mut records = 0;
    for _ in 0..2 {
        records = append_next(&journal, records).await.unwrap();
    }
    let volume = disk.volume();
    drop(journal);
    let scratch = directory();
    let mut judge = Judge::default();
    for (changes, length) in volume.unsynced().into_iter().enumerate() {
        for bytes in [1, 13, 35].into_iter().filter(|bytes| *bytes < length) {
            let survival = Survival::First { changes, bytes };
            volume.image(survival).write_to(&scratch.path().join("disk")).unwrap();
            let verdict = judge.judge(&scratch.path().join("disk/journal"), records);
            assert!(matches!(verdict, Verdict::Whole(_)), "{survival:?}: {verdict:?}");
        }
    }
}

/// sled takes the page table that it was writing when it was killed for its newest one, and finds
/// it damaged.
#[tokio::test]
async fn a_page_table_that_was_half_written_is_not_read() {
    let scratch = directory();
    let path = scratch.path().join("journal");
    let journal = options().open(&path).unwrap();
    register(&journal).await.unwrap();
    let records = append_next(&journal, 0).await.unwrap();
    journal.close().await.unwrap();
    fs::write(path.join("snap.0000000000FFFFFF.generating"), b"half").unwrap();
    let journal = options().open(&path).unwrap();
    let found = examine_whole(&journal, records, &mut Rng::with_seed(1)).await;
    assert_eq!(found, Ok(records));
    assert!(!path.join("snap.0000000000FFFFFF.generating").exists());
}

/// When opening failed, the database was dropped, which syncs, which failed as well, and sled's
/// panic came out of `open`.
#[test]
fn opening_on_a_disk_that_cannot_sync_is_an_error() {
    let name = "opening_on_a_disk_that_cannot_sync_is_an_error";
    let Some(disk) = disk(name) else { return };
    let path = disk.path().join("journal");
    let mut life = Life::new(path, Durability::Fsync, Rng::with_seed(1));
    life.batches = 2;
    assert_eq!(life.live(), Ok(End::Closed));
    for n in 1..=4 {
        disk.fail_syncs(Failing::from(n));
        let ended = life.live();
        disk.mend();
        assert!(ended.is_ok(), "n = {n}: {ended:?}");
        disk.power_cut(Survival::Synced);
        disk.power_on();
    }
    assert_eq!(life.live(), Ok(End::Closed));
}
