//! Rules on groups, and on the names in `from(...)` and `of(...)`.

use syn::Ident;

use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::model::{Group, Machine, Row};
use crate::table::Table;

pub(crate) fn check(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let machine = table.machine;
    unknown_source(machine, diagnostics);
    source_named_twice(machine, diagnostics);
    group_named_like_a_state(machine, diagnostics);
    group_declared_twice(machine, diagnostics);
    unknown_parent(machine, diagnostics);
    group_in_itself(machine, diagnostics);
    group_without_states(machine, diagnostics);
    unused_group(machine, diagnostics);
    initial_of_another_group(machine, diagnostics);
    group_without_initial(machine, diagnostics);
    history_without_context(machine, diagnostics);
    history_that_nobody_asks(machine, diagnostics);
    history_of_two_groups(machine, diagnostics);
    history_from_inside(table, diagnostics);
}

/// Whether `name` is a state or a group.
pub(super) fn is_known(machine: &Machine, name: &Ident) -> bool {
    machine.state_index(name).is_some() || machine.group_index(name).is_some()
}

/// Whether the groups are what the user meant: all read, all found, and none that seems misspelt.
/// If not, what seems to be missing may be what a wrong name was to say.
pub(super) fn are_settled(machine: &Machine) -> bool {
    machine.has_all_marks
        && !has_unknown_name(machine)
        && !machine.groups.iter().any(|group| is_unused(machine, group))
}

fn has_unknown_name(machine: &Machine) -> bool {
    let sources = machine.clauses.iter().flat_map(|clause| &clause.sources);
    let targets = machine.rows().filter_map(Row::target_name);
    let mut parents = machine.groups.iter().filter_map(|group| group.parent.as_ref());
    sources.chain(targets).any(|name| !is_known(machine, name))
        || parents.any(|name| machine.group_index(name).is_none())
}

/// Whether one state or more name the group, and nothing else does.
fn is_unused(machine: &Machine, group: &Group) -> bool {
    let name = &group.ident;
    let is_parent = machine.groups.iter().any(|group| group.parent.as_ref() == Some(name));
    let is_source = machine.clauses.iter().any(|clause| clause.sources.contains(name));
    let is_target = machine.rows().any(|row| row.target_name() == Some(name));
    !(group.is_declared || is_parent || is_source || is_target)
}

fn unknown_source(machine: &Machine, diagnostics: &mut Diagnostics) {
    for name in machine.clauses.iter().flat_map(|clause| &clause.sources) {
        let known = names_of_states_and_groups(machine);
        // It may be a group that could not be read.
        let is_unread = !machine.has_all_marks && near(name, &known).is_empty();
        if !is_known(machine, name) && !is_unread {
            let message = format!("`{name}` is no state and no group{}", hint(name, &known));
            diagnostics.error(name, message);
        }
    }
}

fn source_named_twice(machine: &Machine, diagnostics: &mut Diagnostics) {
    for clause in &machine.clauses {
        for (place, name) in clause.sources.iter().enumerate() {
            if clause.sources[..place].contains(name) {
                let message = format!("`{name}` stands here a second time; remove one of the two");
                diagnostics.error(name, message);
            }
        }
    }
}

fn group_named_like_a_state(machine: &Machine, diagnostics: &mut Diagnostics) {
    for group in machine.groups.iter().filter(|group| machine.state_index(&group.ident).is_some()) {
        let name = &group.ident;
        let message = format!("`{name}` is a state; a group needs a name of its own");
        diagnostics.error(name, message);
    }
}

fn group_declared_twice(machine: &Machine, diagnostics: &mut Diagnostics) {
    for (place, group) in machine.groups.iter().enumerate() {
        if machine.groups[..place].iter().any(|earlier| earlier.ident == group.ident) {
            let name = &group.ident;
            let message = format!("the group `{name}` is declared already; put the two together");
            diagnostics.error(name, message);
        }
    }
}

fn unknown_parent(machine: &Machine, diagnostics: &mut Diagnostics) {
    for parent in machine.groups.iter().filter_map(|group| group.parent.as_ref()) {
        let known = names(machine.groups.iter().map(|group| &group.ident));
        let mut hint = near(parent, &known);
        if machine.group_index(parent).is_some() || !machine.has_all_marks && hint.is_empty() {
            continue;
        }
        if hint.is_empty() {
            hint = format!("; declare it on the enum: `#[fsm(group = {parent})]`");
        }
        diagnostics.error(parent, format!("there is no group `{parent}`{hint}"));
    }
}

