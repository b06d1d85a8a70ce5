//! A campaign: its rounds, its seed, and what it counts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, Once, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use fsm_faulty_disk::FaultyDisk;
use tempfile::TempDir;

use crate::examined::Fault;

/// Counts rounds, and says at the end what came of them.
pub(crate) struct Campaign {
    name: &'static str,
    seed: u64,
    pub(crate) rounds: u64,
    pub(crate) acknowledged: u64,
    lost: u64,
    undetected: u64,
    outcomes: BTreeMap<String, u64>,
    faults: Vec<String>,
}

/// So many faults are told in full.
const FAULTS_TOLD_MAX: usize = 5;

impl Campaign {
    /// One that begins, with the generator that everything in it follows from.
    pub(crate) fn begin(name: &'static str) -> (Self, Rng) {
        silence_sled();
        let seed = number("TORTURE_SEED").unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            now.as_secs() ^ u64::from(now.subsec_nanos()) << 8
        });
        println!("{name}: TORTURE_SEED={seed}");
        let campaign = Self {
            name,
            seed,
            rounds: 0,
            acknowledged: 0,
            lost: 0,
            undetected: 0,
            outcomes: BTreeMap::new(),
            faults: Vec::new(),
        };
        (campaign, Rng::with_seed(seed))
    }

    /// Counts what a round ended in.
    pub(crate) fn note(&mut self, outcome: impl Into<String>) {
        *self.outcomes.entry(outcome.into()).or_default() += 1;
    }

    /// Says how many of something there were.
    pub(crate) fn note_count(&mut self, what: &str, count: usize) {
        *self.outcomes.entry(what.to_owned()).or_default() += count as u64;
    }

    /// Counts a fault of the journal; `round` says how to meet it again.
    pub(crate) fn fault(&mut self, round: &str, fault: &Fault) {
        self.lost += fault.lost();
        self.undetected += fault.undetected();
        self.note(format!("FAULT, {}", fault.sort()));
        if self.faults.len() < FAULTS_TOLD_MAX {
            println!("{}: {round}: {fault:?}", self.name);
        }
        self.faults.push(format!("{round}: {fault:?}"));
    }

    /// Prints what was counted, and fails if anything was wrong.
    pub(crate) fn end(self) {
        let Self { name, seed, rounds, acknowledged, lost, undetected, .. } = &self;
        let outcomes: Vec<String> =
            self.outcomes.iter().map(|(what, count)| format!("{what}: {count}")).collect();
        println!(
            "CAMPAIGN | {name} | {rounds} rounds | {acknowledged} acknowledged | {lost} lost \
             | {undetected} undetected | seed {seed} | {}",
            outcomes.join(", ")
        );
        assert!(self.faults.is_empty(), "{} faults, as {}", self.faults.len(), self.faults[0]);
    }
}

/// So many rounds, more in a torture run.
pub(crate) fn rounds(everyday: u64) -> u64 {
    everyday.saturating_mul(number("TORTURE_ROUNDS").unwrap_or(1))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// A faulty disk, or `None` and a line that says why not.
pub(crate) fn disk(test: &str) -> Option<FaultyDisk> {
    match FaultyDisk::unavailable() {
        None => Some(FaultyDisk::mount().unwrap()),
        Some(why) => {
            skipped(test, &why);
            None
        }
    }
}

/// Says that a test is not run, and why.
pub(crate) fn skipped(test: &str, why: &str) {
    println!("SKIPPED: {test}: {why}");
}

/// A directory in memory, where syncing costs nothing, if there is one.
pub(crate) fn directory() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}

static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// What the last panic said, of any thread.
pub(crate) fn last_panic() -> String {
    LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// sled panics in its own threads when its disk fails. Thousands of those would bury the rest.
pub(crate) fn silence_sled() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.to_string();
            if !text.contains("sled-") {
                told(panic);
            }
            *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = text;
        }));
    });
}
