//! What appended events leave on the disk and in memory.
//!
//! Each contestant has a process of its own, so that none lives in what another let go of. It
//! appends, says how much more of it is in memory than before it opened the store, closes the
//! store, says what is on the disk, opens it again and reads everything back.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{MACHINES, PAYLOAD_BYTES};
use crate::child::{Task, ask};
use crate::measure::Effort;
use crate::report::Comparison;
use crate::stores::{Batches, Contestant, Failure, Standings, Tally, check, disk_bytes};
use crate::usage::resident_bytes;

/// A case.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// How many events a commit has.
    size: usize,
    /// How many commits there are.
    quick: usize,
    full: usize,
    /// How much more than the raw file ours may take on the disk.
    goal: Option<f64>,
    note: &'static str,
}

const CASES: [Case; 4] = [
    // The goal is what is left when small chunks have been merged; see `Ours::settle`.
    Case { size: 1, quick: 3_000, full: 100_000, goal: Some(2.0), note: ", merged" },
    Case { size: 16, quick: 2_000, full: 15_000, goal: None, note: "" },
    Case { size: 256, quick: 400, full: 4_000, goal: Some(1.4), note: "" },
    Case { size: 4_096, quick: 40, full: 250, goal: None, note: "" },
];

/// Appends to be made by a process of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Filling {
    contestant: Contestant,
    place: PathBuf,
    size: usize,
    commits: usize,
}

/// What they left.
#[derive(Debug, Serialize, Deserialize)]
struct Footprint {
    resident_bytes: f64,
    disk_bytes: f64,
}

/// Runs all cases.
pub(super) fn run(directory: &Path, effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let mut comparisons = Vec::new();
    for Case { size, quick, full, goal, note } in CASES {
        let commits = effort.choose(quick, full);
        let events = size * commits;
        let (mut disk, mut memory) = (Standings::default(), Standings::default());
        for contestant in Contestant::ALL {
            let place = directory.join(format!("fill-{size}-{contestant}"));
            let filling = Filling { contestant, place: place.clone(), size, commits };
            let left: Footprint = ask(&Task::Fill(filling))?;
            std::fs::remove_dir_all(place)?;
            disk.add(contestant, left.disk_bytes / events as f64);
            memory.add(contestant, left.resident_bytes / f64::from(1 << 20));
        }
        let case = format!("disk, {events} events, {size} a commit{note}");
        comparisons.push(disk.beside_floor("journal", &case, "bytes/event", goal));
        let case = format!("memory, {events} events, {size} a commit");
        comparisons.push(memory.beside_best("journal", &case, "MiB"));
    }
    Ok(comparisons)
}

impl Filling {
    /// Makes the appends, and says what they left.
    ///
    /// # Errors
    ///
    /// If the contestant fails, or reads back something else than was written.
    pub(crate) fn perform(&self) -> Result<impl Serialize + use<>, Failure> {
        let (mut source, mut written) = (Batches::new(MACHINES), Tally::default());
        let before = resident_bytes()?;
        let mut store = self.contestant.open(&self.place)?;
        for _ in 0..self.commits {
            let mut batch = source.batch(self.size, PAYLOAD_BYTES);
            written.add_batch(&batch)?;
            store.append(&mut batch)?;
        }
        let resident_bytes = resident_bytes()?.saturating_sub(before) as f64;
        store.settle()?;
        store.close()?;
        let disk_bytes = disk_bytes(&self.place)? as f64;
        check(&mut *self.contestant.open(&self.place)?, written)?;
        Ok(Footprint { resident_bytes, disk_bytes })
    }
}
