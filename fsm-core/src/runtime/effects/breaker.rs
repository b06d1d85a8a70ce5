//! The circuit breaker: leaves a service alone that is down.

use std::collections::VecDeque;
use std::time::Duration;

use crate::machine::Timestamp;

/// How long at least an attempt waits that finds all probes out: with no spread they would ask
/// again and again for as long as a probe takes.
const PROBE_WAIT_MIN: Duration = Duration::from_millis(10);

/// How many outcomes a breaker remembers at most.
const OUTCOMES_MAX: usize = 10_000;

/// When a [`Breaker`] opens, for how long, and what closes it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct BreakerOptions {
    failures: usize,
    of_last: usize,
    window: Duration,
    open_for: Duration,
    spread: Duration,
    probes: usize,
}

/// A circuit breaker, as a state machine of data: time and chance are arguments, and nothing waits.
///
/// *Closed*, it lets every attempt pass, and opens when too many of the last have failed. *Open*,
/// it lets none pass. When its time is over it is *half-open*: a few attempts pass as probes. If
/// one of them fails it opens again; when all have had an answer it closes.
///
/// Whoever is let pass gets a [`Pass`], and says with it what came of the attempt. A pass of an
/// earlier time says nothing: an attempt that began before the breaker opened is no probe.
///
/// ```
/// use std::time::Duration;
/// use fsm_core::Timestamp;
/// use fsm_core::runtime::effects::{Admission, Breaker, BreakerOptions, BreakerState};
///
/// let options = BreakerOptions::new().failures(2, 10).probes(1);
/// let mut breaker = Breaker::new(options);
/// let now = Timestamp::EPOCH;
/// for _ in 0..2 {
///     let Admission::Go(pass) = breaker.admit(now, 0.0) else { unreachable!("it is closed") };
///     breaker.failed(pass, now);
/// }
/// let until = now.saturating_add(Duration::from_secs(30));
/// assert_eq!(breaker.state(now), BreakerState::Open { until });
/// assert!(matches!(breaker.admit(now, 0.0), Admission::Wait { until: then } if then == until));
///
/// let Admission::Go(probe) = breaker.admit(until, 0.0) else { unreachable!("it is half-open") };
/// breaker.answered(probe, until);
/// assert_eq!(breaker.state(until), BreakerState::Closed);
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    options: BreakerOptions,
    stage: Stage,
    /// How often the stage has changed.
    generation: u64,
}

/// What a breaker lets happen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Every attempt.
    Closed,
    /// No attempt.
    Open {
        /// Until then.
        until: Timestamp,
    },
    /// A few attempts, as probes.
    HalfOpen,
}

/// What [`Breaker::admit`] answers.
#[derive(Debug)]
pub enum Admission {
    /// Attempt it, and give the pass back.
    Go(Pass),
    /// Ask again then.
    Wait {
        /// Another time for each who asks, so that they do not all come back at once.
        until: Timestamp,
    },
}

/// The permission for one attempt. It has to be given back.
#[derive(Debug)]
#[must_use = "a probe that is not given back is waited for"]
pub struct Pass {
    generation: u64,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The last outcomes, oldest first: when, and whether it was a failure.
    Closed {
        outcomes: VecDeque<(Timestamp, bool)>,
    },
    Open {
        until: Timestamp,
    },
    HalfOpen {
        out: usize,
        answered: usize,
    },
}

impl BreakerOptions {
    /// Opens for 30 seconds when 10 of the last 20 attempts have failed within a minute, and closes
    /// when 3 probes have had an answer.
    ///
    /// Half of the last 20, so that the few failures of a busy service that is well do not open it,
    /// and 10 at least, so that one effect that fails again and again does not. 30 seconds are
    /// short against an outage, and long against what a probe costs.
    pub const fn new() -> Self {
        Self {
            failures: 10,
            of_last: 20,
            window: Duration::from_secs(60),
            open_for: Duration::from_secs(30),
            spread: Duration::from_secs(10),
            probes: 3,
        }
    }

    /// Opens when this many of the last `of_last` attempts have failed; 10 of 20 unless said
    /// otherwise. At least one of one, at most 10,000.
    pub const fn failures(mut self, failures: usize, of_last: usize) -> Self {
        self.of_last = clamped(of_last, OUTCOMES_MAX);
        self.failures = clamped(failures, self.of_last);
        self
    }

    /// For how long an outcome counts; a minute unless said otherwise.
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// For how long it is open; 30 seconds unless said otherwise.
    pub const fn open_for(mut self, open_for: Duration) -> Self {
        self.open_for = open_for;
        self
    }

