//! Disks that are full, and disks that may only be read.

use fsm_core::journal::{AppendError, Journal};
use fsm_persist::{OpenError, SledJournal};

use crate::mount::{Mount, skipped};
use crate::workload::{Workload, options, quick, register, verify};

#[tokio::test]
async fn a_full_disk_is_an_error_and_loses_nothing() {
    let test = "a_full_disk_is_an_error_and_loses_nothing";
    let Some(mount) = Mount::memory("6m") else {
        return skipped(test, "it needs root to mount a small file system");
    };
    let path = mount.path().join("journal");
    let journal = options().open(&path).unwrap();
    let kind = register(&journal).await;
    let mut workload = Workload::default();
    let mut acknowledged = 0;
    let error = loop {
        match journal.append(workload.next(kind)).await {
            Ok(committed) => acknowledged += u64::from(committed.count),
            Err(error) => break error,
        }
    };
    assert!(acknowledged > 1_000);
    assert!(matches!(error, AppendError::Unknown { .. }), "{error}");
    assert!(error.to_string().contains("No space left"), "{error}");
    let later = journal.append(workload.next(kind)).await.unwrap_err();
    assert!(matches!(later, AppendError::Stopped { .. }), "{later}");
    // What is there can still be read.
    verify(&journal, acknowledged).await;
    drop(journal);

    assert!(mount.remount("size=64m"));
    let journal = options().open(&path).unwrap();
    let mut workload = Workload::of(&verify(&journal, acknowledged).await);
    journal.append(workload.next(kind)).await.unwrap();
}

#[test]
fn a_read_only_directory_is_refused() {
    let test = "a_read_only_directory_is_refused";
    let Some(mount) = Mount::memory("16m") else {
        return skipped(test, "it needs root to mount a read-only file system");
    };
    let path = mount.path().join("journal");
    drop(quick().open(&path).unwrap());
    assert!(mount.remount("ro"));
    for path in [path, mount.path().join("another")] {
        let error = SledJournal::open(&path).unwrap_err();
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
    }
    assert!(mount.remount("rw"));
}

#[tokio::test]
async fn a_directory_that_is_deleted_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let journal = options().open(&path).unwrap();
    let kind = register(&journal).await;
    let mut workload = Workload::default();
    journal.append(workload.next(kind)).await.unwrap();
    std::fs::remove_dir_all(&path).unwrap();
    let error = journal.append(workload.next(kind)).await.unwrap_err();
    assert!(matches!(error, AppendError::Unknown { .. }), "{error}");
    assert!(error.to_string().contains("it was deleted"), "{error}");
    let later = journal.append(workload.next(kind)).await.unwrap_err();
    assert!(matches!(later, AppendError::Stopped { .. }), "{later}");
}
