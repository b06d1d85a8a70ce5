//! Salvaging: everything that is whole, nothing else, and every loss named; also out of the raw
//! file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fsm_core::journal::{Fact, Journal, MachineKey, Position, Record, Sequence};
use fsm_persist::{
    OpenError, SalvageError, SalvageOptions, SalvageReport, SledJournal, Verdict, VerifyOptions,
};
use proptest::prelude::*;

use crate::damage::{change, flip};
use crate::life::{Life, Said, Step, said, step};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
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

fn salvage(life: &Life, options: &SalvageOptions) -> (PathBuf, SalvageReport) {
    let to = life.directory.path().join("salvaged");
    fs::remove_dir_all(&to).ok();
    let report = SledJournal::salvage(life.path(), &to, options, |_| {}).unwrap();
    let verified = SledJournal::verify(&to, &VerifyOptions::new(), |_| {}).unwrap();
    assert!(verified.is_clean(), "{:?}", verified.findings);
    assert_eq!((verified.records, verified.head), (report.records, report.head));
    (to, report)
}

async fn read(life: &Life, path: &Path) -> Said {
    let journal = life.options.open(path).unwrap();
    said(&journal, journal.head()).await
}

/// The chunks of a closed journal: the slot, and the positions.
fn chunks(path: &Path) -> Vec<(u64, std::ops::Range<u64>)> {
    let mut chunks = Vec::new();
    change(path, "log", |log| {
        for pair in log {
            let (key, value) = pair.unwrap();
            if matches!(value.first(), Some(b'C' | b'R')) {
                let word = |at: usize| u64::from_le_bytes(value[at..at + 8].try_into().unwrap());
                let (first, count) = (word(32), word(28) & u64::from(u32::MAX));
                let slot = u64::from_be_bytes(key.as_ref().try_into().unwrap());
                chunks.push((slot, first..first + count));
            }
        }
    });
    chunks
}

/// Of a machine's records, those that are to be kept when those that are lost are gone.
fn kept(history: &[Record], is_lost: impl Fn(&Record) -> bool) -> Vec<Record> {
    let mut kept: Vec<Record> = Vec::new();
    let mut is_broken = false;
    for (at, record) in history.iter().enumerate() {
        let is_base = matches!(record.fact, Fact::Base { .. });
        if is_lost(record) {
            is_broken = history[at..].iter().any(|later| !is_lost(later)) || is_broken;
            if is_broken {
                kept.clear();
            }
        } else if is_broken && (is_base || record.sequence.0 == 1) {
            is_broken = false;
            kept.push(record.clone());
        } else if !is_broken {
            kept.push(record.clone());
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_is_whole_is_salvaged_and_what_is_lost_is_named(
        steps in prop::collection::vec(step(), 1..30),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 4..6_000usize), 0..4),
    ) {
        block_on(async {
            let (life, before) = lived(steps).await;
            let chunks = chunks(&life.path());
            let mut lost = Vec::new();
            for (index, at) in damages {
                let (slot, positions) = &chunks[index.index(chunks.len())];
                if !lost.contains(positions) {
                    flip(&life.path(), *slot, at);
                    lost.push(positions.clone());
                }
            }
            let is_lost =
                |record: &Record| lost.iter().any(|range| range.contains(&record.position.0));
            let (to, report) = salvage(&life, &SalvageOptions::new().machines_max(4));
            let after = read(&life, &to).await;
            let mut expected: BTreeMap<MachineKey, Vec<Record>> = BTreeMap::new();
            for (machine, history) in &before.machines {
                let kept = kept(history, is_lost);
                let has_hole = report.losses.iter().any(|loss| {
                    loss.machine.as_ref() == Some(machine)
                });
                let is_whole = !history.iter().any(is_lost);
                assert!(is_whole <= !has_hole, "{machine} has lost nothing");
                if !kept.is_empty() {
                    expected.insert(machine.clone(), kept);
                }
            }
            assert_eq!(&after.machines, &expected);
            if lost.is_empty() {
                assert_eq!((&after.records, after.head), (&before.records, before.head));
            }
        });
    }

    // Few steps, and none that merges: of merged chunks carving does not find all yet.
    #[test]
    fn carving_finds_what_sled_finds(mut steps in prop::collection::vec(step(), 1..4)) {
        steps.retain(|step| !matches!(step, Step::Merge));
        block_on(async {
            let (life, before) = lived(steps).await;
            let (to, report) = salvage(&life, &SalvageOptions::new().carve(true));
            assert!(report.losses.is_empty() && report.holes.is_empty(), "{report:?}");
            assert!(report.carved.is_some());
            let after = read(&life, &to).await;
            assert_eq!((&after.records, after.head), (&before.records, before.head));
            assert_eq!(after.machines, before.machines);
        });
    }

    #[test]
    fn flipped_bits_in_the_raw_file_make_nothing_up(
        steps in prop::collection::vec(step(), 1..20),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8u8), 1..12),
    ) {
        block_on(async {
            let (life, before) = lived(steps).await;
            let db = life.path().join("db");
            let mut bytes = fs::read(&db).unwrap();
            // Where something is written: the rest of the file is empty.
            let written = bytes.iter().rposition(|&byte| byte != 0).unwrap();
            for (at, bit) in flips {
                bytes[at.index(written)] ^= 1 << bit;
            }
            fs::write(&db, &bytes).unwrap();
            let options = SalvageOptions::new().carve(true);
            let to = life.directory.path().join("salvaged");
            match SledJournal::salvage(life.path(), &to, &options, |_| {}) {
                Ok(_) => {}
                Err(SalvageError::NoKinds { .. }) => return,
                Err(error) => panic!("{error}"),
            }
            let verified = SledJournal::verify(&to, &VerifyOptions::new(), |_| {}).unwrap();
            assert!(verified.is_clean(), "{:?}", verified.findings);
            for (machine, history) in read(&life, &to).await.machines {
                let Some(known) = before.machines.get(&machine) else { continue };
                for record in &history {
                    assert!(known.contains(record) || record.position < known[0].position);
                }
            }
            // Verifying the damaged directory ends, whatever sled makes of it.
            fs::write(&db, &bytes).unwrap();
            SledJournal::verify(life.path(), &VerifyOptions::new(), |_| {}).unwrap();
        });
    }
}

