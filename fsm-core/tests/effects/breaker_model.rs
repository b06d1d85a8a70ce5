//! The breaker against a model that remembers everything.

use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::effects::{Admission, Breaker, BreakerOptions, BreakerState, Pass};
use proptest::prelude::*;

const FAILURES: usize = 3;
const OF_LAST: usize = 5;
const PROBES: usize = 2;
const WINDOW: Duration = Duration::from_secs(10);
const OPEN_FOR: Duration = Duration::from_secs(30);
const SPREAD: Duration = Duration::from_secs(4);

#[derive(Clone, Debug)]
enum Step {
    Ask { random: f64 },
    Advance { seconds: u64 },
    Answered(usize),
    Failed(usize),
    GivenUp(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0.0..1.0).prop_map(|random| Step::Ask { random }),
        1 => prop_oneof![0_u64..4, 25_u64..35].prop_map(|seconds| Step::Advance { seconds }),
        2 => any::<usize>().prop_map(Step::Answered),
        3 => any::<usize>().prop_map(Step::Failed),
        1 => any::<usize>().prop_map(Step::GivenUp),
    ]
}

/// What has happened since the last change of state, and in which state.
#[derive(Debug)]
struct Model {
    state: BreakerState,
    /// How often the state has changed.
    changes: usize,
    outcomes: Vec<(Timestamp, bool)>,
    out: usize,
}

impl Model {
    fn enter(&mut self, state: BreakerState) {
        self.state = state;
        self.changes += 1;
        self.outcomes.clear();
        self.out = 0;
    }

    /// What an attempt may do: go, or not before when it may ask again.
    fn ask(&mut self, now: Timestamp, random: f64) -> Option<Timestamp> {
        let spread = SPREAD.mul_f64(random);
        match self.state {
            BreakerState::Open { until } if now < until => {
                return Some(until.saturating_add(spread));
            }
            BreakerState::Open { .. } => self.enter(BreakerState::HalfOpen),
            _ => {}
        }
        if self.state == BreakerState::HalfOpen && self.out + self.outcomes.len() == PROBES {
            return Some(now.saturating_add(spread.max(Duration::from_millis(10))));
        }
        self.out += 1;
        None
    }

    fn outcome(&mut self, change: usize, now: Timestamp, is_failure: bool) {
        if change != self.changes {
            return;
        }
        self.out -= 1;
        self.outcomes.push((now, is_failure));
        let open = BreakerState::Open { until: now.saturating_add(OPEN_FOR) };
        let last = self.outcomes.iter().rev().take(OF_LAST);
        let recent = last.filter(|(time, failed)| *failed && now.since(*time) < WINDOW);
        let failures = recent.count();
        match self.state {
            BreakerState::Closed if is_failure && failures >= FAILURES => self.enter(open),
            BreakerState::HalfOpen if is_failure => self.enter(open),
            BreakerState::HalfOpen if self.outcomes.len() == PROBES => {
                self.enter(BreakerState::Closed);
            }
            _ => {}
        }
    }

    fn seen(&self, now: Timestamp) -> BreakerState {
        match self.state {
            BreakerState::Open { until } if now >= until => BreakerState::HalfOpen,
            state => state,
        }
    }
}

fn options() -> BreakerOptions {
    let options = BreakerOptions::new().failures(FAILURES, OF_LAST).window(WINDOW);
    options.open_for(OPEN_FOR).spread(SPREAD).probes(PROBES)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn it_does_what_the_model_does(steps in prop::collection::vec(any_step(), 0..120)) {
        let mut breaker = Breaker::new(options());
        let mut now = Timestamp::EPOCH;
        let state = BreakerState::Closed;
        let mut model = Model { state, changes: 0, outcomes: Vec::new(), out: 0 };
        let mut passes: Vec<(Pass, usize)> = Vec::new();
        for step in steps {
            let pick = |passes: &mut Vec<(Pass, usize)>, index: usize| {
                (!passes.is_empty()).then(|| passes.swap_remove(index % passes.len()))
            };
            match step {
                Step::Advance { seconds } => now = now.saturating_add(Duration::from_secs(seconds)),
                Step::Ask { random } => match (breaker.admit(now, random), model.ask(now, random)) {
                    (Admission::Go(pass), None) => passes.push((pass, model.changes)),
                    (Admission::Wait { until }, Some(then)) => prop_assert_eq!(until, then),
                    (admission, then) => prop_assert!(false, "{admission:?}, {then:?}"),
                },
                Step::Answered(index) => if let Some((pass, change)) = pick(&mut passes, index) {
                    breaker.answered(pass, now);
                    model.outcome(change, now, false);
                },
                Step::Failed(index) => if let Some((pass, change)) = pick(&mut passes, index) {
                    breaker.failed(pass, now);
                    model.outcome(change, now, true);
                },
                Step::GivenUp(index) => if let Some((pass, change)) = pick(&mut passes, index) {
                    breaker.given_up(pass);
                    model.out -= usize::from(change == model.changes);
                },
            }
            prop_assert_eq!(breaker.state(now), model.seen(now));
        }
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_it_open() {
    let mut breaker = Breaker::new(options().failures(1, 1));
    let late = Timestamp::EPOCH.saturating_add(Duration::from_secs(1_000_000));
    let Admission::Go(pass) = breaker.admit(late, 0.0) else { panic!("it is closed") };
    breaker.failed(pass, late);

    let until = Timestamp::EPOCH.saturating_add(OPEN_FOR);
    let Admission::Wait { until: then } = breaker.admit(Timestamp::EPOCH, 0.0) else {
        panic!("it is open")
    };
    assert_eq!(then, until);
    assert!(matches!(breaker.admit(until, 0.0), Admission::Go(_)));
}

#[test]
fn one_that_could_never_open_opens_when_all_have_failed() {
    let mut breaker = Breaker::new(BreakerOptions::default().failures(100, 2));
    for _ in 0..2 {
        let Admission::Go(pass) = breaker.admit(Timestamp::EPOCH, 0.0) else { panic!("closed") };
        breaker.failed(pass, Timestamp::EPOCH);
    }
    assert!(matches!(breaker.state(Timestamp::EPOCH), BreakerState::Open { .. }));
}
