//! The events of a call, the line it is on, and the sequences that all contestants run over.

use super::floors::first::{Call, give_back};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Dial,
    Answer,
    Hold,
    Resume,
    HangUp,
    Tick,
}

/// What lives beside the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) count: u64,
}

impl Line {
    #[inline]
    pub(super) const fn may_hold(&self) -> bool {
        self.count & 7 != 7
    }

    #[inline]
    pub(super) const fn count(&mut self) {
        self.count += 1;
    }
}

/// The events of one pass: too many for a branch predictor to learn by heart, and few enough to
/// stay in the second cache.
const EVENTS: usize = 1 << 18;

/// A pattern that a branch predictor learns.
pub(super) fn cyclic() -> Vec<Event> {
    let cycle =
        [Event::Dial, Event::Answer, Event::Hold, Event::Tick, Event::Resume, Event::HangUp];
    cycle.into_iter().cycle().take(EVENTS).collect()
}

/// Always an event that is taken, chosen at random.
pub(super) fn walk() -> Vec<Event> {
    let mut random = Random::new();
    let (mut call, mut line) = (Call::Idle, Line::default());
    let mut events = Vec::with_capacity(EVENTS);
    while events.len() < EVENTS {
        let event = random.event();
        if let Ok(next) = give_back(call, &mut line, event) {
            call = next;
            events.push(event);
        }
    }
    events
}

/// Any event, chosen at random: most are refused.
pub(super) fn uniform() -> Vec<Event> {
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
