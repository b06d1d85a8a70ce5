//! The run: all contestants, interleaved, through an hour of timers and through a restart.

use std::collections::BTreeMap;
use std::time::Duration;

use fsm_core::Timestamp;

use super::contestant::{Contestant, START};
use super::delay_queue::Delayed;
use super::sorted::{Heap, Ordered};
use super::weight::{Weighed, weights};
use super::wheel::Wheel;
use crate::journal::Failure;
use crate::measure::{Effort, median, thread_time};
use crate::report::{Against, Comparison};

/// How many timers are armed for the next hour.
pub(super) const TIMERS: u64 = 1_000_000;
/// How many are overdue when a process starts.
const OVERDUE: u64 = 100_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// What can be measured in time.
const CASES: [&str; 5] = [
    "arm 1,000,000 for the next hour",
    "cancel every other one",
    "expire the others, second by second",
    "all of that, for each armed",
    "arm and expire 100,000 overdue",
];

/// The bytes of what must be kept of a timer: when it is due, and its item.
const KEPT_BYTES: f64 = 16.0;
/// The bytes that an armed timer may take.
const BYTES_MAX: f64 = 40.0;

/// What a timer cost in each case, in nanoseconds.
type Costs = [f64; CASES.len()];

/// A contestant, and what it cost in each round.
struct Measured {
    name: &'static str,
    ordered: bool,
    round: fn() -> Costs,
    costs: Vec<Costs>,
}

impl Measured {
    const fn new<C: Contestant>() -> Self {
        Self { name: C::NAME, ordered: C::ORDERED, round: cost::<C>, costs: Vec::new() }
    }

    fn of(&self, case: usize) -> impl Iterator<Item = f64> {
        self.costs.iter().map(move |costs| costs[case])
    }

    /// The median of the rounds' ratios.
    fn ratio(&self, case: usize, floor: &Self) -> f64 {
        median(self.of(case).zip(floor.of(case)).map(|(cost, floor)| cost / floor))
    }
}

/// Runs all cases.
pub(crate) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let mut all = [
        Measured::new::<Wheel<u64>>(),
        Measured::new::<Ordered>(),
        Measured::new::<Heap>(),
        Measured::new::<Delayed>(),
    ];
    let count = all.len();
    for round in 0..effort.choose(3, 15) {
        for turn in 0..count {
            // Each goes first in its turn.
            let contestant = &mut all[(round + turn) % count];
            contestant.costs.push((contestant.round)());
        }
    }
    let [ours, peers @ ..] = &all;
    let mut comparisons: Vec<_> =
        (0..CASES.len()).map(|case| beside_best(case, ours, peers)).collect();
    comparisons.extend(bytes()?);
    Ok(comparisons)
}

/// Beside the peer that costs least of those that keep the order, with what each costs against
/// that.
fn beside_best(case: usize, ours: &Measured, peers: &[Measured; 3]) -> Comparison {
    let cost = |contestant: &Measured| median(contestant.of(case));
    let best = peers
        .iter()
        .filter(|peer| peer.ordered)
        .fold(&peers[0], |best, peer| if cost(peer) < cost(best) { peer } else { best });
    Comparison {
        bench: "timers",
        case: CASES[case].to_owned(),
        unit: "ns/timer",
        ours: cost(ours),
        floor: cost(best),
        against: Against::Ratio(ours.ratio(case, best)),
        goal: None,
        best: None,
        peers: peers.iter().map(|peer| (peer.name.to_owned(), peer.ratio(case, best))).collect(),
    }
}

