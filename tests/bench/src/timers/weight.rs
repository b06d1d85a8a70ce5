//! What the armed timers of one contestant take of memory, measured in a process of its own.

use std::collections::BTreeMap;
use std::env::current_exe;
use std::fs::read_to_string;
use std::process::{Command, Stdio};

use clap::ValueEnum;

use super::contestant::{Contestant, START};
use super::delay_queue::Delayed;
use super::run::{TIMERS, due_times};
use super::sorted::{Heap, Ordered};
use super::wheel::Wheel;
use crate::journal::Failure;

/// Where Linux tells what a process takes of memory. Elsewhere nothing is weighed.
const STATUS: &str = "/proc/self/status";

/// Whose memory is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Weighed {
    Wheel,
    Ordered,
    Heap,
    Delayed,
}

impl Weighed {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Wheel => Wheel::<u64>::NAME,
            Self::Ordered => Ordered::NAME,
            Self::Heap => Heap::NAME,
            Self::Delayed => Delayed::NAME,
        }
    }
}

/// The bytes that an armed timer takes, measured in this process, which must be fresh.
pub(crate) fn weigh(weighed: Weighed) -> Result<f64, Failure> {
    match weighed {
        Weighed::Wheel => grown::<Wheel<u64>>(),
        Weighed::Ordered => grown::<Ordered>(),
        Weighed::Heap => grown::<Heap>(),
        Weighed::Delayed => grown::<Delayed>(),
    }
}

/// The bytes for everyone; none where they cannot be measured.
pub(super) fn weights() -> Result<Option<BTreeMap<Weighed, f64>>, Failure> {
    if resident().is_err() {
        return Ok(None);
    }
    let weigh = |weighed: &Weighed| {
        let value = weighed.to_possible_value().ok_or("every contestant can be weighed")?;
        let process = Command::new(current_exe()?)
            .args(["--weigh", value.get_name()])
            .stderr(Stdio::inherit())
            .output()?;
        let bytes = String::from_utf8(process.stdout)?.trim().parse()?;
        Ok::<_, Failure>((*weighed, bytes))
    };
    Weighed::value_variants().iter().map(weigh).collect::<Result<_, _>>().map(Some)
}

fn grown<C: Contestant>() -> Result<f64, Failure> {
    let mut contestant = C::new();
    let before = resident()?;
    for (due, item) in due_times(TIMERS, START).zip(0..) {
        contestant.arm(due, item);
    }
    let grown = resident()?.saturating_sub(before);
    drop(contestant);
    Ok(grown as f64 / TIMERS as f64)
}

/// The bytes of memory that this process has touched.
fn resident() -> Result<u64, Failure> {
    let status = read_to_string(STATUS)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    let kibibytes: u64 = kibibytes.ok_or("the process's status names no `VmRSS`")?.parse()?;
    Ok(kibibytes * 1_024)
}
