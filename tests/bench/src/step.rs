//! The derived `step` beside a `match` written by hand.
//!
//! Four states, six events, one guard, one counter, and two floors. One is a `match` on state and
//! event that keeps the contract of `step`: a refusal gives state and event back. The other is the
//! same `match` in the form that one writes when nobody asked for that, an `Option` of the next
//! state; it promises less. Both have the goal. How rustc lays out the branches of such small
//! functions moves all three by tens of percent between builds. They run over the same events and
//! must end in the same state with the same counts.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use fsm_core::{Effects, Fsm, Moment};

use crate::measure::{Effort, Rounds, thread_time};
use crate::report::Comparison;

/// A call, as a telephone sees it.
#[derive(Fsm, Clone, Copy, Debug, PartialEq, Eq)]
#[fsm(event = Event, context = Line)]
enum Call {
    #[fsm(initial)]
    #[on(Dial => Ringing)]
    Idle,
    #[on(Answer => Talking / count())]
    #[on(HangUp => Idle)]
    Ringing,
    #[on(Hold if may_hold() => Held / count())]
    #[on(HangUp => Idle)]
    Talking,
    #[on(Resume => Talking)]
    #[on(HangUp => Idle)]
    #[on(Tick => _ / count())]
    Held,
}

/// The same states, for the machine written by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HandCall {
    Idle,
    Ringing,
    Talking,
    Held,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Dial,
    Answer,
    Hold,
    Resume,
    HangUp,
    Tick,
}

/// What lives beside the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Line {
    count: u64,
}

impl Line {
    #[inline]
    const fn may_hold(&self) -> bool {
        self.count & 7 != 7
    }

    #[inline]
    const fn count(&mut self) {
        self.count += 1;
    }
}

/// The floor: what `step` promises, by hand.
#[inline]
const fn by_hand(
    call: HandCall,
    line: &mut Line,
    event: Event,
) -> Result<HandCall, (HandCall, Event)> {
    match (call, event) {
        (HandCall::Idle, Event::Dial) => Ok(HandCall::Ringing),
        (HandCall::Ringing, Event::Answer) => {
            line.count();
            Ok(HandCall::Talking)
        }
        (HandCall::Ringing, Event::HangUp) => Ok(HandCall::Idle),
        (HandCall::Talking, Event::Hold) if line.may_hold() => {
            line.count();
            Ok(HandCall::Held)
        }
        (HandCall::Talking, Event::HangUp) => Ok(HandCall::Idle),
        (HandCall::Held, Event::Resume) => Ok(HandCall::Talking),
        (HandCall::Held, Event::HangUp) => Ok(HandCall::Idle),
        (HandCall::Held, Event::Tick) => {
            line.count();
            Ok(HandCall::Held)
        }
        (call, event) => Err((call, event)),
    }
}

/// The same rows, answering less.
#[inline]
const fn to_option(call: HandCall, line: &mut Line, event: Event) -> Option<HandCall> {
    match (call, event) {
        (HandCall::Idle, Event::Dial) => Some(HandCall::Ringing),
        (HandCall::Ringing, Event::Answer) => {
            line.count();
            Some(HandCall::Talking)
        }
        (HandCall::Ringing, Event::HangUp) => Some(HandCall::Idle),
        (HandCall::Talking, Event::Hold) if line.may_hold() => {
            line.count();
            Some(HandCall::Held)
        }
        (HandCall::Talking, Event::HangUp) => Some(HandCall::Idle),
        (HandCall::Held, Event::Resume) => Some(HandCall::Talking),
        (HandCall::Held, Event::HangUp) => Some(HandCall::Idle),
        (HandCall::Held, Event::Tick) => {
            line.count();
            Some(HandCall::Held)
        }
        _ => None,
    }
}

/// Where a pass ended, to be compared with the other contestant's.
type End = (u8, u64, u64);

#[inline(never)]
fn pass_derived(events: &[Event]) -> End {
    let (mut call, mut line, mut refused) = (Call::initial(), Line::default(), 0);
    let mut effects = Effects::new();
    for &event in events {
        call = match call.step(&mut line, event, Moment::default(), &mut effects) {
            Ok(next) => next,
            Err(kept) => {
                refused += 1;
                kept.state
            }
        };
    }
    (call as u8, line.count, refused)
}

