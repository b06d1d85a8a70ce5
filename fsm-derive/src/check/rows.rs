//! Rules on rows and pairs of rows.

use std::ptr;

use syn::Expr;

use crate::bare_calls::first_bare_call;
use crate::diagnostics::Diagnostics;
use crate::model::{Machine, Row};
use crate::pattern::EventPattern;
use crate::table::{Placed, Table};

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    row_that_never_runs(table, diagnostics);
    enum_row_that_never_runs(table, diagnostics);
    rows_without_label(table, diagnostics);
    binding_named_ctx(table.machine, diagnostics);
    bare_call_without_context(table.machine, diagnostics);
}

fn row_that_never_runs(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = Reported::default();
    for (earlier, later) in pairs(table) {
        if earlier.takes_all_of(later.pattern) && reported.is_new(later.pattern) {
            diagnostics.error(later.pattern, never_runs(earlier, later));
        }
    }
}

fn never_runs(earlier: &Placed<'_>, later: &Placed<'_>) -> String {
    let event = &later.pattern.variant;
    if ptr::eq(earlier.row, later.row) {
        return format!("`{event}` stands in this row twice; remove one");
    }
    let advice = if later.row.guard.is_some() || !later.pattern.is_irrefutable() {
        "put it before that row"
    } else {
        "remove it, or give the earlier row a guard"
    };
    format!("this row can never run: an earlier row takes every `{event}`; {advice}")
}

/// An enum's row that every state overrides does nothing.
fn enum_row_that_never_runs(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let has_sources = table.machine.states.iter().any(|state| state.is_final.is_none());
    if !table.machine.has_all_rows || !table.machine.has_all_marks || !has_sources {
        return;
    }
    for pattern in table.machine.rows.iter().flat_map(|row| &row.events) {
        if !table.is_used(pattern) {
            let message = format!(
                "this row can never run: every state takes every `{}` itself; remove it",
                pattern.variant
            );
            diagnostics.error(pattern, message);
        }
    }
}

/// The journal names a row by source, event, target and label, so that rows can be reordered and
/// guards rewritten without touching the past.
fn rows_without_label(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = Reported::default();
    for (earlier, later) in pairs(table) {
        let label = |row: &Row| row.label.as_ref().map(syn::LitStr::value);
        let same = earlier.event == later.event
            && earlier.row.target_name() == later.row.target_name()
            && label(earlier.row) == label(later.row);
        if !same || earlier.takes_all_of(later.pattern) || ptr::eq(earlier.row, later.row) {
            continue;
        }
        // A row on the enum meets many states; the state that is different is the one to change.
        let at = if later.is_on_enum && !earlier.is_on_enum { earlier } else { later };
        if !reported.is_new(at.pattern) {
            continue;
        }
        let source = &earlier.source(table).ident;
        let event = &later.pattern.variant;
        let way = match later.row.target_name() {
            Some(target) => format!("lead from `{source}` to `{target}`"),
            None => format!("stay in `{source}`"),
        };
        let message = format!(
            "two rows {way} on `{event}`, and replay could not tell them apart; \
             add a label of its own to this one: `, label = \"...\"`"
        );
        diagnostics.error(at.pattern, message);
    }
}

/// Bare calls are method calls on `ctx`, so the name must keep its meaning.
fn binding_named_ctx(machine: &Machine, diagnostics: &mut Diagnostics) {
    for pattern in rows(machine).flat_map(|row| &row.events) {
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
    let expressions = rows(machine).flat_map(|row| row.guard.iter().chain(&row.action));
    for method in expressions.filter_map(|expression: &Expr| first_bare_call(expression)) {
        let message = format!(
            "`{method}(...)` is a method call on the context, and `{}` has none; name its type \
             in `#[fsm(context = ...)]`, or write a path such as `self::{method}(...)` for a \
             function",
            machine.ident
        );
        diagnostics.error(&method, message);
    }
}

fn rows(machine: &Machine) -> impl Iterator<Item = &Row> {
    machine.rows.iter().chain(machine.states.iter().flat_map(|state| &state.rows))
}

/// Every two rows of the same state, the one tried earlier first.
fn pairs<'t, 'm>(table: &'t Table<'m>) -> impl Iterator<Item = (&'t Placed<'m>, &'t Placed<'m>)> {
    (0..table.machine.states.len()).flat_map(move |source| {
        let rows = table.rows_of(source);
        rows.clone().enumerate().flat_map(move |(i, later)| {
            table.rows_of(source).take(i).map(move |earlier| (earlier, later))
        })
    })
}

/// The patterns that an error has been reported for: a row on the enum is in many states.
#[derive(Default)]
struct Reported(Vec<*const EventPattern>);

impl Reported {
    fn is_new(&mut self, pattern: &EventPattern) -> bool {
        let address = ptr::from_ref(pattern);
        let is_new = !self.0.contains(&address);
        if is_new {
            self.0.push(address);
        }
        is_new
    }
}
