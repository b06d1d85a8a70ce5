//! Backups: made at random moments of random lives, and equal to what the journal was then.

use fsm_core::journal::{Journal, Position};
use fsm_persist::{BackupError, OpenError, SledJournal, Verdict, VerifyOptions};
use proptest::prelude::*;

use crate::damage::{await_unlocked, flip};
use crate::life::{Life, Step, said, step};

#[derive(Clone, Debug)]
enum Moment {
    Lives(Step),
    BacksUp,
}

async fn live(moments: Vec<Moment>) {
    let mut life = Life::new().await;
    let backup = life.directory.path().join("backup");
    for moment in moments.into_iter().chain([Moment::BacksUp]) {
        let Moment::Lives(step) = moment else {
            check(&life, &backup).await;
            continue;
        };
        life.take(step).await;
    }
    // Copies that are opened may merge chunks by themselves.
    life.journal().backup(&backup, |_| {}).await.unwrap();
    let again = life.journal().backup(&backup, |_| {}).await.unwrap();
    assert_eq!(again.chunks_copied, 0, "nothing is new");
    let restored = life.directory.path().join("restored");
    SledJournal::restore(&backup, &restored, |_| {}).unwrap();
    let head = life.journal().head();
    let expected = said(life.journal(), head).await;
    life.close();
    assert_eq!(said(&life.options.open(&restored).unwrap(), head).await, expected);
}

