//! Rules on the states by themselves.

use crate::diagnostics::Diagnostics;
use crate::model::{Data, Machine};

pub(crate) fn check(machine: &Machine, diagnostics: &mut Diagnostics) {
    no_state(machine, diagnostics);
    no_initial_state(machine, diagnostics);
    two_initial_states(machine, diagnostics);
    initial_and_final(machine, diagnostics);
    field_named_ctx(machine, diagnostics);
}

fn no_state(machine: &Machine, diagnostics: &mut Diagnostics) {
    if machine.has_all_rows && machine.states.is_empty() {
        let message = "a machine has at least one state; add a variant with `#[fsm(initial)]`";
        diagnostics.error(&machine.ident, message);
    }
}

fn no_initial_state(machine: &Machine, diagnostics: &mut Diagnostics) {
    let has_initial = machine.states.iter().any(|state| state.initial.is_some());
    if machine.has_all_marks && !machine.states.is_empty() && !has_initial {
        let first = &machine.states[0].ident;
        let message = format!(
            "where does `{}` start? Mark a state, such as `{first}`, with `#[fsm(initial)]`",
            machine.ident
        );
        diagnostics.error(&machine.ident, message);
    }
}

/// A machine whose first record could be one of two would not replay.
fn two_initial_states(machine: &Machine, diagnostics: &mut Diagnostics) {
    let mut initial = machine.states.iter().filter(|state| state.initial.is_some());
    if let Some(first) = initial.next() {
        for other in initial {
            let message = format!(
                "`{}` is the initial state already; a machine starts in one state",
                first.ident
            );
            diagnostics.error(&other.initial, message);
        }
    }
}

fn initial_and_final(machine: &Machine, diagnostics: &mut Diagnostics) {
    for state in &machine.states {
        if state.initial.is_some() && state.is_final.is_some() {
            let message = "a machine that starts in a final state has nothing to do; \
                           remove `initial` or `final`";
            diagnostics.error(&state.is_final, message);
        }
    }
}

/// Bare calls are method calls on `ctx`, so the name must keep its meaning.
fn field_named_ctx(machine: &Machine, diagnostics: &mut Diagnostics) {
    for state in &machine.states {
        if let Data::Named(fields) = &state.data {
            for (name, _) in fields.iter().filter(|(name, _)| name == "ctx") {
                let message = "`ctx` is the context in guards and actions; rename the field";
                diagnostics.error(name, message);
            }
        }
    }
}
