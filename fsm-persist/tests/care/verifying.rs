//! A journal that was never damaged is clean, whatever it has lived through; open and closed.

use fsm_core::journal::Journal;
use fsm_persist::{OpenError, SledJournal, Verdict, VerifyOptions};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::damage::{flip, slots};
use crate::life::{Life, Said, Step, said, step};

async fn live(steps: Vec<Step>) {
    let mut life = Life::new().await;
    for step in steps {
        life.take(step).await;
    }
    // Few machines at a time, so that the log is read several times.
    for machines_max in [3, 1_000] {
        let options = VerifyOptions::new().machines_max(machines_max);
        let head = life.journal().head();
        let open = life.journal().verify_open(&options, |_| {}).await.unwrap();
        assert!(open.is_clean(), "{:?}", open.findings);
        life.close();
        let closed = SledJournal::verify(life.path(), &options, |_| {}).unwrap();
        assert!(closed.is_clean(), "{:?}", closed.findings);
        assert_eq!((closed.verdict, closed.head), (Verdict::Usable, head));
        assert_eq!((closed.records + closed.erased, closed.machines), (head.0, open.machines));
        assert_eq!((closed.records, closed.snapshots), (open.records, open.snapshots));
        assert!(machines_max > 3 || closed.machines <= 3 || closed.passes > 1);
        life.reopen();
        let read = life.journal().read_all(fsm_core::journal::Position(1), usize::MAX).await;
        assert_eq!(read.unwrap().len() as u64, closed.records);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn what_was_never_damaged_is_clean(steps in prop::collection::vec(step(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(live(steps));
    }
}

/// Lives, and closes the journal; what it said.
async fn lived(steps: Vec<Step>) -> (Life, Said) {
    let mut life = Life::new().await;
    life.take(Step::Trickle(3, 5)).await;
    for step in steps {
        life.take(step).await;
    }
    let head = life.journal().head();
    let said = said(life.journal(), head).await;
    life.close();
    (life, said)
}

async fn flipped_in_a_value(steps: Vec<Step>, slot: Index, at: Index) {
    let (life, _) = lived(steps).await;
    let slots = slots(&life.path());
    flip(&life.path(), slots[slot.index(slots.len())], at.index(6_000));
    let report = SledJournal::verify(life.path(), &VerifyOptions::new(), |_| {}).unwrap();
    assert!(report.verdict > Verdict::Usable, "{report:?}");
}

async fn flipped_in_the_file(steps: Vec<Step>, flips: Vec<(Index, u8)>) {
    let (mut life, before) = lived(steps).await;
    let db = life.path().join("db");
    let mut bytes = std::fs::read(&db).unwrap();
    let written = bytes.iter().rposition(|&byte| byte != 0).unwrap();
    for (at, bit) in flips {
        bytes[at.index(written)] ^= 1 << bit;
    }
    std::fs::write(&db, bytes).unwrap();
    let options = VerifyOptions::new().patience(std::time::Duration::from_secs(60));
    let report = SledJournal::verify(life.path(), &options, |_| {}).unwrap();
    // What was flipped may be of no use any more; then nothing may be missing.
    if report.is_clean() {
        life.reopen();
        let after = said(life.journal(), before.head).await;
        assert_eq!((after.records, after.machines), (before.records, before.machines));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_in_a_value_is_found(
        steps in prop::collection::vec(step(), 1..20),
        slot: Index,
        at: Index,
    ) {
        let test = flipped_in_a_value(steps, slot, at);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
    }

    #[test]
    fn what_is_clean_after_bits_were_flipped_in_the_file_is_whole(
        steps in prop::collection::vec(step(), 1..20),
        flips in prop::collection::vec((any::<Index>(), 0..8u8), 1..6),
    ) {
        let test = flipped_in_the_file(steps, flips);
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_clean_while_it_is_written_merged_and_erased() {
    let mut life = Life::new().await;
    for number in 0..15 {
        life.take(Step::Trickle(number, 40)).await;
    }
    for round in 0..6 {
        let (options, told) = (VerifyOptions::new().machines_max(4), |_| {});
        let verifying = life.journal().verify_open(&options, told);
        let writing = async {
            for number in 0..15u8 {
                life.append(&[(number, 20), ((number + round) % 15, 30)], false).await;
            }
            life.journal().merge().await.unwrap();
            life.journal().upkeep().forget(&life.key(round)).await.unwrap();
        };
        let (report, ()) = tokio::join!(verifying, writing);
        let report = report.unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
    }
}

#[tokio::test]
async fn an_open_journal_and_no_journal_are_told_apart() {
    let life = Life::new().await;
    let options = VerifyOptions::new();
    let error = SledJournal::verify(life.path(), &options, |_| {}).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    let nothing = life.directory.path().join("nothing");
    let error = SledJournal::verify(&nothing, &options, |_| {}).unwrap_err();
    assert!(matches!(error, OpenError::NoJournal { .. }), "{error}");
    assert!(!nothing.exists());
}
