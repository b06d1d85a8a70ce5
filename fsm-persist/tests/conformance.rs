//! The suite of all journals, on sled.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::Duration;

use fsm_core::journal::conformance::{Place, run};
use fsm_core::journal::{Durability, Pending};
use fsm_persist::SledJournal;
use tempfile::TempDir;

struct Directory {
    directory: TempDir,
    durability: Durability,
    checkpoint_records: u64,
}

impl Directory {
    fn new(durability: Durability, checkpoint_records: u64) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), durability, checkpoint_records }
    }
}

impl Place for Directory {
    type Journal = SledJournal;

    fn open(&self) -> Pending<'_, SledJournal> {
        let options = SledJournal::options()
            .durability(self.durability)
            .checkpoint_records(self.checkpoint_records);
        let path = self.directory.path().join("a/journal");
        Box::pin(async move { options.open(path).unwrap() })
    }
}

#[tokio::test]
async fn sled_conforms() {
    run(|| Directory::new(Durability::Fsync, 64 * 1024)).await;
}

#[tokio::test]
async fn sled_conforms_with_flush_only() {
    run(|| Directory::new(Durability::Flush(Duration::from_secs(3600)), 64 * 1024)).await;
}

#[tokio::test]
async fn sled_conforms_with_the_index_always_busy() {
    run(|| Directory::new(Durability::Flush(Duration::from_millis(1)), 3)).await;
}