/// Backs up, and expects the copy to be what the journal is.
async fn check(life: &Life, backup: &std::path::Path) {
    let report = life.journal().backup(backup, |_| {}).await.unwrap();
    let head = life.journal().head();
    assert_eq!(report.head, head);
    let verified = SledJournal::verify(backup, &VerifyOptions::new(), |_| {}).unwrap();
    assert!(verified.is_clean(), "{:?}", verified.findings);
    let copy = life.options.open(backup).unwrap();
    assert_eq!(copy.open_report().index_rebuilt, None);
    assert_eq!(said(&copy, head).await, said(life.journal(), head).await);
    let cursors = copy.cursors().list().await.unwrap();
    assert_eq!(cursors, life.journal().cursors().list().await.unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_backup_is_what_the_journal_was(
        moments in prop::collection::vec(
            prop_oneof![6 => step().prop_map(Moment::Lives), 1 => Just(Moment::BacksUp)],
            1..50,
        ),
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(live(moments));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appending_merging_and_erasing_go_on_meanwhile() {
    let mut life = Life::new().await;
    for number in 0..15 {
        life.take(Step::Trickle(number, 60)).await;
    }
    let backup = life.directory.path().join("backup");
    for round in 0..6 {
        let before = life.journal().head();
        let backing_up = life.journal().backup(&backup, |_| {});
        let writing = async {
            for number in 0..15u8 {
                life.append(&[(number, 20), ((number + round) % 15, 30)], false).await;
            }
            life.journal().merge().await.unwrap();
            life.journal().upkeep().forget(&life.key(round)).await.unwrap();
        };
        let (report, ()) = tokio::join!(backing_up, writing);
        let head = report.unwrap().head;
        assert!(before <= head && head <= life.journal().head());
        let verified = SledJournal::verify(&backup, &VerifyOptions::new(), |_| {}).unwrap();
        assert_eq!(verified.verdict, Verdict::Usable, "{:?}", verified.findings);
        let copy = life.options.open(&backup).unwrap();
        assert_eq!(copy.head(), head);
        let ours = said(life.journal(), head).await;
        for record in &said(&copy, head).await.records {
            // What was forgotten behind the end of the copy is still in it.
            let gone = record.machine == life.key(round);
            assert!(gone || ours.records.contains(record), "{record:?}");
        }
        drop(copy);
    }
}

#[tokio::test]
async fn what_is_forgotten_goes_from_the_backup_as_well() {
    let mut life = Life::new().await;
    life.take(Step::Append((0..15).map(|number| (number, 50)).collect())).await;
    life.take(Step::Snapshot(4, 7_000)).await;
    let backup = life.directory.path().join("backup");
    life.journal().backup(&backup, |_| {}).await.unwrap();
    let machine = life.key(4);
    life.journal().upkeep().forget(&machine).await.unwrap();
    let report = life.journal().backup(&backup, |_| {}).await.unwrap();
    assert_eq!((report.chunks_copied, report.chunks_kept), (1, 0));
    let copy = life.options.open(&backup).unwrap();
    let all = copy.read_all(Position(1), usize::MAX).await.unwrap();
    assert_eq!(all.len(), 12);
    assert!(all.iter().all(|record| record.machine != machine));
}

#[tokio::test]
async fn a_backup_that_is_cut_short_says_so_and_is_completed() {
    let mut life = Life::new().await;
    let backup = life.directory.path().join("backup");
    for round in 0..3 {
        life.take(Step::Trickle(round * 3, 40)).await;
        // It ends in the middle of its work, as by a kill: nothing is tidied up.
        let cut_short = life.journal().backup(&backup, |_| panic!("cut short")).await;
        assert!(matches!(cut_short, Err(BackupError::Storage { .. })), "{cut_short:?}");
        await_unlocked(&backup);
        let error = SledJournal::open(&backup).unwrap_err();
        assert!(matches!(error, OpenError::Incomplete { .. }), "{error}");
        let restored = life.directory.path().join("restored");
        let error = SledJournal::restore(&backup, restored, |_| {});
        assert!(matches!(error, Err(BackupError::Open(OpenError::Incomplete { .. }))), "{error:?}");
        check(&life, &backup).await;
    }
}

#[tokio::test]
async fn damage_is_found_by_backing_up_and_by_restoring() {
    let mut life = Life::new().await;
    // Enough that opening does not read where the damage will be.
    for _ in 0..50 {
        life.take(Step::Append((0..15).map(|number| (number, 20)).collect())).await;
    }
    let backup = life.directory.path().join("backup");
    life.journal().backup(&backup, |_| {}).await.unwrap();
    life.close();
    flip(&life.path(), 20, 60);
    life.reopen();
    let error = life.journal().backup(life.directory.path().join("new"), |_| {}).await;
    let Err(BackupError::Damaged { position, .. }) = error else { panic!("{error:?}") };
    assert_eq!(position, Position(301));
    flip(&backup, 10, 60);
    let restored = life.directory.path().join("restored");
    let error = SledJournal::restore(&backup, &restored, |_| {});
    let Err(BackupError::Damaged { position, .. }) = error else { panic!("{error:?}") };
    assert_eq!(position, Position(151));
    assert!(!restored.exists());
}

#[tokio::test]
async fn closing_does_not_wait_for_a_backup() {
    let mut life = Life::new().await;
    life.take(Step::Trickle(1, 99)).await;
    let backup = life.directory.path().join("backup");
    let (told, hears) = std::sync::mpsc::channel();
    let (lets, go) = std::sync::mpsc::channel::<()>();
    let backing_up = life.journal().backup(&backup, move |_| {
        // It goes on when the journal is being closed.
        told.send(()).ok();
        go.recv().ok();
    });
    let closing = async {
        tokio::task::spawn_blocking(move || hears.recv()).await.unwrap().unwrap();
        let closing = life.journal().close();
        while life.journal().reached(Position(u64::MAX)).await.is_ok() {}
        drop(lets);
        closing.await.unwrap();
    };
    let (report, ()) = tokio::join!(backing_up, closing);
    assert!(matches!(report, Err(BackupError::Closed)), "{report:?}");
}

#[tokio::test]
async fn another_journal_is_not_overwritten() {
    let mut life = Life::new().await;
    life.take(Step::Trickle(1, 30)).await;
    let backup = life.directory.path().join("backup");
    life.journal().backup(&backup, |_| {}).await.unwrap();
    let mut other = Life::new().await;
    other.take(Step::Trickle(2, 50)).await;
    let error = other.journal().backup(&backup, |_| {}).await.unwrap_err();
    assert!(matches!(error, BackupError::Other { .. }), "{error}");
    // Refused before anything is changed: it is a backup still.
    drop(life.options.open(&backup).unwrap());
    life.journal().backup(&backup, |_| {}).await.unwrap();

    // A copy that was written to has gone its own way.
    let copy = life.options.open(&backup).unwrap();
    let schema = copy.schema(fsm_core::journal::SchemaId(0)).unwrap();
    let kind = copy.register(&schema).await.unwrap();
    let mut batch = fsm_core::journal::Batch::new();
    let machine = fsm_core::journal::MachineKey::new(kind.kind, "strange");
    let (first, now) = (fsm_core::journal::Sequence(1), fsm_core::Timestamp::EPOCH);
    batch.push(machine, first, now, kind.schema, fsm_core::journal::Fact::Created, b"");
    copy.append(batch).await.unwrap();
    drop(copy);
    life.take(Step::Trickle(1, 30)).await;
    let error = life.journal().backup(&backup, |_| {}).await.unwrap_err();
    assert!(matches!(error, BackupError::Other { .. }), "{error}");
    assert_eq!(life.options.open(&backup).unwrap().head(), Position(31), "it is left alone");
}
