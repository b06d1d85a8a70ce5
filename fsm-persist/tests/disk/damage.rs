//! Flipped bits and overwritten sectors, anywhere in any file of a closed journal.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use fsm_core::journal::Journal;

use crate::campaign::{Campaign, directory, rounds};
use crate::examined::{append_next, examine_whole, register};
use crate::judge::Judge;
use crate::torn::copy;
use crate::workload::options;

/// A closed journal of a few openings, with runs in its index; how many records it has.
async fn write_closed(path: &Path, random: &mut Rng) -> u64 {
    let mut records = 0;
    for _ in 0..3 {
        let journal = options().checkpoint_records(random.u64(50..400)).open(path).unwrap();
        records = examine_whole(&journal, records, random).await.unwrap();
        register(&journal).await.unwrap();
        for _ in 0..random.u64(5..40) {
            records = append_next(&journal, records).await.unwrap();
        }
        journal.close().await.unwrap();
    }
    records
}

fn files(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut files: Vec<PathBuf> = files.map(|entry| entry.file_name().into()).collect();
    files.sort();
    files
}

/// Damages one file, and says how.
fn damage(path: &Path, random: &mut Rng) -> String {
    let files = files(path);
    // The log is by far the largest, and gets most of it.
    let name = match random.u8(..10) {
        0..6 => PathBuf::from("db"),
        _ => files[random.usize(..files.len())].clone(),
    };
    let mut bytes = fs::read(path.join(&name)).unwrap();
    let at = random.usize(..bytes.len());
    let what = match random.u8(..8) {
        0..6 => {
            let bit = random.u8(..8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at}")
        }
        6 => {
            let (from, to) = (at / 512 * 512, (at / 512 * 512 + 512).min(bytes.len()));
            bytes[from..to].fill(0);
            format!("zeros from {from}")
        }
        _ => {
            let (from, to) = (at / 512 * 512, (at / 512 * 512 + 512).min(bytes.len()));
            bytes[from..to].fill_with(|| random.u8(..));
            format!("noise from {from}")
        }
    };
    fs::write(path.join(&name), bytes).unwrap();
    format!("{}, {what}", name.display())
}

#[tokio::test]
async fn bits_that_flip_anywhere() {
    let name = "bits_that_flip_anywhere";
    let (mut campaign, mut random) = Campaign::begin(name);
    let mut judge = Judge::default();
    let scratch = directory();
    let (closed, damaged) = (scratch.path().join("closed"), scratch.path().join("damaged"));
    let mut records = 0;
    for round in 0..rounds(150) {
        if round % 300 == 0 {
            drop(fs::remove_dir_all(&closed));
            records = write_closed(&closed, &mut random).await;
        }
        copy(&closed, &damaged);
        let what = damage(&damaged, &mut random);
        let verdict = judge.judge(&damaged, records);
        campaign.rounds += 1;
        campaign.acknowledged += records;
        campaign.expect_told(&format!("round {round}, {what}"), verdict);
    }
    campaign.end();
}
