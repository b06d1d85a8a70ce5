//! New counters: what it takes until they take messages.

use super::actix::Actix;
use super::floors::{Bounded, Unbounded};
use super::kameo::Kameo;
use super::library::{Library, Threads};
use super::ours::Ours;
use super::race::{Contestant, Race};
use super::ractor::Ractor;
use crate::journal::Failure;
use crate::measure::Effort;
use crate::report::Comparison;
use crate::usage::{Spent, spend};

/// Spawns counters, on one thread: there the last one answers after all have begun.
///
/// # Errors
///
/// If a contestant fails.
pub(super) fn run(effort: Effort) -> Result<[Comparison; 2], Failure> {
    let count = effort.choose(10_000, 100_000);
    let race = Race {
        case: format!("spawn {count}"),
        work: count,
        units: count,
        unit: "ns/spawn",
        goal: None,
        contestants: vec![
            contestant::<Ours>(),
            contestant::<Unbounded>(),
            contestant::<Bounded>(),
            contestant::<Ractor>(),
            contestant::<Kameo>(),
            contestant::<Actix>(),
        ],
    };
    race.run(effort.choose(3, 9))
}

fn contestant<L: Library>() -> Contestant<usize> {
    Contestant::new(L::NAME, |count| L::run(Threads::One, spawn::<L>(count)))
}

async fn spawn<L: Library>(count: usize) -> Result<Spent, Failure> {
    let library = L::start(Threads::One).await?;
    let spawned = async {
        let counters = library.spawn(0..count).await?;
        if let Some(last) = counters.last() {
            L::ask(last).await?;
        }
        Ok(counters)
    };
    let (_counters, spent) = spend(spawned).await?;
    Ok(spent)
}
