//! Repairing: what is promised is done, what is not certain is refused, and what is cut is kept.

use std::fs;

use fsm_core::journal::{Journal, Position};
use fsm_persist::{
    OpenError, Part, RepairError, RepairOptions, SledJournal, Verdict, VerifyOptions, VerifyReport,
};

use crate::damage::{change, flip, slots};
use crate::life::{Life, Step, said};

/// A closed journal of single commits, and everything that it said.
async fn life() -> (Life, crate::life::Said) {
    let mut life = Life::new().await;
    for number in [1, 2, 5, 9] {
        life.take(Step::Trickle(number, 20)).await;
    }
    life.take(Step::Snapshot(1, 9_000)).await;
    life.take(Step::Move(1, 500)).await;
    let head = life.journal().head();
    let said = said(life.journal(), head).await;
    life.close();
    (life, said)
}

fn verify(life: &Life) -> VerifyReport {
    SledJournal::verify(life.path(), &VerifyOptions::new(), |_| {}).unwrap()
}

fn repair(life: &Life, accept: bool) -> Result<fsm_persist::RepairReport, RepairError> {
    SledJournal::repair(life.path(), &RepairOptions::new().accept_loss(accept), |_| {})
}

fn parts(report: &VerifyReport) -> Vec<Part> {
    report.findings.iter().map(|finding| finding.part).collect()
}

