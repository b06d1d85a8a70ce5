//! Rules on rows and pairs of rows.

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::groups::is_known;
use crate::bare_calls::first_bare_call;
use crate::diagnostics::Diagnostics;
use crate::model::{Clause, Machine, Row, Trigger};
use crate::table::{Entry, Placed, PlacedTrigger, Table};

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    row_that_never_runs(table, diagnostics);
    enum_row_that_never_runs(table, diagnostics);
    row_of_a_state_left_at_once(table, diagnostics);
    rows_without_label(table, diagnostics);
    binding_named_ctx(table.machine, diagnostics);
    bare_call_without_context(table.machine, diagnostics);
}

fn row_that_never_runs(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = Reported::default();
    for (earlier, later) in pairs(table) {
        let never = match later.trigger {
            PlacedTrigger::Event { pattern, .. } => earlier.takes_all_of(pattern),
            PlacedTrigger::Always(_) => earlier.is_unconditional(),
            PlacedTrigger::Timer(_) => false,
        };
        if never && reported.is_new(later) {
            diagnostics.error(place(later, table), never_runs(later));
        }
    }
}

fn never_runs(later: &Placed<'_>) -> String {
    let Some(pattern) = later.pattern() else {
        return "this row can never run: an earlier automatic row has no guard and always runs; \
                put this one before it, or give that one a guard"
            .to_owned();
    };
    let event = &pattern.variant;
    let advice = if later.row.guard.is_some() || !pattern.is_irrefutable() {
        "put it before that row"
    } else {
        "remove it, or give the earlier row a guard"
    };
    format!("this row can never run: an earlier row takes every `{event}`; {advice}")
}

/// An enum's row that every state overrides does nothing.
fn enum_row_that_never_runs(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let machine = table.machine;
    if !machine.has_all_rows || !machine.has_all_marks {
        return;
    }
    for clause in machine.clauses.iter().filter(|clause| is_for_open_states(clause, machine)) {
        let every = if clause.sources.is_empty() { "every state" } else { "each of these states" };
        for pattern in clause.patterns().iter().filter(|pattern| !table.is_used(pattern)) {
            let event = &pattern.variant;
            let what = if clause.hold().is_some() { "happen" } else { "run" };
            let message =
                format!("this can never {what}: {every} sees to every `{event}` itself; remove it");
            diagnostics.error(pattern, message);
        }
        if let Some(row) = clause.row()
            && let Trigger::Always(word) = &row.trigger
            && !table.rows.iter().any(|placed| std::ptr::eq(placed.row, row))
        {
            let message = format!(
                "this can never run: {every} has an automatic row without a guard; remove it"
            );
            diagnostics.error(word, message);
        }
    }
}

/// Whether some state that is not final has this clause. If not, that has been reported.
fn is_for_open_states(clause: &Clause, machine: &Machine) -> bool {
    let is_open = |state: &usize| machine.states[*state].is_final.is_none();
    let is_open_group = |name| {
        let group = machine.group_index(name);
        group.is_some_and(|group| machine.states_of(group).any(|state| is_open(&state)))
    };
    match clause.sources.as_slice() {
        [] => (0..machine.states.len()).any(|state| is_open(&state)),
        sources => {
            sources.iter().all(|name| is_known(machine, name))
                && sources.iter().any(|name| {
                    machine.state_index(name).is_some_and(|state| is_open(&state))
                        || is_open_group(name)
                })
        }
    }
}

/// No event and no timer finds the machine in a state that it leaves as soon as it is entered.
fn row_of_a_state_left_at_once(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    for state in 0..table.machine.states.len() {
        if !table.rows_of(state).any(Placed::is_unconditional) {
            continue;
        }
        let name = &table.machine.states[state].ident;
        let own = table.rows_of(state).filter(|row| !row.level.is_shared());
        for row in own.filter(|row| !matches!(row.trigger, PlacedTrigger::Always(_))) {
            let message = format!(
                "this row can never run: an automatic row without a guard leaves `{name}` as soon \
                 as it is entered; remove this one, or give that one a guard"
            );
            diagnostics.error(place(row, table), message);
        }
    }
}

