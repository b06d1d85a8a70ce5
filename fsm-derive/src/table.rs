//! The rows in the order in which they are tried: what the model says, multiplied out.
//!
//! A row with alternatives becomes one row for each event, and a row on the enum becomes one row
//! for each state that is not final, behind the state's own rows. It is left out of a state that
//! has already taken every such event. The place in the list is the row's number.

use std::ptr;

use syn::{Ident, Path};

use crate::model::{Machine, Row, State};
use crate::pattern::EventPattern;

/// All rows of a machine.
pub(crate) struct Table<'m> {
    pub(crate) machine: &'m Machine,
    /// The events in the order of their first row, each as it was first written.
    pub(crate) events: Vec<&'m Ident>,
    pub(crate) rows: Vec<Placed<'m>>,
}

/// A row in its place.
pub(crate) struct Placed<'m> {
    /// The place in the table.
    pub(crate) number: usize,
    pub(crate) source: usize,
    pub(crate) event: usize,
    pub(crate) pattern: &'m EventPattern,
    pub(crate) row: &'m Row,
    /// Whether it stands on the enum.
    pub(crate) is_on_enum: bool,
}

impl<'m> Table<'m> {
    pub(crate) fn new(machine: &'m Machine) -> Self {
        let mut table = Self { machine, events: Vec::new(), rows: Vec::new() };
        for (source, state) in machine.states.iter().enumerate() {
            let first = table.rows.len();
            table.place(source, &state.rows, first, false);
            if state.is_final.is_none() {
                table.place(source, &machine.rows, first, true);
            }
        }
        table
    }

    /// Adds `rows` behind the rows of the same state, the first of which is `first`.
    fn place(&mut self, source: usize, rows: &'m [Row], first: usize, is_on_enum: bool) {
        let own = first..self.rows.len();
        for row in rows {
            for pattern in &row.events {
                let taken =
                    self.rows[own.clone()].iter().any(|earlier| earlier.takes_all_of(pattern));
                if !(is_on_enum && taken) {
                    let event = self.event(&pattern.variant);
                    let number = self.rows.len();
                    self.rows.push(Placed { number, source, event, pattern, row, is_on_enum });
                }
            }
        }
    }

    fn event(&mut self, variant: &'m Ident) -> usize {
        let known = self.events.iter().position(|event| *event == variant);
        known.unwrap_or_else(|| {
            self.events.push(variant);
            self.events.len() - 1
        })
    }

    /// The rows of a state in the order in which they are tried.
    pub(crate) fn rows_of(&self, source: usize) -> impl Iterator<Item = &Placed<'m>> + Clone {
        self.rows.iter().filter(move |row| row.source == source)
    }

    /// Whether this alternative of a row on the enum is tried in any state.
    pub(crate) fn is_used(&self, pattern: &EventPattern) -> bool {
        self.rows.iter().any(|placed| ptr::eq(placed.pattern, pattern))
    }

    /// The event enum.
    pub(crate) fn event_type(&self) -> Option<&'m Path> {
        self.machine.header.event.as_ref()
    }
}

impl<'m> Placed<'m> {
    pub(crate) fn source<'t>(&self, table: &Table<'t>) -> &'t State {
        &table.machine.states[self.source]
    }

    /// The number of the target; `None` if the row stays, or if there is no such state.
    pub(crate) fn target(&self, machine: &Machine) -> Option<usize> {
        self.row.target_name().and_then(|name| machine.state_index(name))
    }

    /// Whether no event that `pattern` matches comes past this row.
    pub(crate) fn takes_all_of(&self, pattern: &EventPattern) -> bool {
        self.row.guard.is_none()
            && self.pattern.variant == pattern.variant
            && self.pattern.is_irrefutable()
    }
}