    /// Over which time those who wait are spread when they come back; 10 seconds unless said
    /// otherwise.
    pub const fn spread(mut self, spread: Duration) -> Self {
        self.spread = spread;
        self
    }

    /// How many attempts are let pass when it is half-open, and must have an answer for it to
    /// close; 3 unless said otherwise, and at least one.
    pub const fn probes(mut self, probes: usize) -> Self {
        self.probes = clamped(probes, OUTCOMES_MAX);
        self
    }
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub const fn new(options: BreakerOptions) -> Self {
        Self { options, stage: Stage::Closed { outcomes: VecDeque::new() }, generation: 0 }
    }

    /// Asks for an attempt to be let pass now. `random` is drawn from 0 to below 1.
    pub fn admit(&mut self, now: Timestamp, random: f64) -> Admission {
        let options = self.options;
        let spread = options.spread.as_secs_f64() * random.clamp(0.0, 1.0);
        // What rounding makes too long for a duration is the whole spread.
        let spread = Duration::try_from_secs_f64(spread).unwrap_or(options.spread);
        if let Stage::Open { until } = &mut self.stage {
            // A clock that was set back must not keep it open for longer than it said.
            *until = (*until).min(now.saturating_add(options.open_for));
            if now < *until {
                return Admission::Wait { until: until.saturating_add(spread) };
            }
            self.enter(Stage::HalfOpen { out: 0, answered: 0 });
        }
        if let Stage::HalfOpen { out, answered } = &mut self.stage {
            if *out + *answered >= options.probes {
                let until = now.saturating_add(spread.max(PROBE_WAIT_MIN));
                return Admission::Wait { until };
            }
            *out += 1;
        }
        Admission::Go(Pass { generation: self.generation })
    }

    /// The service has answered the attempt, be it by refusing what was asked of it.
    pub fn answered(&mut self, pass: Pass, now: Timestamp) {
        if pass.generation != self.generation {
            return;
        }
        match &mut self.stage {
            Stage::Closed { outcomes } => remember(outcomes, &self.options, now, false),
            Stage::Open { .. } => {}
            Stage::HalfOpen { out, answered } => {
                // A pass of another breaker's could come here: nobody is to be harmed by that.
                *out = out.saturating_sub(1);
                *answered += 1;
                if *answered >= self.options.probes {
                    self.enter(Stage::Closed { outcomes: VecDeque::new() });
                }
            }
        }
    }

    /// The attempt had no answer: an error that may pass, a panic, or no end in time.
    pub fn failed(&mut self, pass: Pass, now: Timestamp) {
        if pass.generation != self.generation {
            return;
        }
        let opens = match &mut self.stage {
            Stage::Closed { outcomes } => {
                remember(outcomes, &self.options, now, true);
                failures(outcomes) >= self.options.failures
            }
            Stage::Open { .. } => false,
            Stage::HalfOpen { .. } => true,
        };
        if opens {
            self.enter(Stage::Open { until: now.saturating_add(self.options.open_for) });
        }
    }

    /// The attempt was given up before anything came of it. A probe may be sent in its place.
    pub fn given_up(&mut self, pass: Pass) {
        if let Stage::HalfOpen { out, .. } = &mut self.stage
            && pass.generation == self.generation
        {
            *out = out.saturating_sub(1);
        }
    }

    /// What it lets happen at this time.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> BreakerState {
        match self.stage {
            Stage::Closed { .. } => BreakerState::Closed,
            Stage::Open { until } if now < until => BreakerState::Open { until },
            Stage::Open { .. } | Stage::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.generation += 1;
    }
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self::new()
    }
}

fn remember(
    outcomes: &mut VecDeque<(Timestamp, bool)>,
    options: &BreakerOptions,
    now: Timestamp,
    is_failure: bool,
) {
    outcomes.push_back((now, is_failure));
    let first_is_old = |outcomes: &VecDeque<(Timestamp, bool)>| {
        outcomes.front().is_some_and(|&(time, _)| now.since(time) >= options.window)
    };
    while outcomes.len() > options.of_last || first_is_old(outcomes) {
        outcomes.pop_front();
    }
}

fn failures(outcomes: &VecDeque<(Timestamp, bool)>) -> usize {
    outcomes.iter().filter(|&&(_, is_failure)| is_failure).count()
}

const fn clamped(count: usize, max: usize) -> usize {
    if count == 0 {
        1
    } else if count > max {
        max
    } else {
        count
    }
}