/// Reported once for each circle, at the group that is declared first.
fn group_in_itself(machine: &Machine, diagnostics: &mut Diagnostics) {
    for (index, group) in machine.groups.iter().enumerate() {
        let chain = machine.chain(Some(index));
        let beyond = chain
            .last()
            .and_then(|outermost| machine.groups[*outermost].parent.as_ref())
            .and_then(|name| machine.group_index(name));
        if beyond == Some(index)
            && chain.iter().all(|other| *other >= index)
            && let Some(parent) = &group.parent
        {
            let message = format!(
                "the group `{}` would be inside itself; leave out one `in` of this circle",
                group.ident
            );
            diagnostics.error(parent, message);
        }
    }
}

fn group_without_states(machine: &Machine, diagnostics: &mut Diagnostics) {
    if !are_settled(machine) {
        return;
    }
    for group in groups_without_states(machine) {
        let name = &group.ident;
        let others = machine.groups.iter().filter(|other| !other.is_declared);
        let mut hint = near(name, &names(others.map(|other| &other.ident)));
        if hint.is_empty() {
            hint = format!("; mark its states: `#[fsm(group = {name})]`");
        }
        diagnostics.error(name, format!("no state is in the group `{name}`{hint}"));
    }
}

fn groups_without_states(machine: &Machine) -> impl Iterator<Item = &Group> {
    let groups = machine.groups.iter().enumerate().filter(|(index, group)| {
        group.is_declared
            && machine.group_index(&group.ident) == Some(*index)
            && machine.states_of(*index).next().is_none()
    });
    groups.map(|(_, group)| group)
}

/// A group that a state names and nothing else is most likely misspelt.
fn unused_group(machine: &Machine, diagnostics: &mut Diagnostics) {
    if !machine.has_all_rows || !machine.has_all_marks || has_unknown_name(machine) {
        return;
    }
    for group in machine.groups.iter().filter(|group| is_unused(machine, group)) {
        let name = &group.ident;
        if machine.state_index(name).is_some() {
            continue;
        }
        let others = machine.groups.iter().map(|group| &group.ident).filter(|other| *other != name);
        let mut hint = near(name, &names(others));
        if hint.is_empty() {
            hint = format!(
                "; if it is only for the picture, declare it on the enum: `#[fsm(group = {name})]`"
            );
        }
        diagnostics.error(name, format!("nothing else names the group `{name}`{hint}"));
    }
}

fn initial_of_another_group(machine: &Machine, diagnostics: &mut Diagnostics) {
    if !are_settled(machine) {
        return;
    }
    for (index, group) in machine.groups.iter().enumerate() {
        let Some(initial) = &group.initial else {
            continue;
        };
        let members: Vec<usize> = machine.states_of(index).collect();
        let is_member = machine.state_index(initial).is_some_and(|state| members.contains(&state));
        if !is_member && !members.is_empty() {
            let known = names(members.iter().map(|state| &machine.states[*state].ident));
            let message = format!(
                "`{initial}` is no state of the group `{}`{}",
                group.ident,
                hint(initial, &known)
            );
            diagnostics.error(initial, message);
        }
    }
}

/// A row to a group must know where to go when nothing is remembered.
fn group_without_initial(machine: &Machine, diagnostics: &mut Diagnostics) {
    // A group without states may be the one that was meant.
    if !machine.has_all_marks || groups_without_states(machine).next().is_some() {
        return;
    }
    let mut missing: Vec<(&Ident, &Group)> = Vec::new();
    for target in machine.rows().filter_map(Row::target_name) {
        let Some(group) = target_group(machine, target) else {
            continue;
        };
        let own = &machine.groups[group];
        if own.initial.is_none() {
            missing.push((target, own));
        }
        let is_shallow = own.history.as_ref().is_some_and(|history| !history.is_deep);
        let inner = machine.groups.iter().filter(|inner| {
            is_shallow && inner.parent.as_ref() == Some(&own.ident) && inner.initial.is_none()
        });
        missing.extend(inner.map(|inner| (target, inner)));
    }
    let mut reported: Vec<&Ident> = Vec::new();
    for (target, group) in missing {
        let name = &group.ident;
        if reported.contains(&name) {
            continue;
        }
        reported.push(name);
        let question = match target_group(machine, target).map(|group| &machine.groups[group]) {
            Some(outer) if outer.ident != *name => {
                format!("the history of `{target}` enters the group `{name}`, but where?")
            }
            _ => format!("where is the group `{name}` entered?"),
        };
        let message =
            format!("{question} Say so on the enum: `#[fsm(group = {name}, initial = State)]`");
        diagnostics.error(target, message);
    }
}

