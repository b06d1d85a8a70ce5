//! Comparisons as a table for people and as JSON lines for programs.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

/// One case: what ours costs beside the floor and beside peers.
///
/// Costs are time or bytes per unit, so lower is better, and 0.8 of a throughput is a ratio of
/// 1.25.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    /// Which benchmark.
    pub(crate) bench: &'static str,
    /// Which case of it.
    pub(crate) case: String,
    /// What `ours` and `floor` are measured in.
    pub(crate) unit: &'static str,
    /// What ours costs.
    pub(crate) ours: f64,
    /// What the floor costs; the best peer, where peers are the floor.
    pub(crate) floor: f64,
    /// Ours against the floor.
    #[serde(flatten)]
    pub(crate) against: Against,
    /// The highest value of `against` that meets the goal, if the case has one.
    pub(crate) goal: Option<f64>,
    /// What the best copies cost, if the contestants were compiled more than once.
    pub(crate) best: Option<Best>,
    /// Peers, by name, each against the floor.
    pub(crate) peers: BTreeMap<String, f64>,
}

/// How ours stands to the floor.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Against {
    /// Ours by the floor: where every round has both, the median of the rounds' ratios.
    Ratio(f64),
    /// Ours over the floor, in the unit of both.
    Difference(f64),
}

impl Against {
    const fn value(self) -> f64 {
        match self {
            Self::Ratio(value) | Self::Difference(value) => value,
        }
    }
}

impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(ratio) => write!(f, "{ratio:.2}"),
            Self::Difference(difference) => write!(f, "{difference:+.2}"),
        }
    }
}

/// What the best copy of each contestant costs.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Best {
    pub(crate) ours: f64,
    pub(crate) floor: f64,
}

impl Comparison {
    /// The comparison as one JSON object on one line.
    pub(crate) fn json(&self) -> String {
        // Numbers, strings and a map of them: nothing that JSON cannot hold but an infinite
        // ratio, which is written as null.
        serde_json::to_string(self).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
    }

    fn verdict(&self) -> &'static str {
        match self.goal {
            None => "",
            Some(goal) if self.against.value() <= goal => "met",
            Some(_) => "MISSED",
        }
    }
}

/// A cost, and in brackets the best copy's.
fn cost(cost: f64, best: Option<f64>) -> String {
    best.map_or_else(|| format!("{cost:.2}"), |best| format!("{cost:.2} ({best:.2})"))
}

/// The comparisons, a line each.
pub(crate) fn table(comparisons: &[Comparison]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["bench", "case", "unit", "ours", "floor", "against", "goal", "", "peers"]);
    for comparison in comparisons {
        let peers: Vec<_> =
            comparison.peers.iter().map(|(name, ratio)| format!("{name} {ratio:.2}")).collect();
        table.add_row([
            comparison.bench.to_owned(),
            comparison.case.clone(),
            comparison.unit.to_owned(),
            cost(comparison.ours, comparison.best.map(|best| best.ours)),
            cost(comparison.floor, comparison.best.map(|best| best.floor)),
            comparison.against.to_string(),
            comparison.goal.map_or_else(String::new, |goal| format!("<= {goal:.2}")),
            comparison.verdict().to_owned(),
            peers.join(", "),
        ]);
    }
    for column in 3..=6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