/// The journal names a row by source, trigger, target and label, so that rows can be reordered and
/// guards rewritten without touching the past.
fn rows_without_label(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = Reported::default();
    for (earlier, later) in pairs(table) {
        let label = |row: &Row| row.label.as_ref().map(syn::LitStr::value);
        let same = is_same_trigger(earlier, later, table)
            && earlier.target(table.machine) == later.target(table.machine)
            && earlier.row.target.is_none() == later.row.target.is_none()
            && earlier.history(table.machine) == later.history(table.machine)
            && label(earlier.row) == label(later.row);
        let is_never = later.pattern().is_some_and(|pattern| earlier.takes_all_of(pattern))
            || earlier.is_unconditional();
        if !same || is_never || std::ptr::eq(earlier.row, later.row) {
            continue;
        }
        // A row on the enum meets many states; the state that is different is the one to change.
        let at =
            if later.level.is_shared() && !earlier.level.is_shared() { earlier } else { later };
        if !reported.is_new(at) {
            continue;
        }
        let source = &earlier.source(table).ident;
        let way = match later.target(table.machine) {
            Some(target) => {
                let target = &table.machine.states[target].ident;
                format!("lead from `{source}` to `{target}`")
            }
            None => format!("stay in `{source}`"),
        };
        let trigger = match later.trigger {
            PlacedTrigger::Event { pattern, .. } => format!("on `{}`", pattern.variant),
            PlacedTrigger::Timer(timer) if table.timers[timer].repeats => "every so often".into(),
            PlacedTrigger::Timer(_) => "after a while".into(),
            PlacedTrigger::Always(_) => "of themselves".into(),
        };
        let message = format!(
            "two rows {way} {trigger}, and replay could not tell them apart; \
             add a label of its own to this one: `, label = \"...\"`"
        );
        diagnostics.error(place(at, table), message);
    }
}

/// Whether the journal calls both triggers the same.
fn is_same_trigger(a: &Placed<'_>, b: &Placed<'_>, table: &Table<'_>) -> bool {
    match (a.trigger, b.trigger) {
        (PlacedTrigger::Event { event: a, .. }, PlacedTrigger::Event { event: b, .. }) => a == b,
        (PlacedTrigger::Timer(a), PlacedTrigger::Timer(b)) => {
            table.timers[a].repeats == table.timers[b].repeats
        }
        (PlacedTrigger::Always(_), PlacedTrigger::Always(_)) => true,
        _ => false,
    }
}

/// Bare calls are method calls on `ctx`, so the name must keep its meaning.
fn binding_named_ctx(machine: &Machine, diagnostics: &mut Diagnostics) {
    for pattern in machine.clauses().flat_map(Clause::patterns) {
        for binding in pattern.bindings().iter().filter(|binding| binding.name == "ctx") {
            let message = "`ctx` is the context in guards and actions; bind another name";
            diagnostics.error(&binding.name, message);
        }
    }
}

fn bare_call_without_context(machine: &Machine, diagnostics: &mut Diagnostics) {
    if machine.header.context.is_some() || machine.header.is_broken {
        return;
    }
    for method in machine.expressions().filter_map(first_bare_call) {
        let message = format!(
            "`{method}(...)` is a method call on the context, and `{}` has none; name its type \
             in `#[fsm(context = ...)]`, or write a path such as `self::{method}(...)` for a \
             function",
            machine.ident
        );
        diagnostics.error(&method, message);
    }
}

/// Every two rows of the same state, the one tried earlier first.
fn pairs<'t, 'm>(table: &'t Table<'m>) -> impl Iterator<Item = (&'t Placed<'m>, &'t Placed<'m>)> {
    table.entries.iter().flat_map(move |entries| {
        let rows = entries.iter().filter_map(move |entry| match *entry {
            Entry::Row(row) => Some(&table.rows[row]),
            Entry::Hold(_) => None,
        });
        let rows: Vec<_> = rows.collect();
        (0..rows.len())
            .flat_map(|later| (0..later).map(move |earlier| (earlier, later)))
            .map(|(earlier, later)| (rows[earlier], rows[later]))
            .collect::<Vec<_>>()
    })
}

/// The tokens to point to when a row is wrong: what makes it run.
pub(super) fn place(placed: &Placed<'_>, table: &Table<'_>) -> TokenStream {
    match placed.trigger {
        PlacedTrigger::Event { pattern, .. } => pattern.to_token_stream(),
        PlacedTrigger::Timer(timer) => table.timers[timer].duration.written.to_token_stream(),
        PlacedTrigger::Always(word) => word.to_token_stream(),
    }
}

/// The rows that an error has been reported for: a row on the enum is in many states.
#[derive(Default)]
struct Reported(Vec<*const ()>);

impl Reported {
    fn is_new(&mut self, placed: &Placed<'_>) -> bool {
        let address = match placed.pattern() {
            Some(pattern) => std::ptr::from_ref(pattern).cast(),
            None => std::ptr::from_ref(placed.row).cast(),
        };
        let is_new = !self.0.contains(&address);
        if is_new {
            self.0.push(address);
        }
        is_new
    }
}