fn history_without_context(machine: &Machine, diagnostics: &mut Diagnostics) {
    if machine.header.context.is_some() || machine.header.is_broken {
        return;
    }
    for history in machine.groups.iter().filter_map(|group| group.history.as_ref()) {
        let message = format!(
            "a history is kept in a field of the context, an `Option<{0}>`, and `{0}` has no \
             context; name its type in `#[fsm(context = ...)]`",
            machine.ident
        );
        diagnostics.error(&history.field, message);
    }
}

fn history_that_nobody_asks(machine: &Machine, diagnostics: &mut Diagnostics) {
    if !machine.has_all_rows || !are_settled(machine) {
        return;
    }
    for (index, group) in machine.groups.iter().enumerate() {
        let Some(history) = &group.history else {
            continue;
        };
        let targets = machine.rows().filter_map(Row::target_name);
        let mut targets = targets.filter_map(|name| target_group(machine, name));
        let is_asked = targets.any(|target| target == index);
        if !is_asked {
            let name = &group.ident;
            let message = format!(
                "no row leads to the group `{name}`, so nothing asks its history; add a row such \
                 as `#[on(Resume => {name})]`, or remove the history"
            );
            diagnostics.error(&history.field, message);
        }
    }
}

/// What one group remembers there the other would forget.
fn history_of_two_groups(machine: &Machine, diagnostics: &mut Diagnostics) {
    let histories =
        || machine.groups.iter().filter_map(|group| Some((group, group.history.as_ref()?)));
    for (place, (group, history)) in histories().enumerate() {
        let earlier = histories().take(place).find(|(_, other)| other.field == history.field);
        if let Some((other, _)) = earlier.filter(|(other, _)| other.ident != group.ident) {
            let message = format!(
                "the group `{}` keeps its history in `{}` already; name another field: \
                 `history = another`",
                other.ident, history.field
            );
            diagnostics.error(&history.field, message);
        }
    }
}

/// The history says where the group was left, and it has not been left yet.
fn history_from_inside(table: &Table<'_>, diagnostics: &mut Diagnostics) {
    let machine = table.machine;
    let mut reported: Vec<*const Row> = Vec::new();
    for placed in &table.rows {
        let Some(group) = placed.history(machine) else {
            continue;
        };
        let (Some(target), row) = (placed.row.target_name(), std::ptr::from_ref(placed.row)) else {
            continue;
        };
        if machine.groups_of(placed.source).contains(&group) && !reported.contains(&row) {
            reported.push(row);
            let source = &placed.source(table).ident;
            let message = format!(
                "`{source}` is in the group `{target}`, which has not been left; name a state \
                 instead, or let the row leave only states outside the group"
            );
            diagnostics.error(target, message);
        }
    }
}

/// The group that a row leads to.
fn target_group(machine: &Machine, target: &Ident) -> Option<usize> {
    if machine.state_index(target).is_some() { None } else { machine.group_index(target) }
}

fn names_of_states_and_groups(machine: &Machine) -> Vec<String> {
    let states = machine.states.iter().map(|state| &state.ident);
    names(states.chain(machine.groups.iter().map(|group| &group.ident)))
}

fn names<'m>(names: impl Iterator<Item = &'m Ident>) -> Vec<String> {
    names.map(ToString::to_string).collect()
}

/// The nearest of the known names, or all of them.
fn hint(name: &Ident, known: &[String]) -> String {
    let hint = near(name, known);
    if hint.is_empty() {
        format!(" (known here: {})", list(known.iter().map(String::as_str)))
    } else {
        hint
    }
}

/// The nearest of the known names, or nothing if none is near.
fn near(name: &Ident, known: &[String]) -> String {
    did_you_mean(&name.to_string(), known.iter().map(String::as_str))
}
