//! The run: everyone is filled, opened, killed, opened and checked.

use std::path::Path;

use super::opening::{Checking, Loading, Opened, Opening};
use super::writing::Writing;
use crate::child::{Task, ask};
use crate::measure::Effort;
use crate::report::Comparison;
use crate::stores::{Contestant, Failure, Standings, shuffled};

/// What opening may take.
const MILLIS_MAX: f64 = 1_000.0;
/// How many events are appended before the first kill, and how many more before each later one,
/// so that not all kills find the stores alike.
const BEFORE_KILL: u64 = 40_000;
const MORE_BEFORE_KILL: u64 = 15_000;

/// Runs both cases in a directory of their own below `disk`.
///
/// # Errors
///
/// If a contestant fails, or has lost something.
pub(crate) fn run(disk: &Path, effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let directory = tempfile::Builder::new().prefix("fsm-bench-").tempdir_in(disk)?;
    let place = |contestant: Contestant| directory.path().join(contestant.to_string());
    let events = effort.choose(1_000_000, 5_000_000);
    for contestant in Contestant::ALL {
        let place = place(contestant);
        ask::<()>(&Task::Load(Loading { contestant, place, events }))?;
    }
    let mut clean = Standings::default();
    for round in 0..effort.choose(3, 7) {
        for at in shuffled(round, Contestant::ALL.len()) {
            let contestant = Contestant::ALL[at];
            let opened = open(contestant, &place(contestant), events)?;
            clean.add(contestant, opened.millis);
        }
    }
    let mut killed = Standings::default();
    let mut reached = Contestant::ALL.map(|contestant| (contestant, events));
    for round in 0..effort.choose(2, 5) {
        for (contestant, last) in &mut reached {
            let (contestant, place) = (*contestant, place(*contestant));
            let until = *last + BEFORE_KILL + round as u64 * MORE_BEFORE_KILL;
            let answered = Writing { contestant, place: place.clone() }.kill_behind(until)?;
            let opened = open(contestant, &place, answered)?;
            killed.add(contestant, opened.millis);
            *last = opened.last;
        }
    }
    for contestant in Contestant::ALL {
        ask::<()>(&Task::Check(Checking { contestant, place: place(contestant) }))?;
    }
    Ok([("clean", clean), ("killed", killed)]
        .into_iter()
        .flat_map(|(how, standings)| {
            let case = format!("{events} events, {how}");
            [
                standings.below("open", &case, "ms", MILLIS_MAX),
                standings.beside_best("open", &case, "ms"),
            ]
        })
        .collect())
}

/// Opens, and sees that the events up to this position are there.
fn open(contestant: Contestant, place: &Path, least: u64) -> Result<Opened, Failure> {
    let opened: Opened = ask(&Task::Open(Opening { contestant, place: place.to_owned() }))?;
    if opened.last < least {
        return Err(format!("{contestant} has lost {} events", least - opened.last).into());
    }
    Ok(opened)
}
