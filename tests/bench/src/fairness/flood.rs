//! A neighbour's answer behind a flood.
//!
//! Again and again one counter is cast so many numbers at once, and then one of its neighbours is
//! asked. How long that takes is the answer's time; before the next flood this one is waited for.
//! Quiet, the same is done without the casts.
//!
//! On one thread what an answer takes is the processor time of that thread, since all that is done
//! until then is done there; on two it is time on the wall.
//!
//! # What the numbers mean
//!
//! *Beside quiet* says how much longer an answer takes because another machine is flooded. Ours
//! looks at every command of the flood and carries out [128 of them](fsm_core::runtime) before the
//! neighbour's; who carries out the whole flood first has 8,000 in the place of 128.
//!
//! *Beside the whole flood* says what that is worth to ours: the floor is ours where the flooded
//! machine is asked itself, alone on its shard, so that its answer comes behind all of the flood.
//! What is left is looking at commands and putting them off.
//!
//! *Beside one task for all* sets that against the cheapest thing there is without fairness, which
//! carries out a flood in the time that others need to look at it: its commands are an addition,
//! and ours are journaled, can be refused and are found by name.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::shared::{OneShard, OneTask};
use crate::actors::{Kameo, Library, Ractor, Threads, Unbounded};
use crate::journal::Failure;
use crate::measure::{Effort, median, thread_time};
use crate::report::{Against, Comparison};

/// How many casts a flood has: as many as fit into a machine's backlog.
const FLOOD: usize = 8_000;
/// How many neighbours are asked, in turn.
const NEIGHBOURS: usize = 16;

/// Which part of what the whole flood takes a neighbour's answer may take.
const BESIDE_FLOOD_MAX: f64 = 0.25;
/// How many times as long as with one task for all it may take.
const BESIDE_ONE_TASK_MAX: f64 = 1.0;

/// What is compared of a round's answers.
const QUANTILES: [(&str, f64); 2] = [("median", 0.5), ("99th percentile", 0.99)];

/// What a round's answers took, in microseconds: one for each of [`QUANTILES`].
#[derive(Clone, Copy, Debug)]
struct Answers {
    quiet: [f64; QUANTILES.len()],
    flooded: [f64; QUANTILES.len()],
}

/// One who is flooded, and what each round took.
struct Contestant {
    name: &'static str,
    run: fn(Threads, usize) -> Result<Answers, Failure>,
    rounds: Vec<Answers>,
}

/// Runs all cases.
///
/// # Errors
///
/// If a contestant fails, or counts wrongly.
pub(super) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let asks = effort.choose(100, 300);
    let mut comparisons = Vec::new();
    for threads in [Threads::One, Threads::Two] {
        let mut contestants = contestants();
        let count = contestants.len();
        for round in 0..=effort.choose(3, 9) {
            for turn in 0..count {
                // Each goes first in its turn.
                let contestant = &mut contestants[(round + turn) % count];
                let answers = (contestant.run)(threads, asks)
                    .map_err(|error| format!("{}: {error}", contestant.name))?;
                // The first round pays for what the later ones find there.
                if round > 0 {
                    contestant.rounds.push(answers);
                }
            }
        }
        comparisons.extend(compare(&contestants, threads));
    }
    Ok(comparisons)
}

/// Ours first, then those in which an answer stands behind the whole flood.
fn contestants() -> Vec<Contestant> {
    vec![
        Contestant::new::<OneShard>(),
        Contestant::asked_itself::<OneShard>("ours, the flooded one itself"),
        Contestant::new::<OneTask>(),
        Contestant::new::<Unbounded>(),
        Contestant::new::<Ractor>(),
        Contestant::new::<Kameo>(),
    ]
}

impl Contestant {
    fn new<L: Library>() -> Self {
        let run = |threads, asks| L::run(threads, round::<L>(threads, asks, NEIGHBOURS));
        Self { name: L::NAME, run, rounds: Vec::new() }
    }

    /// One who has no neighbours: the flooded one is asked.
    fn asked_itself<L: Library>(name: &'static str) -> Self {
        let run = |threads, asks| L::run(threads, round::<L>(threads, asks, 0));
        Self { name, run, rounds: Vec::new() }
    }

    /// The median of the rounds' values.
    fn of(&self, value: impl Fn(&Answers) -> f64) -> f64 {
        median(self.rounds.iter().map(value))
    }

