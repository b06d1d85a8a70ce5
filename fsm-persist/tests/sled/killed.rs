//! A process that is killed while it writes loses nothing that was acknowledged.

use crate::workload::{WritingChild, mix, options, verify};

#[tokio::test]
async fn nothing_acknowledged_is_lost_in_thirty_kills() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    for round in 0..30 {
        let acknowledged = WritingChild::start(&path).kill_after(mix(seed + round) % 60 + 1);
        let journal = options().open(&path).unwrap();
        assert!(journal.open_report().index_rebuilt.is_none());
        // Reading everything in every round would take most of the time.
        if round % 5 == 0 {
            verify(&journal, acknowledged).await;
        } else {
            assert!(fsm_core::journal::Journal::head(&journal).0 >= acknowledged);
        }
    }
    let journal = options().open(&path).unwrap();
    verify(&journal, 1).await;
}
