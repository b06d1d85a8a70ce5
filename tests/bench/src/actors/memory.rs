//! Memory of counters that have nothing to do.
//!
//! Each contestant has a process of its own, so that none lives in what another let go of. It is
//! this program again, started with `--memory-of`.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::actix::Actix;
use super::floors::{Bounded, Unbounded};
use super::kameo::Kameo;
use super::library::{Library, Threads};
use super::ours::Ours;
use super::ractor::Ractor;
use crate::journal::Failure;
use crate::measure::Effort;
use crate::report::{Against, Comparison};
use crate::usage::resident_bytes;

/// What the counter itself needs: its sum. It is left out of what a counter takes.
const SUM_BYTES: f64 = 8.0;
/// How many bytes beyond its state and context an idle machine may take.
const GOAL_BYTES: f64 = 400.0;

/// Whose memory is measured; ours first, then the floor.
const CONTESTANTS: [Contestant; 6] = [
    Contestant { name: Ours::NAME, share: 1, taken: taken::<Ours> },
    Contestant { name: Unbounded::NAME, share: 1, taken: taken::<Unbounded> },
    Contestant { name: Bounded::NAME, share: 1, taken: taken::<Bounded> },
    Contestant { name: Actix::NAME, share: 1, taken: taken::<Actix> },
    // A million of these would take 7 GB.
    Contestant { name: Ractor::NAME, share: 10, taken: taken::<Ractor> },
    Contestant { name: Kameo::NAME, share: 10, taken: taken::<Kameo> },
];

struct Contestant {
    name: &'static str,
    /// It is measured with the others' number of counters by this.
    share: usize,
    taken: fn(usize) -> Result<Taken, Failure>,
}

/// What a counter takes, in bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Taken {
    /// Of what the process has in memory.
    resident: f64,
    /// Of what was allocated and is not freed, if that is counted.
    allocated: Option<f64>,
}

/// Measures all contestants, one after the other.
///
/// # Errors
///
/// If this program cannot be started, or a contestant fails.
pub(super) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let all = effort.choose(100_000, 1_000_000);
    let mut measured = Vec::new();
    for Contestant { name, share, .. } in CONTESTANTS {
        let count = all / share;
        measured.push((name, count, measure(name, count)?));
    }
    let mut comparisons = Vec::new();
    comparisons.extend(compare("resident", &measured, |taken| Some(taken.resident)));
    comparisons.extend(compare("allocated", &measured, |taken| taken.allocated));
    Ok(comparisons)
}

fn measure(name: &str, count: usize) -> Result<Taken, Failure> {
    let output = Command::new(env::current_exe()?)
        .arg("--memory-of")
        .arg(format!("{name}={count}"))
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What the process that [`run`] started prints.
///
/// # Errors
///
/// If there is no such contestant, or it fails.
pub(crate) fn of(contestant_and_count: &str) -> Result<String, Failure> {
    let (name, count) =
        contestant_and_count.split_once('=').ok_or("give a contestant and a count: NAME=COUNT")?;
    let contestant = CONTESTANTS.iter().find(|contestant| contestant.name == name);
    let contestant = contestant.ok_or_else(|| format!("there is no contestant `{name}`"))?;
    Ok(serde_json::to_string(&(contestant.taken)(count.parse()?)?)?)
}

fn taken<L: Library>(count: usize) -> Result<Taken, Failure> {
    L::run(Threads::One, idle::<L>(count))
}

async fn idle<L: Library>(count: usize) -> Result<Taken, Failure> {
    let library = L::start(Threads::One).await?;
    // What all counters share is there before.
    let first = library.spawn(0..1).await?;
    for counter in &first {
        L::ask(counter).await?;
    }
    drop(first);
    let before = (resident_bytes()?, allocated_bytes());
    let counters = library.spawn(1..count + 1).await?;
    if let Some(last) = counters.last() {
        L::ask(last).await?;
    }
    let after = (resident_bytes()?, allocated_bytes());
    // The list of the counters is the producer's.
    let list = counters.capacity() * size_of::<L::Address>();
    let each = |before: u64, after: u64| {
        (after as f64 - before as f64 - list as f64) / count as f64 - SUM_BYTES
    };
    let resident = each(before.0, after.0);
    let allocated = before.1.zip(after.1).map(|(before, after)| each(before, after));
    Ok(Taken { resident, allocated })
}

#[cfg(feature = "counting")]
#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// The bytes that are allocated now.
#[cfg(feature = "counting")]
fn allocated_bytes() -> Option<u64> {
    let stats = ALLOCATOR.stats();
    u64::try_from(stats.bytes_allocated.checked_sub(stats.bytes_deallocated)?).ok()
}

#[cfg(not(feature = "counting"))]
const fn allocated_bytes() -> Option<u64> {
    None
}

/// A line of the table; none if this was not measured.
fn compare(
    what: &str,
    measured: &[(&str, usize, Taken)],
    bytes: fn(&Taken) -> Option<f64>,
) -> Option<Comparison> {
    let [(_, count, ours), (_, _, floor), peers @ ..] = measured else {
        return None;
    };
    let (ours, floor) = (bytes(ours)?, bytes(floor)?);
    let mut against = BTreeMap::new();
    for (name, its_count, taken) in peers {
        let name =
            if its_count == count { (*name).to_owned() } else { format!("{name} ({its_count})") };
        against.insert(name, bytes(taken)? / floor);
    }
    Some(Comparison {
        bench: "actors",
        case: format!("idle, {count} of them; {what}"),
        unit: "bytes",
        ours,
        floor,
        against: Against::Ratio(ours / floor),
        goal: Some(GOAL_BYTES / floor),
        best: None,
        peers: against,
    })
}