#[inline(never)]
fn pass_by_hand(events: &[Event]) -> End {
    let (mut call, mut line, mut refused) = (HandCall::Idle, Line::default(), 0);
    for &event in events {
        call = match by_hand(call, &mut line, event) {
            Ok(next) => next,
            Err((kept, _)) => {
                refused += 1;
                kept
            }
        };
    }
    (call as u8, line.count, refused)
}

#[inline(never)]
fn pass_to_option(events: &[Event]) -> End {
    let (mut call, mut line, mut refused) = (HandCall::Idle, Line::default(), 0);
    for &event in events {
        match to_option(call, &mut line, event) {
            Some(next) => call = next,
            None => refused += 1,
        }
    }
    (call as u8, line.count, refused)
}

/// The events of one pass.
const EVENTS: usize = 1 << 20;

/// Runs the three cases.
pub(crate) fn run(effort: Effort) -> Vec<Comparison> {
    let rounds = effort.choose(31, 151);
    [("cyclic", cyclic()), ("random, enabled", walk()), ("random, any", uniform())]
        .into_iter()
        .flat_map(|(case, events)| compare(case, &events, rounds))
        .collect()
}

fn compare(case: &str, events: &[Event], rounds: usize) -> [Comparison; 2] {
    const PASSES: [fn(&[Event]) -> End; 3] = [pass_derived, pass_by_hand, pass_to_option];
    let (mut same, mut option) = (Rounds::default(), Rounds::default());
    for round in 0..rounds {
        // Each goes first in its turn, so that none always finds the caches warm.
        let mut nanos = [0.0; 3];
        let mut ends = [(0, 0, 0); 3];
        for turn in 0..3 {
            let contestant = (round + turn) % 3;
            let (time, end) = time(events, PASSES[contestant]);
            nanos[contestant] = time.as_nanos() as f64 / events.len() as f64;
            ends[contestant] = end;
        }
        assert!(
            ends.iter().all(|end| *end == ends[0]),
            "the machines disagree on {case}: {ends:?}"
        );
        same.add(nanos[0], nanos[1]);
        option.add(nanos[0], nanos[2]);
    }
    [("gives state and event back", same), ("gives an Option", option)].map(|(floor, measured)| {
        Comparison {
            bench: "step",
            case: format!("{case}; the match {floor}"),
            unit: "ns/event",
            ours: measured.ours(),
            floor: measured.floor(),
            ratio: measured.ratio(),
            goal: Some(1.05),
            peers: BTreeMap::new(),
        }
    })
}

fn time(events: &[Event], pass: fn(&[Event]) -> End) -> (Duration, End) {
    let start = thread_time();
    let end = black_box(pass(black_box(events)));
    (thread_time() - start, end)
}

/// A pattern that a branch predictor learns.
fn cyclic() -> Vec<Event> {
    let cycle =
        [Event::Dial, Event::Answer, Event::Hold, Event::Tick, Event::Resume, Event::HangUp];
    cycle.into_iter().cycle().take(EVENTS).collect()
}

/// Always an event that is taken, chosen at random.
fn walk() -> Vec<Event> {
    let mut random = Random::new();
    let (mut call, mut line) = (HandCall::Idle, Line::default());
    let mut events = Vec::with_capacity(EVENTS);
    while events.len() < EVENTS {
        let event = random.event();
        if let Ok(next) = by_hand(call, &mut line, event) {
            call = next;
            events.push(event);
        }
    }
    events
}

/// Any event, chosen at random: most are refused.
fn uniform() -> Vec<Event> {
    let mut random = Random::new();
    (0..EVENTS).map(|_| random.event()).collect()
}

/// xorshift64*, so that every run has the same events. Marsaglia, "Xorshift RNGs" (2003); the
/// multiplier is Vigna's.
struct Random(u64);

impl Random {
    const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    const fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    const fn event(&mut self) -> Event {
        const ALL: [Event; 6] =
            [Event::Dial, Event::Answer, Event::Hold, Event::Resume, Event::HangUp, Event::Tick];
        ALL[((self.next() >> 33) % 6) as usize]
    }
}
