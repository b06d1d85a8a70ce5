//! Machines after their system has started again: until it answers, and the first command of each.
//!
//! Nobody else's actors come back. So ours stands beside itself: the start beside that of a system
//! with one machine, the first command of a machine beside its second, when it is in memory.

use std::collections::HashSet;
use std::num::NonZeroUsize;

use fsm_core::System;
use fsm_core::journal::MemoryJournal;
use futures_util::future::try_join_all;

use super::library::{Library, Threads};
use super::ours::Ours;
use crate::journal::Failure;
use crate::measure::{Effort, Rounds};
use crate::report::{Against, Comparison};
use crate::usage::{Spent, spend};

/// How many commands are under way at once where they are not sent one by one.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(256).expect("it is not zero");

/// What was measured, of ours and of what it stands beside.
#[derive(Debug, Default)]
struct Measured {
    start: Clocks,
    one_by_one: Clocks,
    at_once: Clocks,
}

#[derive(Debug, Default)]
struct Clocks {
    processor: Rounds,
    wall: Rounds,
}

/// Lets a system start again and again on a journal with many machines.
///
/// # Errors
///
/// If a machine is not there again.
pub(super) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let machines = effort.choose(100_000, 1_000_000);
    let drawn = effort.choose(1_000, 10_000);
    Ours::run(Threads::Two, async move {
        let (many, one) = (MemoryJournal::new(), MemoryJournal::new());
        on(&many).await?.spawn(0..machines).await?;
        on(&one).await?.spawn(0..1).await?;
        let mut measured = Measured::default();
        for round in 0..effort.choose(3, 9) {
            let mut drawn = draw(machines, 2 * drawn, round);
            let later = drawn.split_off(drawn.len() / 2);
            // Each goes first in its turn, so that neither always finds the machine warm.
            let before = if round % 2 == 0 { Some(start(&one, 0).await?.1) } else { None };
            let (ours, all) = start(&many, drawn[0]).await?;
            let alone = match before {
                Some(alone) => alone,
                None => start(&one, 0).await?.1,
            };
            measured.start.add(all, alone, 1);
            measured.one_by_one.first_and_second(&ours, &drawn[1..], NonZeroUsize::MIN).await?;
            measured.at_once.first_and_second(&ours, &later, AT_ONCE).await?;
        }
        Ok(measured.compare(machines))
    })
}

async fn on(journal: &MemoryJournal) -> Result<Ours, Failure> {
    Ours::build(System::builder().journal(journal.clone())).await
}

/// A system, from nothing to the first answer of this machine.
async fn start(journal: &MemoryJournal, first: usize) -> Result<(Ours, Spent), Failure> {
    spend(async {
        let ours = on(journal).await?;
        Ours::ask(&ours.counter(first)).await?;
        Ok(ours)
    })
    .await
}

/// Sends one command to each machine, so many at once.
async fn ask(ours: &Ours, machines: &[usize], at_once: NonZeroUsize) -> Result<Spent, Failure> {
    let counters: Vec<_> = machines.iter().map(|&number| ours.counter(number)).collect();
    let asked = async {
        for some in counters.chunks(at_once.get()) {
            try_join_all(some.iter().map(Ours::ask)).await?;
        }
        Ok(())
    };
    Ok(spend(asked).await?.1)
}

/// Different numbers below `below`, the same for the same round: SplitMix64 of Steele, Lea and
/// Flood, "Fast splittable pseudorandom number generators" (2014).
fn draw(below: usize, count: usize, round: u64) -> Vec<usize> {
    let mut seen = HashSet::new();
    let numbers = (round << 32..).map(|step| {
        let mut mixed = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % below as u64) as usize
    });
    numbers.filter(|&number| seen.insert(number)).take(count.min(below)).collect()
}

impl Clocks {
    fn add(&mut self, ours: Spent, beside: Spent, units: usize) {
        let nanos = |time: std::time::Duration| time.as_nanos() as f64 / units as f64;
        self.processor.add(nanos(ours.processor), nanos(beside.processor));
        self.wall.add(nanos(ours.wall), nanos(beside.wall));
    }

    async fn first_and_second(
        &mut self,
        ours: &Ours,
        machines: &[usize],
        at_once: NonZeroUsize,
    ) -> Result<(), Failure> {
        let first = ask(ours, machines, at_once).await?;
        let second = ask(ours, machines, at_once).await?;
        self.add(first, second, machines.len());
        Ok(())
    }

    fn compare(&self, case: &str, unit: &'static str) -> [Comparison; 2] {
        [("processor", &self.processor), ("wall", &self.wall)].map(|(clock, rounds)| Comparison {
            bench: "actors",
            case: format!("{case}; {clock}"),
            unit,
            ours: rounds.ours(),
            floor: rounds.floor(),
            against: Against::Ratio(rounds.ratio()),
            goal: None,
            best: None,
            peers: Default::default(),
        })
    }
}

impl Measured {
    fn compare(&self, machines: usize) -> Vec<Comparison> {
        let command = |way| {
            format!("first command of {machines} recovered machines, {way}; beside the second")
        };
        let start = format!("start with {machines} machines to the first answer; beside 1 machine");
        [
            self.start.compare(&start, "ns/start"),
            self.one_by_one.compare(&command("one by one"), "ns/command"),
            self.at_once.compare(&command("256 at once"), "ns/command"),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_has_different_numbers_below_the_limit() {
        let drawn = draw(1_000, 500, 7);
        let different: HashSet<_> = drawn.iter().collect();
        assert_eq!((drawn.len(), different.len()), (500, 500));
        assert!(drawn.iter().all(|&number| number < 1_000));
        assert_ne!(drawn, draw(1_000, 500, 8));
    }
}
