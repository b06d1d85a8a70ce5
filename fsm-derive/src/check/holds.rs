//! Rules on `#[defer]` and `#[quiet]`.

use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::model::{Clause, HoldKind};
use crate::pattern::EventPattern;
use crate::table::{Entry, Held, Level, Table};

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    defer_of_taken_event(table, diagnostics);
    hold_that_never_holds(table, diagnostics);
    hold_of_unknown_event(table, diagnostics);
}

/// What the state takes it does not keep for later.
fn defer_of_taken_event(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = Vec::new();
    for held in table.holds.iter().filter(|held| held.kind == HoldKind::Defer) {
        let event = &held.pattern.variant;
        let is_taken = table.rows_of(held.source).any(|row| {
            is_same_level(row.level, held.level)
                && row.pattern().is_some_and(|pattern| pattern.variant == *event)
        });
        if is_taken && is_new(held.pattern, &mut reported) {
            let source = &table.machine.states[held.source].ident;
            let message = format!(
                "`{source}` takes `{event}` in a row of its own, so it is not deferred there; \
                 remove the one or the other"
            );
            diagnostics.error(held.pattern, message);
        }
    }
}

fn is_same_level(a: Level, b: Level) -> bool {
    a == b || (!a.is_shared() && !b.is_shared())
}

fn hold_that_never_holds(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let mut reported = Vec::new();
    for entries in &table.entries {
        for (place, entry) in entries.iter().enumerate() {
            let Entry::Hold(hold) = *entry else {
                continue;
            };
            let held: &Held<'_> = &table.holds[hold];
            let earlier =
                entries[..place].iter().find(|earlier| table.takes_all_of(**earlier, held.pattern));
            let is_reported = match earlier {
                Some(Entry::Row(row)) if held.kind == HoldKind::Defer => {
                    is_same_level(table.rows[*row].level, held.level)
                }
                _ => false,
            };
            if earlier.is_some() && !is_reported && is_new(held.pattern, &mut reported) {
                let event = &held.pattern.variant;
                let message = format!(
                    "this can never happen: what stands before it takes every `{event}`; remove it"
                );
                diagnostics.error(held.pattern, message);
            }
        }
    }
}

/// An event that no row takes would be kept for ever.
fn hold_of_unknown_event(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    if !table.machine.has_all_rows {
        return;
    }
    let holds = table.machine.clauses().filter(|clause| clause.hold().is_some());
    for pattern in holds.flat_map(Clause::patterns) {
        let event = &pattern.variant;
        if table.event_index(event).is_none() {
            let events: Vec<_> = table.events.iter().map(ToString::to_string).collect();
            let mut hint = did_you_mean(&event.to_string(), events.iter().map(String::as_str));
            if hint.is_empty() && events.is_empty() {
                hint = format!("; add one: `#[on({event} => State)]`");
            } else if hint.is_empty() {
                let events = list(events.iter().map(String::as_str));
                hint = format!("; add one, or name an event that has one: {events}");
            }
            diagnostics.error(event, format!("no row takes `{event}`{hint}"));
        }
    }
}

/// A list on the enum is in many states.
fn is_new(pattern: &EventPattern, reported: &mut Vec<*const EventPattern>) -> bool {
    let address = std::ptr::from_ref(pattern);
    let is_new = !reported.contains(&address);
    if is_new {
        reported.push(address);
    }
    is_new
}
