//! Messages: sent without waiting to one counter and to many, and asked one by one.

use super::actix::Actix;
use super::floors::{Bounded, Unbounded};
use super::kameo::Kameo;
use super::library::{Library, Threads};
use super::ours::{Ours, Roomy};
use super::race::{Contestant, Race};
use super::ractor::Ractor;
use crate::journal::Failure;
use crate::measure::Effort;
use crate::report::Comparison;
use crate::usage::{Spent, spend};

/// What a producer sends, in turn to each of its counters, until each had this many.
#[derive(Clone, Copy, Debug)]
struct Work {
    threads: Threads,
    manner: Manner,
    counters: usize,
    each: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Without waiting; the last question waits until all is added.
    Cast,
    /// Waiting for each answer.
    Ask,
}

/// Runs all cases.
///
/// # Errors
///
/// If a contestant fails, or counts wrongly.
pub(super) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let cases = [
        (Manner::Cast, 1, effort.choose(100_000, 300_000), 0.5),
        (Manner::Ask, 1, effort.choose(10_000, 50_000), 1.0),
        (Manner::Cast, 1_000, effort.choose(200, 1_000), 0.7),
    ];
    let both = cases.into_iter().flat_map(|case| [(Threads::One, case), (Threads::Two, case)]);
    let mut comparisons = Vec::new();
    for (threads, (manner, counters, each, goal)) in both {
        let race = Race {
            case: match (manner, counters) {
                (Manner::Cast, 1) => format!("{each} casts, {}", threads.name()),
                (Manner::Cast, _) => format!("{counters} x {each} casts, {}", threads.name()),
                (Manner::Ask, _) => format!("{each} asks, {}", threads.name()),
            },
            work: Work { threads, manner, counters, each },
            units: counters * each,
            unit: "ns/message",
            goal: Some(goal),
            contestants: contestants(),
        };
        comparisons.extend(race.run(effort.choose(3, 15))?);
    }
    Ok(comparisons)
}

fn contestants() -> Vec<Contestant<Work>> {
    vec![
        contestant::<Ours>(),
        contestant::<Unbounded>(),
        contestant::<Bounded>(),
        contestant::<Roomy>(),
        contestant::<Ractor>(),
        contestant::<Kameo>(),
        contestant::<Actix>(),
    ]
}

fn contestant<L: Library>() -> Contestant<Work> {
    Contestant::new(L::NAME, |work: Work| L::run(work.threads, produce::<L>(work)))
}

async fn produce<L: Library>(work: Work) -> Result<Spent, Failure> {
    let library = L::start(work.threads).await?;
    let counters = library.spawn(0..work.counters).await?;
    // All are awake, and have what they make themselves at their first message.
    for counter in &counters {
        L::ask(counter).await?;
    }
    let (sum, spent) = match work.manner {
        Manner::Cast => spend(cast::<L>(&counters, work.each)).await?,
        Manner::Ask => spend(ask::<L>(&counters, work.each)).await?,
    };
    let expected = work.counters * (work.each + 1);
    if sum != expected as u64 {
        return Err(format!("{sum} messages were counted of {expected}").into());
    }
    Ok(spent)
}

async fn cast<L: Library>(counters: &[L::Address], each: usize) -> Result<u64, Failure> {
    L::cast_ones(counters, each).await?;
    sum::<L>(counters).await
}

async fn ask<L: Library>(counters: &[L::Address], each: usize) -> Result<u64, Failure> {
    for _ in 0..each {
        for counter in counters {
            L::ask(counter).await?;
        }
    }
    sum::<L>(counters).await
}

async fn sum<L: Library>(counters: &[L::Address]) -> Result<u64, Failure> {
    let mut sum = 0;
    for counter in counters {
        sum += L::sum(counter).await?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_counts_what_it_is_sent() {
        for threads in [Threads::One, Threads::Two] {
            for manner in [Manner::Cast, Manner::Ask] {
                let work = Work { threads, manner, counters: 3, each: 100 };
                for contestant in contestants() {
                    contestant.once(work).unwrap();
                }
            }
        }
    }
}