#[tokio::test]
async fn a_torn_end_that_was_durable_is_cut_by_name_only() {
    let (mut life, before) = life().await;
    let last = *slots(&life.path()).last().unwrap();
    flip(&life.path(), last, 70);
    let error = life.options.open(life.path()).unwrap_err();
    assert!(error.to_string().contains("SledJournal::repair"), "{error}");
    let report = verify(&life);
    assert_eq!(report.verdict, Verdict::Repairable, "{:?}", report.findings);
    assert!(parts(&report).contains(&Part::Tail));

    let head = before.head;
    let refused = repair(&life, false).unwrap_err();
    assert!(matches!(refused, RepairError::WouldLose { .. }), "{refused}");
    let report = repair(&life, true).unwrap();
    assert_eq!(report.cut, Some((head, head)));
    assert_eq!(report.cursors_moved, [("cursor 1".to_owned(), head)]);
    let kept = fs::read_to_string(report.kept_in.unwrap()).unwrap();
    assert!(kept.contains(&format!(r#""part":"log","key":"{last}""#)), "{kept}");

    assert!(verify(&life).is_clean(), "{:?}", verify(&life).findings);
    life.reopen();
    let kept = Position(head.0 - 1);
    let after = said(life.journal(), head).await;
    assert_eq!((after.head, &after.records[..]), (kept, &before.records[..head.0 as usize - 1]));
    // It goes on.
    life.take(Step::Trickle(9, 5)).await;
    life.take(Step::Trickle(14, 5)).await;
    life.close();
    assert!(verify(&life).is_clean());
}

#[tokio::test]
async fn a_torn_end_that_nobody_was_promised_is_cut() {
    let (mut life, before) = life().await;
    let mark = fs::read(life.path().join("head")).unwrap();
    life.reopen();
    life.take(Step::Trickle(3, 3)).await;
    life.close();
    // The mark of before: the last records were not synced.
    fs::write(life.path().join("head"), mark).unwrap();
    let last = *slots(&life.path()).last().unwrap();
    change(&life.path(), "log", |log| {
        log.insert(last.to_be_bytes(), b"C\x01torn").unwrap();
    });
    let report = repair(&life, false).unwrap();
    let head = Position(before.head.0 + 2);
    assert_eq!((report.head, report.head_rewritten), (head, false));
    assert_eq!(report.cut, Some((Position(head.0 + 1), Position(head.0 + 1))));
    life.reopen();
    assert_eq!(said(life.journal(), before.head).await.records, before.records);
    assert_eq!(life.journal().head(), head);
}

#[tokio::test]
async fn a_lost_end_is_given_up_by_name_only() {
    let (mut life, before) = life().await;
    let written = slots(&life.path());
    change(&life.path(), "log", |log| {
        for slot in &written[written.len() - 4..] {
            log.insert(slot.to_be_bytes(), &[]).unwrap();
        }
    });
    let error = life.options.open(life.path()).unwrap_err();
    assert!(matches!(error, OpenError::Behind { missing: 4, .. }), "{error}");
    assert!(error.to_string().contains("accept_loss(true)"), "{error}");
    assert_eq!(verify(&life).verdict, Verdict::Repairable);
    assert!(matches!(repair(&life, false), Err(RepairError::WouldLose { .. })));
    let report = repair(&life, true).unwrap();
    assert_eq!(report.cut, Some((Position(before.head.0 - 3), before.head)));
    assert!(report.head_rewritten);
    assert!(verify(&life).is_clean());
    life.reopen();
    assert_eq!(life.journal().head(), Position(before.head.0 - 4));
}

#[tokio::test]
async fn damage_before_valid_records_is_refused_and_located() {
    let (life, _) = life().await;
    let written = slots(&life.path());
    flip(&life.path(), written[30], 60);
    let report = verify(&life);
    assert_eq!(report.verdict, Verdict::NeedsSalvage);
    let found = &report.findings[0];
    assert_eq!((found.part, found.slot), (Part::Log, Some(written[30])));
    assert_eq!(found.position, Some(Position(31)));
    // The machine whose record is there, and its space, do not go on.
    assert!(parts(&report).contains(&Part::History) && parts(&report).contains(&Part::Space));
    let refused = repair(&life, true).unwrap_err();
    let RepairError::NeedsSalvage { position, .. } = &refused else { panic!("{refused}") };
    assert_eq!(*position, Some(Position(31)));
    assert!(refused.to_string().contains("SledJournal::salvage"), "{refused}");
    assert_eq!(verify(&life), report, "nothing was changed");
}

#[tokio::test]
async fn what_the_log_rebuilds_is_rebuilt() {
    let (mut life, before) = life().await;
    let index = |index: &sled::Tree| {
        let block = index.scan_prefix("r").next().unwrap().unwrap().0;
        index.insert(block, b"nonsense").unwrap();
    };
    let snapshot = |snapshots: &sled::Tree| {
        let (key, value) = snapshots.iter().next().unwrap().unwrap();
        snapshots.insert(key, [&value[..], b"!"].concat()).unwrap();
    };
    let cursor = |cursors: &sled::Tree| {
        cursors.insert("cursor 1", b"nonsense").unwrap();
    };
    life.reopen();
    for number in 0..15 {
        life.take(Step::Trickle(number, 40)).await;
    }
    life.close();
    type Damage<'a> = (&'a str, &'a dyn Fn(&sled::Tree), Part);
    let damages: [Damage<'_>; 3] = [
        ("index", &index, Part::Index),
        ("snapshot", &snapshot, Part::Snapshot),
        ("cursor", &cursor, Part::Cursor),
    ];
    for (tree, damage, part) in damages {
        change(&life.path(), tree, damage);
        let report = verify(&life);
        assert_eq!((report.verdict, parts(&report)), (Verdict::Repairable, vec![part]));
        let repaired = repair(&life, false).unwrap();
        assert_eq!(repaired.index_rebuilt, part == Part::Index);
        assert_eq!(repaired.snapshots_dropped, u64::from(part == Part::Snapshot));
        assert_eq!(repaired.cursors_dropped.len(), usize::from(part == Part::Cursor));
        assert_eq!(repaired.kept_in.is_some(), part == Part::Cursor);
        assert!(verify(&life).is_clean());
    }
    life.reopen();
    assert_eq!(said(life.journal(), before.head).await.records, before.records);
}

#[tokio::test]
async fn an_unreadable_head_is_written_from_the_log_by_name_only() {
    let (mut life, before) = life().await;
    let head = life.path().join("head");
    fs::write(&head, "nonsense").unwrap();
    let error = life.options.open(life.path()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert_eq!(parts(&verify(&life)), [Part::Head]);
    assert!(matches!(repair(&life, false), Err(RepairError::WouldLose { .. })));
    let report = repair(&life, true).unwrap();
    assert!(report.head_rewritten && report.cut.is_none());
    life.reopen();
    assert_eq!(said(life.journal(), before.head).await, before);
}

#[tokio::test]
async fn wrong_heads_in_the_index_are_found_and_built_anew() {
    let (mut life, _) = life().await;
    life.reopen();
    for number in 0..15 {
        life.take(Step::Trickle(number, 80)).await;
    }
    life.close();
    change(&life.path(), "index", |index| {
        // Of the newest run, so that it counts.
        let (key, value) = index.scan_prefix("r").next_back().unwrap().unwrap();
        let mut value = value.to_vec();
        // The last entry's sequence; the checksum is right.
        *value.last_mut().unwrap() -= 1;
        let crc = crc32c::crc32c_append(crc32c::crc32c(&key), &value[4..]);
        value[..4].copy_from_slice(&crc.to_le_bytes());
        index.insert(key, value).unwrap();
    });
    let report = verify(&life);
    assert_eq!((report.verdict, parts(&report)), (Verdict::Repairable, vec![Part::Index]));
    assert!(repair(&life, false).unwrap().index_rebuilt);
    assert!(verify(&life).is_clean());
}

#[tokio::test]
async fn a_file_where_none_belongs_is_found() {
    let (life, _) = life().await;
    fs::write(life.path().join("blobs/7"), "a blob").unwrap();
    let report = verify(&life);
    assert_eq!((report.verdict, parts(&report)), (Verdict::Usable, vec![Part::Files]));
}
