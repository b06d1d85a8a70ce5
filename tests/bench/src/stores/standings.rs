//! What everyone cost in each round, and how they stand to each other.

use std::collections::BTreeMap;

use super::batches::mix;
use super::contestant::Contestant;
use crate::measure::median;
use crate::report::{Against, Comparison};

/// What everyone cost in each round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standings {
    rounds: BTreeMap<Contestant, Vec<f64>>,
}

impl Standings {
    /// Adds what a contestant cost in the round that it is in.
    pub(crate) fn add(&mut self, contestant: Contestant, cost: f64) {
        self.rounds.entry(contestant).or_default().push(cost);
    }

    /// Ours beside the raw file, with the engines beside it too. The goal is a ratio.
    ///
    /// # Panics
    ///
    /// If somebody did not run.
    pub(crate) fn beside_floor(
        &self,
        bench: &'static str,
        case: &str,
        unit: &'static str,
        goal: Option<f64>,
    ) -> Comparison {
        self.beside(Contestant::Raw, |_| true, bench, case.to_owned(), unit, goal)
    }

    /// Ours beside the raw file, where the goal is so much of the unit and not a ratio.
    pub(crate) fn below(
        &self,
        bench: &'static str,
        case: &str,
        unit: &'static str,
        cost_max: f64,
    ) -> Comparison {
        let case = format!("{case} (goal: {cost_max:.0} {unit})");
        let goal = cost_max / self.cost(Contestant::Raw);
        let comparison = self.beside_floor(bench, &case, unit, Some(goal));
        let ratio = comparison.ours / comparison.floor;
        Comparison { against: Against::Ratio(ratio), ..comparison }
    }

    /// Ours beside the engine that costs least, which it must not cost more than.
    pub(crate) fn beside_engines(
        &self,
        bench: &'static str,
        case: &str,
        unit: &'static str,
    ) -> Comparison {
        self.beside_best_of(Contestant::is_engine, bench, case, unit)
    }

    /// Ours beside the engine that costs least of those that keep an index, as ours does.
    pub(crate) fn beside_indexed(
        &self,
        bench: &'static str,
        case: &str,
        unit: &'static str,
    ) -> Comparison {
        self.beside_best_of(Contestant::is_indexed, bench, case, unit)
    }

    /// Ours beside the engine that costs least, without a goal.
    pub(crate) fn beside_best(
        &self,
        bench: &'static str,
        case: &str,
        unit: &'static str,
    ) -> Comparison {
        Comparison { goal: None, ..self.beside_engines(bench, case, unit) }
    }

    fn beside_best_of(
        &self,
        peers: fn(Contestant) -> bool,
        bench: &'static str,
        case: &str,
        unit: &'static str,
    ) -> Comparison {
        let best = self.best(peers);
        let case = format!("{case}; best engine: {best}");
        self.beside(best, peers, bench, case, unit, Some(1.0))
    }

    fn beside(
        &self,
        floor: Contestant,
        peers: fn(Contestant) -> bool,
        bench: &'static str,
        case: String,
        unit: &'static str,
        goal: Option<f64>,
    ) -> Comparison {
        let engines = self.engines().filter(|&engine| engine != floor && peers(engine));
        let peers = engines.map(|engine| (engine.to_string(), self.ratio(engine, floor)));
        Comparison {
            bench,
            case,
            unit,
            ours: self.cost(Contestant::Ours),
            floor: self.cost(floor),
            against: Against::Ratio(self.ratio(Contestant::Ours, floor)),
            goal,
            best: None,
            peers: peers.collect(),
        }
    }

    fn engines(&self) -> impl Iterator<Item = Contestant> {
        let peers = |peer: &Contestant| peer.is_engine() || peer.is_indexed();
        self.rounds.keys().copied().filter(peers)
    }

    fn best(&self, wanted: fn(Contestant) -> bool) -> Contestant {
        let cost = |engine: &Contestant| self.cost(*engine);
        let wanted = self.engines().filter(|&engine| wanted(engine));
        let best = wanted.min_by(|a, b| cost(a).total_cmp(&cost(b)));
        best.unwrap_or(Contestant::Raw)
    }

    fn cost(&self, contestant: Contestant) -> f64 {
        median(self.rounds.get(&contestant).into_iter().flatten().copied())
    }

    /// The median of the rounds' ratios: noise that hits both sides of a round cancels out.
    fn ratio(&self, contestant: Contestant, floor: Contestant) -> f64 {
        let costs = |contestant| self.rounds.get(&contestant).into_iter().flatten();
        median(costs(contestant).zip(costs(floor)).map(|(cost, floor)| cost / floor))
    }
}

/// In what order `count` contestants run in a round: another one in each, and never by a rule that
/// makes one always follow the same other.
pub(crate) fn shuffled(round: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_cached_key(|&at| mix((round * count + at) as u64));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_the_same_round() {
        let mut standings = Standings::default();
        // A slow round slows everyone.
        for (slow, ours) in [(1.0, 2.0), (10.0, 2.0), (1.0, 3.0)] {
            standings.add(Contestant::Raw, slow);
            standings.add(Contestant::Ours, slow * ours);
            standings.add(Contestant::Sled, slow * 8.0);
            standings.add(Contestant::Fjall, slow * 4.0);
        }
        let beside = standings.beside_floor("journal", "case", "ns", Some(2.5));
        assert!(matches!(beside.against, Against::Ratio(ratio) if ratio == 2.0));
        assert_eq!(beside.peers["sled"], 8.0);
        let engines = standings.beside_engines("journal", "case", "ns");
        assert!(matches!(engines.against, Against::Ratio(ratio) if ratio == 0.5));
        assert_eq!(engines.floor, 4.0);
        assert_eq!(engines.goal, Some(1.0));
        let below = standings.below("journal", "case", "ns", 3.0);
        assert!(matches!(below.against, Against::Ratio(ratio) if ratio == 3.0));
        assert_eq!(below.goal, Some(3.0));
    }
}
