//! Appends, each synced before the next.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use fsm_core::journal::Batch;
use rustix::fs::syncfs;

use super::{MACHINES, PAYLOAD_BYTES};
use crate::measure::Effort;
use crate::report::Comparison;
use crate::stores::{Batches, Contestant, Failure, Standings, Store, Tally, check, shuffled};

/// How many events a commit has, and what share of the raw file's throughput is the goal.
const CASES: [(usize, Option<f64>); 4] =
    [(1, None), (16, Some(0.75)), (256, Some(0.5)), (4_096, Some(0.3))];

/// Runs all cases.
pub(super) fn run(directory: &Path, effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let mut comparisons = Vec::new();
    for (size, share) in CASES {
        let place = directory.join(format!("append-{size}"));
        comparisons.extend(appends(&place, size, share, effort)?);
        std::fs::remove_dir_all(&place)?;
    }
    Ok(comparisons)
}

fn appends(
    place: &Path,
    size: usize,
    share: Option<f64>,
    effort: Effort,
) -> Result<[Comparison; 3], Failure> {
    let rounds = effort.choose(5, 25);
    let commits = (effort.choose(16_000, 160_000) / size / 10).clamp(4, 150);
    let place_of = |contestant: Contestant| place.join(contestant.to_string());
    let mut stores = Vec::new();
    for contestant in Contestant::ALL.into_iter().chain(Contestant::INDEXED) {
        stores.push((contestant, contestant.open(&place_of(contestant))?));
    }
    let (mut source, mut written) = (Batches::new(MACHINES), Tally::default());
    let mut standings = Standings::default();
    // The first round pays for files and pages that later ones find there.
    for round in 0..=rounds {
        let batches = source.take(commits, size, PAYLOAD_BYTES);
        batches.iter().try_for_each(|batch| written.add_batch(batch))?;
        for at in shuffled(round, stores.len()) {
            let (contestant, store) = &mut stores[at];
            // Nobody pays for what the one before has left unwritten.
            syncfs(File::open(place)?)?;
            let nanos = time(&mut **store, batches.clone())
                .map_err(|error| format!("{contestant}: {error}"))?;
            if round > 0 {
                standings.add(*contestant, nanos / (commits * size) as f64);
            }
        }
    }
    for (contestant, store) in stores {
        store.close()?;
        check(&mut *contestant.open(&place_of(contestant))?, written)
            .map_err(|error| format!("{contestant}: {error}"))?;
    }
    let case = format!("append, {size} a commit");
    Ok([
        standings.beside_floor("journal", &case, "ns/event", share.map(|share| 1.0 / share)),
        standings.beside_engines("journal", &case, "ns/event"),
        standings.beside_indexed("journal", &case, "ns/event"),
    ])
}

fn time(store: &mut dyn Store, mut batches: Vec<Batch>) -> Result<f64, Failure> {
    let start = Instant::now();
    for batch in &mut batches {
        store.append(batch)?;
    }
    Ok(start.elapsed().as_nanos() as f64)
}
