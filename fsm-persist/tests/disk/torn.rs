//! Writes that are torn: the last batches are kept up to each of their bytes, in order, as the disk
//! was when their sync began; and files that end at each of those bytes.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use fsm_core::journal::Journal;
use fsm_faulty_disk::{Moment, Survival};

use crate::campaign::{Campaign, directory, disk, rounds};
use crate::examined::{append_next, register};
use crate::judge::Judge;
use crate::workload::options;

/// The moments before the syncs of the last batches, with all that was acknowledged before.
async fn moments(name: &str, random: &mut Rng) -> Option<Vec<Moment>> {
    let disk = disk(name)?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    disk.watch(Arc::clone(&acknowledged));
    let journal = options().open(disk.path().join("journal")).unwrap();
    register(&journal).await.unwrap();
    let mut records = 0;
    let batches = random.u64(20..60);
    for number in 0..batches {
        if number + 6 == batches {
            disk.keep_moments(8);
        }
        records = append_next(&journal, records).await.unwrap();
        acknowledged.store(records, Ordering::SeqCst);
    }
    drop(journal);
    let moments: Vec<Moment> =
        disk.moments().into_iter().filter(|moment| moment.path.ends_with("db")).collect();
    assert!(moments.len() >= 4, "{moments:?}");
    Some(moments)
}

#[tokio::test]
async fn writes_that_are_torn_at_any_byte() {
    let name = "writes_that_are_torn_at_any_byte";
    let (mut campaign, mut random) = Campaign::begin(name);
    let mut judge = Judge::default();
    let scratch = directory();
    let Some(moments) = moments(name, &mut random).await else { return };
    // Every place at which one of the moments can be torn, the last ones first.
    let places = moments.iter().rev().flat_map(|moment| {
        let changes = moment.volume.unsynced();
        let torn = changes.into_iter().enumerate().flat_map(|(at, bytes)| {
            (0..bytes.max(1)).map(move |bytes| Survival::First { changes: at, bytes })
        });
        torn.chain([Survival::All]).map(move |survival| (moment, survival))
    });
    let mut places: Vec<_> = places.collect();
    campaign.note_count("places", places.len());
    sample(&mut places, rounds(60), &mut random);
    for (moment, survival) in places {
        moment.volume.image(survival).write_to(&scratch.path().join("disk")).unwrap();
        let path = scratch.path().join("disk/journal");
        let verdict = judge.judge(&path, moment.witnessed);
        campaign.rounds += 1;
        campaign.acknowledged += moment.witnessed;
        campaign.expect_whole(&format!("{survival:?}"), verdict);
    }
    campaign.end();
}

#[tokio::test]
async fn moments_that_are_torn_by_sectors() {
    let name = "moments_that_are_torn_by_sectors";
    let (mut campaign, mut random) = Campaign::begin(name);
    let mut judge = Judge::default();
    let scratch = directory();
    let mut left = rounds(60);
    while left > 0 {
        let Some(moments) = moments(name, &mut random).await else { return };
        for _ in 0..left.min(120) {
            let moment = &moments[random.usize(..moments.len())];
            let survival = Survival::Random { seed: random.u64(..) };
            moment.volume.image(survival).write_to(&scratch.path().join("disk")).unwrap();
            let path = scratch.path().join("disk/journal");
            let verdict = judge.judge(&path, moment.witnessed);
            campaign.rounds += 1;
            campaign.acknowledged += moment.witnessed;
            campaign.expect_whole(&format!("{survival:?}"), verdict);
        }
        left = left.saturating_sub(120);
    }
    campaign.end();
}

/// A file that lost its end: the mark knows what is missing.
#[tokio::test]
async fn files_that_end_at_any_byte() {
    let name = "files_that_end_at_any_byte";
    let (mut campaign, mut random) = Campaign::begin(name);
    let mut judge = Judge::default();
    let scratch = directory();
    let closed = scratch.path().join("closed");
    let (before, records) = write_closed(&closed).await;
    let all = std::fs::metadata(closed.join("db")).unwrap().len();
    let head = std::fs::metadata(closed.join("head")).unwrap().len();
    let mut places: Vec<(&str, u64)> = (before..all).rev().map(|length| ("db", length)).collect();
    campaign.note_count("places", places.len());
    sample(&mut places, rounds(60), &mut random);
    // An empty `head` is one that was just created: the log is then believed.
    let mut heads: Vec<u64> = (0..head).collect();
    random.shuffle(&mut heads);
    places.extend(heads.into_iter().take(rounds(20) as usize).map(|length| ("head", length)));
    for (name, length) in places {
        let path = scratch.path().join("cut");
        copy(&closed, &path);
        let file = OpenOptions::new().write(true).open(path.join(name)).unwrap();
        file.set_len(length).unwrap();
        drop(file);
        let verdict = judge.judge(&path, records);
        campaign.rounds += 1;
        campaign.acknowledged += records;
        campaign.expect_told(&format!("{name} of {length} bytes"), verdict);
    }
    campaign.end();
}

/// Some of the places, anywhere; or the first so many, when that is a good part of them.
fn sample<T>(places: &mut Vec<T>, count: u64, random: &mut Rng) {
    if (count as usize) < places.len() / 20 {
        random.shuffle(places);
    }
    places.truncate(count as usize);
}

/// A closed journal: how long `db` was before its last batches, and how many records it has.
async fn write_closed(path: &Path) -> (u64, u64) {
    let journal = options().open(path).unwrap();
    register(&journal).await.unwrap();
    let (mut records, mut before) = (0, 0);
    for number in 0..60 {
        if number == 54 {
            before = std::fs::metadata(path.join("db")).unwrap().len();
        }
        records = append_next(&journal, records).await.unwrap();
    }
    journal.close().await.unwrap();
    (before, records)
}

/// Copies a directory, in place of what is there.
pub(crate) fn copy(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
