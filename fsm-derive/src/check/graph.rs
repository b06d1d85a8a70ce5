//! Rules on the graph as a whole.

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::groups;
use crate::diagnostics::Diagnostics;
use crate::model::{Clause, ClauseKind, Machine, Row, State, Trigger};
use crate::table::{Placed, PlacedTrigger, Table};

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    final_with_rows(table.machine, diagnostics);
    final_group_with_rows(table.machine, diagnostics);
    if is_readable(table.machine) {
        no_way_out(table, diagnostics);
        unreachable_state(table, diagnostics);
        automatic_circle(table, diagnostics);
    }
}

/// Whether the graph is what the user meant: nothing unread, no name that is not there.
fn is_readable(machine: &Machine) -> bool {
    let is_entered = |name: &syn::Ident| {
        machine.state_index(name).is_some()
            || machine.group_index(name).is_some_and(|group| machine.group_initial(group).is_some())
    };
    machine.has_all_rows
        && groups::are_settled(machine)
        && machine.rows().filter_map(Row::target_name).all(is_entered)
}

/// A machine that comes to a final state is complete: nothing is offered to it any more.
fn final_with_rows(machine: &Machine, diagnostics: &mut Diagnostics) {
    for state in machine.states.iter().filter(|state| state.is_final.is_some()) {
        let name = &state.ident;
        let message =
            |what: &str| format!("`{name}` is final, so {what}; remove this, or remove `final`");
        let own = state.clauses.iter().find_map(|clause| Some((place(clause)?, clause)));
        if let Some((place, clause)) = own {
            diagnostics.error(place, message(consequence(clause)));
        }
        for clause in machine.clauses.iter().filter(|clause| place(clause).is_some()) {
            for source in clause.sources.iter().filter(|source| *source == name) {
                diagnostics.error(source, message(consequence(clause)));
            }
        }
    }
}

/// What a clause cannot do in a final state.
fn consequence(clause: &Clause) -> &'static str {
    match &clause.kind {
        ClauseKind::Row(row) => match row.trigger {
            Trigger::Timer { .. } => "no timer runs in it",
            Trigger::Events(_) | Trigger::Always(_) => "no row leaves it",
        },
        ClauseKind::Hold(_) => "no event is offered to it",
        ClauseKind::Enter(_) | ClauseKind::Exit(_) => "it is never left",
    }
}

/// A group of final states is never left either.
fn final_group_with_rows(machine: &Machine, diagnostics: &mut Diagnostics) {
    if !machine.has_all_marks {
        return;
    }
    for source in machine
        .clauses
        .iter()
        .filter(|clause| place(clause).is_some())
        .flat_map(|clause| &clause.sources)
        .filter(|source| machine.state_index(source).is_none())
    {
        let states = machine.group_index(source).map(|group| machine.states_of(group));
        let mut states = states.into_iter().flatten().peekable();
        if states.peek().is_some() && states.all(|state| machine.states[state].is_final.is_some()) {
            let message = format!(
                "all states of the group `{source}` are final, so nothing leaves it; remove \
                 `{source}` here"
            );
            diagnostics.error(source, message);
        }
    }
}

/// Where to point to in a clause that a final state cannot have.
fn place(clause: &Clause) -> Option<TokenStream> {
    match &clause.kind {
        ClauseKind::Row(row) => Some(match &row.trigger {
            Trigger::Events(events) => events.first()?.to_token_stream(),
            Trigger::Timer { duration, .. } => duration.written.to_token_stream(),
            Trigger::Always(word) => word.to_token_stream(),
        }),
        ClauseKind::Hold(hold) => Some(hold.events.first()?.to_token_stream()),
        ClauseKind::Exit(action) => Some(action.to_token_stream()),
        ClauseKind::Enter(_) => None,
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
        let mut others = table.rows.iter().filter(|row| row.source != state);
        others.any(|row| targets(row, table.machine).contains(&state))
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

/// Automatic rows without guards that lead round in a circle would never end. Where a row with a
/// guard is tried before them, it may lead out.
fn automatic_circle(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let machine = table.machine;
    let next = |state: usize| {
        let is_automatic = |row: &&Placed<'_>| matches!(row.trigger, PlacedTrigger::Always(_));
        table.rows_of(state).find(is_automatic).filter(|row| row.is_unconditional())
    };
    let mut reported = vec![false; machine.states.len()];
    for start in 0..machine.states.len() {
        let mut path: Vec<(usize, &Placed<'_>)> = Vec::new();
        let mut state = start;
        while let Some(row) = next(state) {
            path.push((state, row));
            state = match row.target(machine) {
                Some(target) => target,
                None => break,
            };
            let Some(begin) = path.iter().position(|(visited, _)| *visited == state) else {
                continue;
            };
            let circle = &path[begin..];
            if !circle.iter().any(|(state, _)| reported[*state]) {
                circle.iter().for_each(|(state, _)| reported[*state] = true);
                let states = circle.iter().map(|(state, _)| *state).chain([state]);
                diagnostics.error(circle[0].1.row.target_name(), never_end(states, machine));
            }
            break;
        }
    }
}

fn never_end(states: impl Iterator<Item = usize>, machine: &Machine) -> String {
    let names = states.map(|state| format!("`{}`", machine.states[state].ident));
    let names: Vec<_> = names.collect();
    let way = names.join(" to ");
    match names.len() {
        2 => format!("this automatic row never ends: {way}; give it a guard"),
        _ => format!("these automatic rows never end: {way}; give one of them a guard"),
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
            pending.extend(table.rows_of(state).flat_map(|row| targets(row, table.machine)));
        }
    }
}

/// The states that a row can lead to for the first time. A history leads to states that have been
/// left; only the groups inside, if it is shallow, are entered at their initial states.
fn targets(row: &Placed<'_>, machine: &Machine) -> Vec<usize> {
    let mut targets: Vec<usize> = row.target(machine).into_iter().collect();
    let shallow = row.history(machine).filter(|group| {
        machine.groups[*group].history.as_ref().is_some_and(|history| !history.is_deep)
    });
    if let Some(group) = shallow {
        let is_inside = |inner: &usize| machine.chain(Some(*inner)).get(1) == Some(&group);
        let inside = (0..machine.groups.len()).filter(is_inside);
        targets.extend(inside.filter_map(|inner| machine.group_initial(inner)));
    }
    targets
}
