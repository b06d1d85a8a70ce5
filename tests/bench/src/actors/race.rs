//! Rounds in which everyone runs once, and what comes of them.

use std::time::Duration;

use crate::journal::Failure;
use crate::measure::median;
use crate::report::{Against, Comparison};
use crate::usage::Spent;

/// One who runs, and what each round took.
#[derive(Debug)]
pub(super) struct Contestant<W> {
    name: &'static str,
    run: fn(W) -> Result<Spent, Failure>,
    rounds: Vec<Spent>,
}

/// A case: what is done, by whom, and how the outcome is called.
///
/// The first contestant is ours, the second the floor.
#[derive(Debug)]
pub(super) struct Race<W> {
    pub(super) case: String,
    pub(super) work: W,
    /// How many units the work has, and what one is.
    pub(super) units: usize,
    pub(super) unit: &'static str,
    /// The highest ratio of processor time to the floor's that meets the goal.
    pub(super) goal: Option<f64>,
    pub(super) contestants: Vec<Contestant<W>>,
}

impl<W> Contestant<W> {
    pub(super) const fn new(name: &'static str, run: fn(W) -> Result<Spent, Failure>) -> Self {
        Self { name, run, rounds: Vec::new() }
    }

    /// Runs once.
    #[cfg(test)]
    pub(super) fn once(&self, work: W) -> Result<Spent, Failure> {
        (self.run)(work)
    }

    fn nanos(&self, units: usize, time: fn(&Spent) -> Duration) -> Vec<f64> {
        let per_unit = |spent| time(spent).as_nanos() as f64 / units as f64;
        self.rounds.iter().map(per_unit).collect()
    }
}

impl<W: Copy> Race<W> {
    /// Runs this many rounds, and compares processor time and time on the wall.
    ///
    /// # Errors
    ///
    /// If a contestant fails.
    pub(super) fn run(mut self, rounds: usize) -> Result<[Comparison; 2], Failure> {
        let count = self.contestants.len();
        // The first round pays for memory and code that the later ones find there.
        for round in 0..=rounds {
            for turn in 0..count {
                // Each goes first in its turn, so that none always finds the machine warm.
                let contestant = &mut self.contestants[(round + turn) % count];
                let spent = (contestant.run)(self.work)
                    .map_err(|error| format!("{}, {}: {error}", self.case, contestant.name))?;
                if round > 0 {
                    contestant.rounds.push(spent);
                }
            }
        }
        Ok([
            self.compare("processor", |spent| spent.processor, self.goal)?,
            self.compare("wall", |spent| spent.wall, None)?,
        ])
    }

    fn compare(
        &self,
        clock: &str,
        time: fn(&Spent) -> Duration,
        goal: Option<f64>,
    ) -> Result<Comparison, Failure> {
        let [ours, floor, peers @ ..] = &self.contestants[..] else {
            return Err(format!("{}: nobody to compare ours with", self.case).into());
        };
        let floor = floor.nanos(self.units, time);
        // The median of the rounds' ratios: noise that hits all of a round cancels out.
        let ratio = |contestant: &Contestant<W>| {
            let nanos = contestant.nanos(self.units, time);
            median(nanos.iter().zip(&floor).map(|(nanos, floor)| nanos / floor))
        };
        Ok(Comparison {
            bench: "actors",
            case: format!("{}; {clock}", self.case),
            unit: self.unit,
            ours: median(ours.nanos(self.units, time)),
            floor: median(floor.iter().copied()),
            against: Against::Ratio(ratio(ours)),
            goal,
            best: None,
            peers: peers.iter().map(|peer| (peer.name.to_owned(), ratio(peer))).collect(),
        })
    }
}
