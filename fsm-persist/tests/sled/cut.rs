//! Loss of power, and a disk that stands still.

use std::time::Duration;

use fsm_core::journal::{AppendError, Journal};

use crate::mount::{Mount, run, skipped};
use crate::workload::{Workload, WritingChild, mix, options, register, verify};

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_power_fails() {
    let test = "nothing_acknowledged_is_lost_when_power_fails";
    if !run("xfs_io", &["-V"]) {
        return skipped(test, "it needs xfs_io (xfsprogs)");
    }
    let Some(mount) = Mount::image(256 << 20) else {
        return skipped(test, "it needs root, mkfs.ext4 and loop devices");
    };
    let path = mount.path().join("journal");
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    for round in 0..8 {
        let mut child = WritingChild::start(&path);
        let mut acknowledged = 0;
        // The first cuts come right after the journal was created.
        for _ in 0..=mix(seed + round) % (round * 30 + 1) {
            acknowledged = child.acknowledged().unwrap().unwrap();
        }
        assert!(mount.cut(), "the power is cut");
        // The writer notices, and says so; what it was acknowledged before then counts.
        let error = loop {
            match child.acknowledged() {
                Some(Ok(position)) => acknowledged = position,
                Some(Err(error)) => break error,
                None => break "it died".to_owned(),
            }
        };
        println!("round {round}: {acknowledged} acknowledged, then: {error}");
        child.process.kill().ok();
        child.process.wait().unwrap();
        mount.restore();
        let journal = options().open(&path).unwrap();
        verify(&journal, acknowledged).await;
    }
}

#[tokio::test]
async fn a_disk_that_stands_still_is_given_up() {
    let test = "a_disk_that_stands_still_is_given_up";
    let Some(mount) = Mount::image(64 << 20) else {
        return skipped(test, "it needs root, mkfs.ext4 and loop devices");
    };
    let path = mount.path().join("journal");
    let journal = options().commit_timeout(Duration::from_millis(200)).open(&path).unwrap();
    let kind = register(&journal).await;
    let mut workload = Workload::default();
    let committed = journal.append(workload.next(kind)).await.unwrap();
    let mount_path = mount.path();
    let mount_path = mount_path.to_str().unwrap();
    if !run("fsfreeze", &["-f", mount_path]) {
        return skipped(test, "it needs fsfreeze (util-linux)");
    }
    let (stuck, waiting) =
        (journal.append(workload.next(kind)), journal.append(workload.next(kind)));
    let (stuck, waiting) = (stuck.await, waiting.await);
    let after = journal.append(workload.next(kind)).await;
    assert!(run("fsfreeze", &["-u", mount_path]));
    let Err(AppendError::Unknown { why, .. }) = stuck else { panic!("{stuck:?}") };
    assert!(why.contains("stalled"), "{why}");
    // The second may have been in the same commit or behind it.
    assert!(waiting.is_err());
    assert!(matches!(after, Err(AppendError::Stopped { .. })), "{after:?}");
    assert!(journal.close().await.is_err());
    drop(journal);
    let journal = options().open(&path).unwrap();
    verify(&journal, u64::from(committed.count)).await;
}
