//! Comparisons as a table for people and as JSON lines for programs.

use std::collections::BTreeMap;

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
    /// What the floor costs.
    pub(crate) floor: f64,
    /// Ours against the floor: the median over the rounds of each round's ratio.
    pub(crate) ratio: f64,
    /// The highest ratio that meets the goal, if the case has one.
    pub(crate) goal: Option<f64>,
    /// Peers, by name, each against the floor.
    pub(crate) peers: BTreeMap<String, f64>,
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
            Some(goal) if self.ratio <= goal => "met",
            Some(_) => "MISSED",
        }
    }
}

/// The comparisons, a line each.
pub(crate) fn table(comparisons: &[Comparison]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["bench", "case", "unit", "ours", "floor", "ratio", "goal", "", "peers"]);
    for comparison in comparisons {
        let peers: Vec<_> =
            comparison.peers.iter().map(|(name, ratio)| format!("{name} {ratio:.2}")).collect();
        table.add_row([
            comparison.bench.to_owned(),
            comparison.case.clone(),
            comparison.unit.to_owned(),
            format!("{:.2}", comparison.ours),
            format!("{:.2}", comparison.floor),
            format!("{:.2}", comparison.ratio),
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