    /// The median of the rounds' ratios to the same rounds of another.
    fn to(&self, other: &Self, value: impl Fn(&Answers) -> f64) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(own, other)| value(own) / value(other)))
    }
}

async fn round<L: Library>(
    threads: Threads,
    asks: usize,
    neighbours: usize,
) -> Result<Answers, Failure> {
    let library = L::start(threads).await?;
    let counters = library.spawn(0..neighbours + 1).await?;
    for counter in &counters {
        L::ask(counter).await?;
    }
    let quiet = answers::<L>(threads, &counters, asks, 0).await?;
    let flooded = answers::<L>(threads, &counters, asks, FLOOD).await?;
    Ok(Answers { quiet, flooded })
}

/// What the neighbours' answers take, each behind a flood of so many casts.
async fn answers<L: Library>(
    threads: Threads,
    counters: &[L::Address],
    asks: usize,
    flood: usize,
) -> Result<[f64; QUANTILES.len()], Failure> {
    let (flooded, asked) = match counters {
        [] => return Err("nobody is flooded".into()),
        [alone] => (alone, counters),
        [flooded, neighbours @ ..] => (flooded, neighbours),
    };
    let mut micros = Vec::with_capacity(asks);
    for ask in 0..asks {
        let before = L::sum(flooded).await?;
        for _ in 0..flood {
            L::cast(flooded, 1).await?;
        }
        let begun = time(threads);
        L::ask(&asked[ask % asked.len()]).await?;
        micros.push((time(threads) - begun).as_nanos() as f64 / 1_000.0);
        drained::<L>(flooded, before + flood as u64).await?;
    }
    micros.sort_by(f64::total_cmp);
    Ok(QUANTILES.map(|(_, part)| micros[((asks - 1) as f64 * part) as usize]))
}

/// The time that says what an answer took.
fn time(threads: Threads) -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    match threads {
        Threads::One => thread_time(),
        Threads::Two => START.elapsed(),
    }
}

/// Waits until all casts of a flood are carried out.
async fn drained<L: Library>(flooded: &L::Address, expected: u64) -> Result<(), Failure> {
    // A question to a machine whose backlog is full is refused, and asked again.
    let sum = loop {
        match L::sum(flooded).await {
            Ok(sum) => break sum,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    // With some, a question is counted too.
    if sum < expected {
        return Err(format!("{sum} casts were counted of {expected}").into());
    }
    Ok(())
}

fn compare(contestants: &[Contestant], threads: Threads) -> Vec<Comparison> {
    let [ours, itself, one_task, ..] = contestants else { return Vec::new() };
    let mut comparisons = Vec::new();
    for (index, (quantile, _)) in QUANTILES.into_iter().enumerate() {
        let flooded = |round: &Answers| round.flooded[index];
        let slower = |who: &Contestant| who.of(|round| round.flooded[index] / round.quiet[index]);
        let comparison = |beside: &str, floor: f64, ratio: &dyn Fn(&Contestant) -> f64, goal| {
            let case = format!("neighbour of {FLOOD} casts, {quantile}, {}", threads.name());
            let peers = contestants[1..].iter().map(|peer| (peer.name.to_owned(), ratio(peer)));
            Comparison {
                bench: "fairness",
                case: format!("{case}; beside {beside}"),
                unit: "us/answer",
                ours: ours.of(flooded),
                floor,
                against: Against::Ratio(ratio(ours)),
                goal,
                best: None,
                peers: peers.collect(),
            }
        };
        // On the wall of a machine that others use, a rare answer says more about them.
        let goal = |goal| (threads == Threads::One).then_some(goal);
        let quiet = ours.of(|round| round.quiet[index]);
        comparisons.push(comparison("quiet", quiet, &slower, None));
        for (beside, floor, most) in [
            ("the whole flood", itself, BESIDE_FLOOD_MAX),
            ("one task for all", one_task, BESIDE_ONE_TASK_MAX),
        ] {
            let ratio = |who: &Contestant| who.to(floor, flooded);
            comparisons.push(comparison(beside, floor.of(flooded), &ratio, goal(most)));
        }
    }
    comparisons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_answers_behind_a_flood() {
        for threads in [Threads::One, Threads::Two] {
            for contestant in contestants() {
                let answers = (contestant.run)(threads, 3).unwrap();
                assert!(answers.quiet[0] > 0.0 && answers.flooded[0] > 0.0);
            }
        }
    }
}
