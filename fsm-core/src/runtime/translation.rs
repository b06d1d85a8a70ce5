//! What the numbers and bytes of one stored schema are in the code of today.

use std::sync::Arc;

use super::Machine;
use super::evolution::{Incompatible, Reading, ambiguous, reading};
use crate::journal::{Schema, SchemaRow, row_label, trigger_name};
use crate::machine::{EventId, RowId, Table};

/// The numbers of a stored schema, translated to those of the compiled table.
#[derive(Debug)]
pub(super) struct Translation {
    /// Under the names of today.
    stored: Arc<Schema>,
    rows: Vec<Option<RowId>>,
    pub(super) version: u32,
    pub(super) reading: Reading,
}

impl Translation {
    /// Translates what `stored` wrote for code whose schema is `now`.
    pub(super) fn new<F: Machine>(
        stored: Arc<Schema>,
        now: &Schema,
    ) -> Result<Self, Box<Incompatible>> {
        let reading = reading::<F>(&stored, now)?;
        let stored = renamed(stored, F::TABLE)?;
        let find = |row| find(&stored, row, stored.event(row), F::TABLE);
        let rows = stored.rows.iter().map(find).collect();
        let version = stored.version;
        Ok(Self { stored, rows, version, reading })
    }

    /// The schema, under the names of today.
    pub(super) fn stored(&self) -> &Schema {
        &self.stored
    }

    /// The name of a stored event.
    pub(super) fn event(&self, event: EventId) -> Option<&str> {
        self.stored.events.get(usize::from(event.0)).map(String::as_str)
    }

    /// Whether a stored row takes an event; `None` if there is no such row.
    pub(super) fn takes_event(&self, row: RowId) -> Option<bool> {
        let row = self.stored.row(row)?;
        Some(!self.stored.event(row)?.starts_with('#'))
    }

    /// Whether a stored row is taken without anything happening.
    pub(super) fn is_automatic(&self, row: RowId) -> bool {
        self.stored.row(row).and_then(|row| self.stored.event(row)) == Some("#always")
    }

    /// The row of today.
    pub(super) fn row(&self, stored: RowId) -> Option<RowId> {
        self.rows.get(usize::from(stored.0)).copied().flatten()
    }

    /// The row of today that takes this event. An event of an older version may have been
    /// converted to one of another name.
    pub(super) fn row_taking<F: Machine>(&self, stored: RowId, event: EventId) -> Option<RowId> {
        let row = self.stored.row(stored)?;
        let event = F::TABLE.event(event);
        if !self.reading.is_event_past || self.stored.event(row) == Some(event) {
            return self.row(stored);
        }
        find(&self.stored, row, Some(event), F::TABLE)
    }

    /// A stored row, by names.
    pub(super) fn describe(&self, row: RowId) -> String {
        let Some(stored) = self.stored.row(row) else {
            return format!("{row} of a schema with {} rows", self.stored.rows.len());
        };
        let name = |name: Option<&str>| name.unwrap_or("?").to_owned();
        let source = name(self.stored.source(stored));
        let event = name(self.stored.event(stored));
        let target = name(self.stored.target(stored));
        let label = stored.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"));
        format!("{source} --{event}--> {target}{label}")
    }
}

/// The row of `table` that has the stored row's names, and takes this event. Where a row to a
/// group's history leads if nothing is remembered is not one of them: that may change.
fn find(stored: &Schema, row: &SchemaRow, event: Option<&str>, table: &Table) -> Option<RowId> {
    let (source, event) = (stored.source(row)?, event?);
    let target = stored.target(row)?;
    let found = table.rows.iter().position(|candidate| {
        let candidate_target = candidate.target.unwrap_or(candidate.source);
        let is_same_target = table.state(candidate_target).name == target
            && candidate.target.is_none() == row.target.is_none();
        table.state(candidate.source).name == source
            && trigger_name(table, candidate.trigger) == event
            && (is_same_target || candidate.history.is_some())
            && row_label(table, candidate) == row.label
    });
    found.and_then(|found| u16::try_from(found).ok()).map(RowId)
}

/// The schema under the names of today, `renamed(Old => New)`.
fn renamed(stored: Arc<Schema>, table: &Table) -> Result<Arc<Schema>, Box<Incompatible>> {
    if table.renamed.is_empty() {
        return Ok(stored);
    }
    let now = |names: &[String]| -> Result<Vec<String>, Box<Incompatible>> {
        let mut seen = Vec::<String>::new();
        for name in names {
            let name = table.name_now(name);
            if seen.iter().any(|seen| seen == name) {
                return Err(ambiguous(&stored, table, names));
            }
            seen.push(name.to_owned());
        }
        Ok(seen)
    };
    let (states, events) = (now(&stored.states)?, now(&stored.events)?);
    let mut renamed = Schema { states, events, ..Schema::clone(&stored) };
    for label in renamed.rows.iter_mut().filter_map(|row| row.label.as_mut()) {
        // The label of a row to a group's history begins with the group.
        let Some(group) = label.strip_prefix('#') else { continue };
        let (group, rest) = group.split_once(' ').map_or((group, None), |(g, r)| (g, Some(r)));
        let group = table.name_now(group);
        *label = rest.map_or_else(|| format!("#{group}"), |rest| format!("#{group} {rest}"));
    }
    Ok(Arc::new(renamed))
}
