//! A contestant: a machine's pass over the events, compiled many times, and what it cost in each
//! place of a cache line.

use std::hint::black_box;
use std::rc::Rc;

use crate::measure::{median, thread_time};

/// How often each contestant is compiled: enough that some copy begins in each place.
pub(super) const COPIES: usize = 24;

/// A cache line, and what a function's beginning is aligned to: there are four places to begin.
const LINE_BYTES: usize = 64;
const ALIGNMENT_BYTES: usize = 16;
const PLACES: usize = LINE_BYTES / ALIGNMENT_BYTES;

/// Where a pass ended, to be compared with the other contestants'.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) state: u8,
    pub(super) count: u64,
    /// How many events were refused, if anyone was told.
    pub(super) refused: Option<u64>,
}

impl End {
    /// Whether both ended alike, as far as both know.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let refused = self.refused.zip(other.refused).is_none_or(|(mine, theirs)| mine == theirs);
        self.state == other.state && self.count == other.count && refused
    }
}

/// The copies of a function `fn name<const COPY: usize>(&[E]) -> End`, or of one that has a type
/// parameter before that.
macro_rules! copies {
    ($pass:path $(, $machine:ty)?) => {
        copies!(
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23: $pass $(, $machine)?
        )
    };
    ($($copy:literal)*: $pass:path) => {
        [$({
            use $pass as pass;
            pass::<$copy>
        }),*]
    };
    ($($copy:literal)*: $pass:path, $machine:ty) => {
        [$({
            use $pass as pass;
            pass::<$machine, $copy>
        }),*]
    };
}

pub(super) use copies;

/// Stands at the end of each copy, makes it another function than the others, and moves the next
/// one on by some bytes. Otherwise copies whose length is a multiple of a cache line would all
/// begin in the same place.
#[inline(always)]
pub(super) fn shift<const COPY: usize>() {
    black_box(COPY);
    if COPY & 1 != 0 {
        black_box(1_u8);
    }
    if COPY & 2 != 0 {
        black_box(2_u8);
        black_box(3_u8);
    }
    if COPY & 4 != 0 {
        black_box(4_u8);
        black_box(5_u8);
        black_box(6_u8);
        black_box(7_u8);
    }
}

/// A machine's pass over the events, in all its copies.
pub(super) struct Contestant {
    pub(super) name: &'static str,
    expansions: Vec<Expansion>,
}

/// The machine with its states numbered in one way.
struct Expansion {
    copies: Vec<Copy>,
    /// How many events a pass has.
    events: usize,
    /// What an event cost in each pass of the copies that begin in each place.
    nanos: [Vec<f64>; PLACES],
}

struct Copy {
    pass: Box<dyn Fn() -> End>,
    /// Where in a cache line it begins.
    place: usize,
}

/// What an event costs, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// The mean over the places of all expansions.
    pub(super) mean: f64,
    /// The best place's.
    pub(super) best: f64,
}

impl Contestant {
    /// A contestant without an expansion.
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, expansions: Vec::new() }
    }

    /// One more expansion, which runs over `events`, its own type of them.
    pub(super) fn and<E: Clone + 'static>(
        mut self,
        events: &[E],
        passes: [fn(&[E]) -> End; COPIES],
    ) -> Self {
        let count = events.len();
        let events: Rc<[E]> = events.into();
        let copies = passes.map(|pass| {
            let events = events.clone();
            Copy {
                pass: Box::new(move || pass(black_box(&events))),
                place: pass as usize / ALIGNMENT_BYTES % PLACES,
            }
        });
        let nanos = Default::default();
        self.expansions.push(Expansion { copies: copies.into(), events: count, nanos });
        self
    }

    /// Runs one copy of each expansion once, notes what it cost, and says where each ended.
    pub(super) fn run(&mut self, copy: usize) -> impl Iterator<Item = End> {
        self.expansions.iter_mut().map(move |expansion| expansion.run(copy))
    }

    /// What an event cost.
    ///
    /// # Panics
    ///
    /// If nothing ran.
    pub(super) fn cost(&self) -> Cost {
        let places: Vec<f64> = self.expansions.iter().flat_map(Expansion::places).collect();
        assert!(!places.is_empty(), "nothing was measured");
        Cost {
            mean: places.iter().sum::<f64>() / places.len() as f64,
            best: places.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }
}

impl Expansion {
    fn run(&mut self, copy: usize) -> End {
        let copy = &self.copies[copy];
        let start = thread_time();
        let end = black_box((copy.pass)());
        let nanos = (thread_time() - start).as_nanos() as f64;
        self.nanos[copy.place].push(nanos / self.events as f64);
        end
    }

    /// What an event cost in each place in which a copy begins.
    fn places(&self) -> impl Iterator<Item = f64> {
        let ran = self.nanos.iter().filter(|nanos| !nanos.is_empty());
        ran.map(|nanos| median(nanos.iter().copied()))
    }
}
