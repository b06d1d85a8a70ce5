//! What a run prints when it is through.

use std::fmt::Write as _;

use crate::figures::{counted, grouped};
use crate::import::Refusals;
use crate::progress::rate;
use crate::run::{Results, Run};
use crate::tally::Tally;

/// How wide the first column is.
const LABELS: usize = 44;
/// How wide the numbers are.
const NUMBERS: usize = 11;

/// The run in some lines of text.
#[must_use]
pub fn summary(run: &Run) -> String {
    let Results { read_before, outcome, accepted, journaled_before, tally, broken } = &run.results;
    let mut text = String::new();
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        text,
        "{}: {} of {}{}",
        run.log,
        counted(outcome.events, "event"),
        counted(outcome.applications, "application"),
        if broken.is_some() { ", up to where it is broken" } else { "" },
    );
    if *read_before {
        let events = counted(*journaled_before, "event");
        let were = if *journaled_before == 1 { "was" } else { "were" };
        let _ = writeln!(text, "nothing new: {events} {were} already journaled");
    }
    let _ = writeln!(text, "journal in {}", run.directory.display());
    text.push('\n');
    write_states(&mut text, tally);
    text.push('\n');
    line(&mut text, 0, "accepted", *accepted);
    line(&mut text, 0, "already journaled", *journaled_before);
    write_refusals(&mut text, 0, &outcome.refused);
    text.push('\n');
    let seconds = run.elapsed.as_secs_f64();
    if *read_before {
        let _ = writeln!(text, "{seconds:.2} s");
    } else {
        let per_second = grouped(rate(outcome.events, run.elapsed));
        let _ = writeln!(text, "{seconds:.2} s, {per_second} events/s");
    }
    text
}

/// The applications by state.
pub(crate) fn write_states(text: &mut String, tally: &Tally) {
    line(text, 0, "applications", tally.applications());
    for (label, is_final) in [("closed", true), ("still open", false)] {
        let states = tally.states(is_final);
        line(text, 1, label, states.iter().map(|(_, count)| count).sum());
        for (state, count) in states {
            line(text, 2, state, count);
        }
    }
}

/// The refused events by reason and activity, the most first, indented by `depth`.
pub(crate) fn write_refusals(text: &mut String, depth: usize, refused: &Refusals) {
    line(text, depth, "refused", refused.total());
    for (reason, activities) in &refused.by_reason {
        line(text, depth + 1, &reason.to_string(), activities.values().sum());
        let mut activities: Vec<_> = activities.iter().collect();
        activities.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        for (activity, count) in activities {
            line(text, depth + 2, &activity.to_string(), *count);
        }
    }
}

/// A line with a label, indented by `depth`, and a number.
pub(crate) fn line(text: &mut String, depth: usize, label: &str, number: u64) {
    let indent = 2 * depth;
    let width = LABELS - indent;
    let number = grouped(number);
    let _ = writeln!(text, "{:indent$}{label:<width$}{number:>NUMBERS$}", "");
}
