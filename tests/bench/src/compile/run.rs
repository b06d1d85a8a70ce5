//! The run: each crate built anew in turn.

use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressStyle};

use super::crates::{Task, Workspace};
use super::machine::{Shape, source};
use crate::journal::Failure;
use crate::measure::{Effort, median};
use crate::report::{Against, Comparison};

/// How many seconds the machine may add to a build.
const GOAL: f64 = 2.0;

/// The crates, the one that derives nothing first.
const EMPTY: &str = "empty";
const MACHINES: [(&str, Shape); 2] = [("flat", Shape::Flat), ("grouped", Shape::Grouped)];

/// Builds all crates in all ways.
///
/// # Errors
///
/// If the crates cannot be written, or cargo fails.
pub(crate) fn run(effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let rounds = effort.choose(1, 5);
    let mut members = vec![(EMPTY, String::from("//! Nothing.\n"))];
    members.extend(MACHINES.map(|(name, shape)| (name, source(shape))));
    let mut workspace = Workspace::create(&members)?;
    // The first round builds the dependencies and does not count.
    let steps = Task::ALL.len() * members.len() * (rounds + 1);
    let progress = ProgressBar::new(steps as u64)
        .with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
    let mut comparisons = Vec::new();
    for task in Task::ALL {
        let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for round in 0..=rounds {
            for (member, _) in &members {
                progress.set_message(format!("{} of {member}", task.name()));
                let time = workspace.time(task, member)?;
                progress.inc(1);
                if round > 0 {
                    times.entry(member).or_default().push(time.as_secs_f64());
                }
            }
        }
        let seconds = |member| median(times.get(member).into_iter().flatten().copied());
        comparisons
            .extend(MACHINES.map(|(name, _)| compare(name, task, seconds(name), seconds(EMPTY))));
    }
    progress.finish_and_clear();
    Ok(comparisons)
}

fn compare(machine: &str, task: Task, ours: f64, floor: f64) -> Comparison {
    Comparison {
        bench: "compile",
        case: format!("{}; {machine} machine of 100 states, 500 rows", task.name()),
        unit: "s",
        ours,
        floor,
        against: Against::Difference(ours - floor),
        goal: (task == Task::Build).then_some(GOAL),
        best: None,
        peers: BTreeMap::new(),
    }
}
