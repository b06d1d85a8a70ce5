//! Rules on what the header says of older versions.

use crate::diagnostics::{Diagnostics, did_you_mean};
use crate::table::Table;

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    previous_is_not_older(table, diagnostics);
    renamed_to_nothing(table, diagnostics);
    renamed_and_still_there(table, diagnostics);
    renamed_twice(table, diagnostics);
}

fn previous_is_not_older(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let header = &table.machine.header;
    let version = header.version.unwrap_or(1);
    let entries = header.previous.iter().chain(&header.previous_contexts);
    for (previous, older) in entries.filter(|(previous, _)| *previous >= version) {
        let message = format!(
            "version {previous} is not older than this one, which is {version}; set `version = {}`",
            previous.saturating_add(1)
        );
        diagnostics.error(older, message);
    }
}

fn renamed_to_nothing(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let known = names(table);
    if !table.machine.has_all_rows || !table.machine.has_all_marks {
        return;
    }
    let is_known = |word: &syn::Ident| known.iter().any(|name| word == name);
    for (old, new) in &table.machine.header.renamed {
        // An old name that is known is reported by itself: the two may be swapped.
        if !is_known(new) && !is_known(old) {
            let hint = did_you_mean(&new.to_string(), known.iter().map(String::as_str));
            let message = format!("`{new}` is no state, event or group{hint}");
            diagnostics.error(new, message);
        }
    }
}

/// A name that is in use says nothing of the past.
fn renamed_and_still_there(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let known = names(table);
    for (old, _) in &table.machine.header.renamed {
        if known.iter().any(|name| old == name) {
            let message = format!(
                "`{old}` is still there; before the `=>` stands the old name, which is gone"
            );
            diagnostics.error(old, message);
        }
    }
}

/// A name in the journal is one name today.
fn renamed_twice(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let renamed = &table.machine.header.renamed;
    for (place, (old, _)) in renamed.iter().enumerate() {
        if let Some((_, new)) = renamed[..place].iter().find(|(earlier, _)| earlier == old) {
            let message = format!("`{old}` is renamed to `{new}` already; remove one of the two");
            diagnostics.error(old, message);
        }
    }
}

fn names(table: &Table<'_>) -> Vec<String> {
    let machine = table.machine;
    let states = machine.states.iter().map(|state| &state.ident);
    let groups = machine.groups.iter().map(|group| &group.ident);
    let events = table.events.iter().copied();
    states.chain(groups).chain(events).map(ToString::to_string).collect()
}
