//! The run: everyone replays the same events, in another order each round.

use std::path::{Path, PathBuf};
use std::time::Instant;

use fsm_core::journal::MachineKey;

use super::Orders;
use super::applied::{Applied, Outcome};
use crate::measure::Effort;
use crate::report::Comparison;
use crate::stores::{Contestant, Failure, Seen, Standings, Store, Tally, check, shuffled};
use crate::usage::process_time;

/// What an event may cost at most: 3,000,000 a second a core.
const NANOS_MAX: f64 = 1e9 / 3e6;
/// How many events a commit had that are replayed.
const SIZE: usize = 256;
/// How many orders the whole log is of.
const ORDERS: usize = 1_000;

/// What is replayed.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    orders: usize,
    events: usize,
}

/// Runs both cases in a directory of their own below `disk`.
///
/// # Errors
///
/// If a contestant fails, or comes to something else than the others.
pub(crate) fn run(disk: &Path, effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let directory = tempfile::Builder::new().prefix("fsm-bench-").tempdir_in(disk)?;
    let whole =
        Case { name: "whole log", orders: ORDERS, events: effort.choose(200_000, 2_000_000) };
    let one = Case { name: "one machine", orders: 1, events: 100_000 };
    let mut comparisons = Vec::new();
    for case in [whole, one] {
        let place = directory.path().join(case.orders.to_string());
        comparisons.extend(replays(&place, case, effort)?);
        std::fs::remove_dir_all(&place)?;
    }
    Ok(comparisons)
}

fn replays(place: &Path, case: Case, effort: Effort) -> Result<[Comparison; 3], Failure> {
    let first = Orders::new(case.orders).first().clone();
    let machine = (case.orders == 1).then_some(&first);
    let mut stores = Vec::new();
    let mut expected = None;
    for contestant in Contestant::ALL {
        let (store, outcome) = filled(contestant, place.join(contestant.to_string()), case)
            .map_err(|error| format!("{contestant}: {error}"))?;
        expected.get_or_insert(outcome);
        stores.push((contestant, store));
    }
    let (mut processor, mut wall) = (Standings::default(), Standings::default());
    // The first round pays for memory and code that the later ones find there.
    for round in 0..=effort.choose(3, 11) {
        for at in shuffled(round, stores.len()) {
            let (contestant, store) = &mut stores[at];
            let (before, start) = (process_time(), Instant::now());
            let applied =
                replay(&mut **store, machine).map_err(|error| format!("{contestant}: {error}"))?;
            let nanos = [process_time() - before, start.elapsed()];
            let outcome = applied.outcome();
            if expected != Some(outcome) {
                return Err(format!("{contestant}: {outcome:?}, not {expected:?}").into());
            }
            if round > 0 {
                let [used, passed] = nanos.map(|t| t.as_nanos() as f64 / case.events as f64);
                processor.add(*contestant, used);
                wall.add(*contestant, passed);
            }
        }
    }
    let title = format!("{}, {} events", case.name, case.events);
    Ok([
        processor.below("replay", &title, "ns CPU/event", NANOS_MAX),
        processor.beside_engines("replay", &title, "ns CPU/event"),
        wall.beside_floor("replay", &title, "ns/event", None),
    ])
}

/// A store with the events of a case, which was closed and opened again, and what they come to.
fn filled(
    contestant: Contestant,
    place: PathBuf,
    case: Case,
) -> Result<(Box<dyn Store>, Outcome), Failure> {
    let mut store = contestant.open(&place)?;
    let (mut source, mut written) = (Orders::new(case.orders), Tally::default());
    let (mut left, mut applied) = (case.events, Applied::default());
    while left > 0 {
        let mut batch = source.batch(left.min(SIZE))?;
        for (record, payload) in batch.records() {
            applied.take(Seen::new(0, record, payload))?;
        }
        written.add_batch(&batch)?;
        left -= batch.len();
        store.append(&mut batch)?;
    }
    store.close()?;
    let mut store = contestant.open(&place)?;
    check(&mut *store, written)?;
    Ok((store, applied.outcome()))
}

/// Replays everything, or one machine.
fn replay(store: &mut dyn Store, machine: Option<&MachineKey>) -> Result<Applied, Failure> {
    let mut applied = Applied::default();
    match machine {
        None => store.read_all(&mut |seen| applied.take(seen))?,
        Some(machine) => store.read_machine(machine, &mut |seen| applied.take(seen))?,
    }
    Ok(applied)
}