/// What an armed timer takes of memory.
fn bytes() -> Result<Option<Comparison>, Failure> {
    let Some(weights) = weights()? else {
        return Ok(None);
    };
    let ours = weights[&Weighed::Wheel];
    let peers: BTreeMap<_, _> = weights
        .iter()
        .filter(|(weighed, _)| **weighed != Weighed::Wheel)
        .map(|(weighed, bytes)| (weighed.name().to_owned(), bytes / KEPT_BYTES))
        .collect();
    Ok(Some(Comparison {
        bench: "timers",
        case: "memory of 1,000,000 armed; floor: due time and item".to_owned(),
        unit: "bytes/timer",
        ours,
        floor: KEPT_BYTES,
        against: Against::Ratio(ours / KEPT_BYTES),
        goal: Some(BYTES_MAX / KEPT_BYTES),
        best: None,
        peers,
    }))
}

/// When each timer is due: at random, and the same in every run.
pub(super) fn due_times(count: u64, from: Timestamp) -> impl Iterator<Item = Timestamp> {
    let span = HOUR.as_micros() as u64;
    (0..count).map(move |n| from.saturating_add(Duration::from_micros(scatter(n) % span)))
}

/// The finalizer of splitmix64: numbers without a pattern from numbers in a row.
const fn scatter(n: u64) -> u64 {
    let n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ n >> 31
}

/// One round of one contestant.
///
/// # Panics
///
/// If it loses a timer or delivers a cancelled one.
fn cost<C: Contestant>() -> Costs {
    let [arm, cancel, expire] = hour::<C>();
    [arm, cancel, expire, arm + f64::midpoint(cancel, expire), restart::<C>()]
}

fn hour<C: Contestant>() -> [f64; 3] {
    let due_times: Vec<_> = due_times(TIMERS, START).collect();
    let mut contestant = C::new();
    let mut armed = Vec::with_capacity(due_times.len());
    let arm = nanos_each(TIMERS, || {
        armed.extend(due_times.iter().zip(0..).map(|(due, item)| contestant.arm(*due, item)));
    });
    let cancel = nanos_each(TIMERS / 2, || {
        let cancelled = armed.iter().step_by(2).filter(|armed| contestant.cancel(**armed)).count();
        assert_eq!(cancelled as u64, TIMERS / 2, "{} lost a timer", C::NAME);
    });
    let mut delivered = (0, 0);
    let expire = nanos_each(TIMERS / 2, || {
        for second in 0..=HOUR.as_secs() {
            let now = START.saturating_add(Duration::from_secs(second));
            expire_all(&mut contestant, now, &mut delivered);
        }
    });
    // Item `n` is the `n`th timer's, and the odd ones are left.
    assert_eq!(delivered, (TIMERS / 2, (TIMERS / 2).pow(2)), "{} delivered", C::NAME);
    [arm, cancel, expire]
}

fn restart<C: Contestant>() -> f64 {
    let hour_ago = Timestamp::from_micros(START.micros() - HOUR.as_micros() as i64);
    let due_times: Vec<_> = due_times(OVERDUE, hour_ago).collect();
    let mut contestant = C::new();
    let mut delivered = (0, 0);
    let cost = nanos_each(OVERDUE, || {
        for (due, item) in due_times.iter().zip(0..) {
            contestant.arm(*due, item);
        }
        // A clock of milliseconds needs the next one.
        let now = START.saturating_add(Duration::from_millis(1));
        expire_all(&mut contestant, now, &mut delivered);
    });
    assert_eq!(delivered, (OVERDUE, OVERDUE * (OVERDUE - 1) / 2), "{} delivered", C::NAME);
    cost
}

/// Delivers all that is due, slice by slice, and adds up how many there were and their items.
fn expire_all<C: Contestant>(contestant: &mut C, now: Timestamp, delivered: &mut (u64, u64)) {
    let mut due = Vec::new();
    loop {
        let more = contestant.expire(now, &mut due);
        for (_, item) in due.drain(..) {
            delivered.0 += 1;
            delivered.1 += item;
        }
        if !more {
            return;
        }
    }
}

fn nanos_each(count: u64, run: impl FnOnce()) -> f64 {
    let start = thread_time();
    run();
    (thread_time() - start).as_nanos() as f64 / count as f64
}
