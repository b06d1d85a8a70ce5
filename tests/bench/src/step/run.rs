//! The run: all contestants, interleaved, on each sequence of events.

use std::collections::BTreeMap;

use super::contestant::{COPIES, Contestant, End};
use super::events::{Event, cyclic, uniform, walk};
use super::{edfsm, floors, ours, rust_fsm, smlang, statig};
use crate::measure::Effort;
use crate::report::{Against, Best, Comparison};

/// What ours may cost, as a multiple of what the other costs.
const GOAL: f64 = 1.05;

/// Runs the three cases.
pub(crate) fn run(effort: Effort) -> Vec<Comparison> {
    let rounds = effort.choose(3, 19);
    [("cyclic", cyclic()), ("random, enabled", walk()), ("random, any", uniform())]
        .into_iter()
        .flat_map(|(case, events)| {
            let mut contestants = Contestants::new(&events);
            (0..rounds).for_each(|round| contestants.run(case, round));
            contestants.compare(case)
        })
        .collect()
}

/// Everyone, by what is compared with what.
struct Contestants {
    step: Contestant,
    step_with: Contestant,
    step_with_uncounted: Contestant,
    same_contract: Contestant,
    option: Contestant,
    /// The peers whose refusals are counted.
    telling: [Contestant; 3],
    /// The peers whose callers are not told of refusals.
    silent: [Contestant; 2],
    /// Where the match that keeps the contract of `step` ends.
    expected: End,
}

impl Contestants {
    fn new(events: &[Event]) -> Self {
        Self {
            step: ours::step(events),
            step_with: ours::step_with(events),
            step_with_uncounted: ours::step_with_uncounted(events),
            same_contract: floors::same_contract(events),
            option: floors::option(events),
            telling: [statig::telling(events), smlang::telling(events), rust_fsm::telling(events)],
            silent: [statig::silent(events), edfsm::silent(events)],
            expected: floors::end(events),
        }
    }

    /// Runs every copy of everyone once.
    ///
    /// # Panics
    ///
    /// If a machine does not end as the match by hand does.
    fn run(&mut self, case: &str, round: usize) {
        let expected = self.expected;
        let mut all = vec![&mut self.step, &mut self.step_with, &mut self.step_with_uncounted];
        all.extend([&mut self.same_contract, &mut self.option]);
        all.extend(&mut self.telling);
        all.extend(&mut self.silent);
        let count = all.len();
        for copy in 0..COPIES {
            for turn in 0..count {
                // Each goes first in its turn, so that none always finds the machine warm.
                let contestant = &mut all[(round + turn) % count];
                let name = contestant.name;
                for end in contestant.run(copy) {
                    assert!(
                        end.agrees_with(&expected),
                        "{name} disagrees on {case}: {end:?}, not {expected:?}"
                    );
                }
            }
        }
    }

    fn compare(&self, case: &str) -> [Comparison; 4] {
        let named = |what: &str| format!("{case}; {what}");
        [
            beside(
                named("step against the match that gives state and event back"),
                &self.step,
                &self.same_contract,
            ),
            beside(named("step against the match that gives an Option"), &self.step, &self.option),
            beside_best(
                named("step_with against the best peer that tells refusals"),
                &self.step_with,
                &self.telling,
            ),
            beside_best(
                named("step_with uncounted against the best peer that drops refusals"),
                &self.step_with_uncounted,
                &self.silent,
            ),
        ]
    }
}

fn beside(case: String, ours: &Contestant, floor: &Contestant) -> Comparison {
    let (ours, floor) = (ours.cost(), floor.cost());
    Comparison {
        bench: "step",
        case,
        unit: "ns/event",
        ours: ours.mean,
        floor: floor.mean,
        against: Against::Ratio(ours.mean / floor.mean),
        goal: Some(GOAL),
        best: Some(Best { ours: ours.best, floor: floor.best }),
        peers: BTreeMap::new(),
    }
}

/// Beside the peer that costs least, with what each costs against that.
fn beside_best<const N: usize>(
    case: String,
    ours: &Contestant,
    peers: &[Contestant; N],
) -> Comparison {
    const { assert!(N > 0, "there is no best of no peers") };
    let cost = |peer: &Contestant| peer.cost().mean;
    let best = peers.iter().fold(
        &peers[0],
        |best, peer| {
            if cost(peer) < cost(best) { peer } else { best }
        },
    );
    let against_best = |peer: &Contestant| (peer.name.to_owned(), cost(peer) / cost(best));
    Comparison { peers: peers.iter().map(against_best).collect(), ..beside(case, ours, best) }
}
