//! Rules on the graph as a whole.

use crate::diagnostics::Diagnostics;
use crate::model::{Machine, State};
use crate::table::Table;

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    final_with_rows(table.machine, diagnostics);
    if is_readable(table.machine) {
        no_way_out(table, diagnostics);
        unreachable_state(table, diagnostics);
    }
}

/// Whether the graph is what the user meant: nothing unread, no target that is not there.
fn is_readable(machine: &Machine) -> bool {
    let rows = machine.rows.iter().chain(machine.states.iter().flat_map(|state| &state.rows));
    machine.has_all_rows
        && machine.has_all_marks
        && rows.filter_map(|row| row.target_name()).all(|name| machine.state_index(name).is_some())
}

/// A machine that comes to a final state is complete: nothing is offered to it any more.
fn final_with_rows(machine: &Machine, diagnostics: &mut Diagnostics) {
    for state in machine.states.iter().filter(|state| state.is_final.is_some()) {
        if let Some(pattern) = state.rows.first().and_then(|row| row.events.first()) {
            let name = &state.ident;
            let message = format!(
                "`{name}` is final, so no row leaves it; remove the row, or remove `final`"
            );
            diagnostics.error(pattern, message);
        }
    }
}

/// An internal row stays where it is, so it is no way out.
fn no_way_out(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    for (index, state) in table.machine.states.iter().enumerate() {
        let leaves = table.rows_of(index).any(|row| row.row.target_name().is_some());
        if state.is_final.is_none() && !leaves {
            let name = &state.ident;
            let message = format!(
                "nothing leads out of `{name}`; add `#[on(Event => State)]`, or mark it \
                 `#[fsm(final)]`"
            );
            diagnostics.error(name, message);
        }
    }
}

/// Reports the states that cannot be reached, but not those that can be reached from one of them:
/// one row is missing, not many.
fn unreachable_state(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let states = &table.machine.states;
    let initial: Vec<usize> = indices(states, |state| state.initial.is_some());
    if initial.is_empty() {
        return;
    }
    let mut reached = vec![false; states.len()];
    initial.iter().for_each(|state| reach(table, *state, &mut reached));

    let entered = |state: usize| {
        table.rows.iter().any(|row| row.source != state && row.target(table.machine) == Some(state))
    };
    // First those that nothing leads to, then one of each circle that only leads to itself.
    for must_be_entered in [false, true] {
        for (index, state) in states.iter().enumerate() {
            if !reached[index] && entered(index) == must_be_entered {
                reach(table, index, &mut reached);
                let name = &state.ident;
                let message =
                    format!("`{name}` cannot be reached; add a row that leads to it, or remove it");
                diagnostics.error(name, message);
            }
        }
    }
}

fn indices(states: &[State], condition: impl Fn(&State) -> bool) -> Vec<usize> {
    (0..states.len()).filter(|index| condition(&states[*index])).collect()
}

/// Marks `state` and all that can be reached from it.
fn reach(table: &Table<'_>, state: usize, reached: &mut [bool]) {
    let mut pending = vec![state];
    while let Some(state) = pending.pop() {
        if !reached[state] {
            reached[state] = true;
            pending.extend(table.rows_of(state).filter_map(|row| row.target(table.machine)));
        }
    }
}