/// Two machines in commits of their own, and one between them that is damaged.
async fn with_a_hole() -> (Life, MachineKey, MachineKey) {
    let mut life = Life::new().await;
    for _ in 0..10 {
        life.take(Step::Append(vec![(0, 30)])).await;
        life.take(Step::Append(vec![(3, 30)])).await;
    }
    let machines = (life.key(0), life.key(3));
    life.journal().cursors().save("reader", Position(20)).await.unwrap();
    life.close();
    let chunks = chunks(&life.path());
    flip(&life.path(), chunks[4].0, 60);
    (life, machines.0, machines.1)
}

#[tokio::test]
async fn a_machine_with_a_hole_is_kept_up_to_it_if_asked() {
    let (life, broken, whole) = with_a_hole().await;
    for up_to_hole in [false, true] {
        let options = SalvageOptions::new().keep_up_to_hole(up_to_hole);
        let (to, report) = salvage(&life, &options);
        let journal = life.options.open(&to).unwrap();
        assert_eq!(journal.read(&whole, Sequence(1), usize::MAX).await.unwrap().len(), 10);
        let kept = journal.read(&broken, Sequence(1), usize::MAX).await.unwrap();
        assert_eq!(kept.len(), if up_to_hole { 2 } else { 0 });
        let [loss] = &report.losses[..] else { panic!("{report:?}") };
        assert_eq!(loss.machine.as_ref(), Some(&broken));
        assert_eq!(loss.missing, [(Sequence(3), Sequence(3))]);
        assert_eq!(loss.kept, up_to_hole.then_some((Sequence(1), Sequence(2))));
        assert_eq!(report.holes, [(Position(5), Position(5))]);
        assert_eq!(report.dropped, if up_to_hole { 7 } else { 9 });
        // Positions are what they were, and cursors mean what they meant.
        assert_eq!(journal.head(), Position(20));
        assert_eq!(journal.cursors().load("reader").await.unwrap(), Some(Position(20)));
        let all = journal.read_all(Position(19), 10).await.unwrap();
        assert_eq!(all[all.len() - 1].machine, whole);
    }
}

#[tokio::test]
async fn a_database_that_sled_cannot_open_is_carved() {
    let (life, broken, whole) = with_a_hole().await;
    // Without its page table and the beginning of its log, sled finds nothing at all.
    for entry in fs::read_dir(life.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("snap.") {
            fs::remove_file(path).unwrap();
        }
    }
    let mut bytes = fs::read(life.path().join("db")).unwrap();
    bytes[..60].fill(0xAA);
    fs::write(life.path().join("db"), bytes).unwrap();
    let (to, report) = salvage(&life, &SalvageOptions::new());
    assert!(report.carved.is_some());
    let journal = life.options.open(&to).unwrap();
    // The flipped bit was written behind the chunk that was whole, which is there still.
    for machine in [broken, whole] {
        assert_eq!(journal.read(&machine, Sequence(1), usize::MAX).await.unwrap().len(), 10);
    }
    let left = fs::read_dir(life.directory.path()).unwrap().count();
    assert_eq!(left, 2, "the journal and what was salvaged");
    let report = SledJournal::verify(life.path(), &VerifyOptions::new(), |_| {}).unwrap();
    assert_eq!(report.verdict, Verdict::NeedsSalvage);
    let error = life.options.open(life.path()).unwrap_err();
    assert!(matches!(error, OpenError::Behind { .. } | OpenError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn without_schemas_a_backup_is_asked_for() {
    let mut life = Life::new().await;
    life.take(Step::Trickle(3, 20)).await;
    let backup = life.directory.path().join("backup");
    life.journal().backup(&backup, |_| {}).await.unwrap();
    life.take(Step::Trickle(3, 20)).await;
    let head = life.journal().head();
    let before = said(life.journal(), head).await;
    life.close();
    change(&life.path(), "meta", |meta| {
        for key in meta.scan_prefix("schema/").keys() {
            meta.remove(key.unwrap()).unwrap();
        }
    });
    let to = life.directory.path().join("salvaged");
    let error = SledJournal::salvage(life.path(), &to, &SalvageOptions::new(), |_| {});
    assert!(matches!(error, Err(SalvageError::NoKinds { .. })), "{error:?}");
    let (to, _) = salvage(&life, &SalvageOptions::new().kinds_from(&backup));
    assert_eq!(read(&life, &to).await.records, before.records);
}
