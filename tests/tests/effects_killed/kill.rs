//! Kill points: places at which the process ends itself, as a kill from outside would end it.
//!
//! A process is told of one of them, and at which passage it is to die there. The others it passes.

use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Signal, getpid, kill_process};

/// Where the process is to die, as text: the point's name and the number of the passage.
pub(crate) const DIE: &str = "FSM_TEST_DIE";
/// Whether the process says which points it passes, a line each.
pub(crate) const TELL: &str = "FSM_TEST_TELL";

/// The places, those first that are passed most often.
pub(crate) const POINTS: [Point; 7] = [
    Point::BeforeAppend,
    Point::AfterAppend,
    Point::HandlerEntered,
    Point::LedgerWritten,
    Point::ActionRuns,
    Point::BeforeRead,
    Point::AfterRead,
];

/// A place at which the process can die. The order is that of an effect's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// A command was taken, and its row's action runs.
    ActionRuns,
    /// Something was done in memory (a command, a handler's answer, a delivery), and the journal
    /// does not know of it yet.
    BeforeAppend,
    /// The batch is durable, and nobody has heard of it.
    AfterAppend,
    /// An effect was handed out, and its handler does nothing yet.
    HandlerEntered,
    /// The handler is done, and has not returned.
    LedgerWritten,
    /// A machine, or the whole journal, is about to be read.
    BeforeRead,
    /// It has been read.
    AfterRead,
}

/// One passage of a point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    pub(crate) point: Point,
    /// Counted from 1.
    pub(crate) nth: u64,
}

/// Passes a point, or dies there.
pub(crate) fn pass(point: Point) {
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let (die, tells) = orders();
    if *tells {
        let mut out = std::io::stdout();
        let _ = writeln!(out, "passed {point:?}").and_then(|()| out.flush());
    }
    if let Some(die) = die
        && die.point == point
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == die.nth
    {
        kill_process(getpid(), Signal::KILL).unwrap();
        unreachable!("nobody survives that");
    }
}

fn orders() -> &'static (Option<Passage>, bool) {
    static ORDERS: OnceLock<(Option<Passage>, bool)> = OnceLock::new();
    ORDERS.get_or_init(|| {
        let die = std::env::var(DIE).ok().map(|text| text.parse().unwrap());
        (die, std::env::var_os(TELL).is_some())
    })
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.point, self.nth)
    }
}

impl FromStr for Passage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, nth) = text.split_once(' ').ok_or(text)?;
        let point = POINTS.into_iter().find(|point| format!("{point:?}") == name).ok_or(name)?;
        let nth = nth.parse().map_err(|_| nth)?;
        Ok(Self { point, nth })
    }
}
