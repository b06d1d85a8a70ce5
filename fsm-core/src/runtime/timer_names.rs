//! The names of timers: what is written of one must be found again in code that has more.
//!
//! A timer is named after where it runs, whether it repeats, and where its row leads, with the
//! row's label. Those tell the rows of one state apart, so they tell its timers apart.

use crate::journal::row_label;
use crate::machine::{Row, Scope, StateId, Table, TimerId, Trigger};

/// The timers that run, or have run down, while a machine is in this state, with their names.
pub(super) fn timers_in(
    table: &'static Table,
    state: StateId,
) -> impl Iterator<Item = (TimerId, String)> {
    // The derive refuses a machine with more than `u16::MAX` timers.
    let timers = (0..table.timers.len()).filter_map(|timer| u16::try_from(timer).ok());
    let here = timers.map(TimerId).filter(move |&id| table.is_in(state, table.timer(id).scope));
    here.map(|timer| (timer, timer_name(table, timer)))
}

fn timer_name(table: &Table, id: TimerId) -> String {
    let timer = table.timer(id);
    let scope = match timer.scope {
        Scope::Machine => "*",
        Scope::Group(group) => table.group(group).name,
        Scope::State(state) => table.state(state).name,
    };
    let trigger = if timer.repeats { "#every" } else { "#after" };
    let is_its = |row: &&Row| row.trigger == Trigger::Timer(id);
    let Some(row) = table.rows.iter().find(is_its) else { return format!("{scope} {trigger}") };
    let target = row.target.map_or("_", |target| table.state(target).name);
    match row_label(table, row) {
        None => format!("{scope} {trigger} {target}"),
        // Where a row to a group's history leads may change.
        Some(label) if row.history.is_some() => format!("{scope} {trigger} {label}"),
        Some(label) => format!("{scope} {trigger} {target} {label}"),
    }
}
