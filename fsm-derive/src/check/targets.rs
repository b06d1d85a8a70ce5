//! Rules on the targets: is it a state, and is it constructed as it was declared?
//!
//! Only the shape is asked here. The types of the values, and names that no field bears, are
//! rustc's to judge, which can say more about them.

use super::groups::is_known;
use crate::diagnostics::{Diagnostics, did_you_mean, list};
use crate::model::{Arguments, Constructor, Data, Machine, State};

pub(crate) fn check(machine: &Machine, diagnostics: &mut Diagnostics) {
    unknown_target(machine, diagnostics);
    group_with_fields(machine, diagnostics);
    target_shape(machine, diagnostics);
    missing_target_field(machine, diagnostics);
}

fn unknown_target(machine: &Machine, diagnostics: &mut Diagnostics) {
    for constructor in constructors(machine) {
        let name = &constructor.name;
        if is_known(machine, name) || machine.states.is_empty() {
            continue;
        }
        let names = |names: Vec<&syn::Ident>| names.iter().map(ToString::to_string).collect();
        let states: Vec<String> = names(machine.states.iter().map(|state| &state.ident).collect());
        let groups: Vec<String> = names(machine.groups.iter().map(|group| &group.ident).collect());
        let known = states.iter().chain(&groups).map(String::as_str);
        let mut hint = did_you_mean(&name.to_string(), known);
        if hint.is_empty() && !machine.has_all_marks {
            // It may be a group that could not be read.
            continue;
        }
        if hint.is_empty() {
            hint = format!("; its states: {}", list(states.iter().map(String::as_str)));
        }
        let message = format!("`{}` has no state `{name}`{hint}", machine.ident);
        diagnostics.error(name, message);
    }
}

/// A group is entered as it says itself.
fn group_with_fields(machine: &Machine, diagnostics: &mut Diagnostics) {
    for constructor in constructors(machine) {
        let name = &constructor.name;
        let is_group = machine.state_index(name).is_none() && machine.group_index(name).is_some();
        if is_group && !matches!(constructor.arguments, Arguments::None) {
            let message = format!(
                "`{name}` is a group, which is entered as it says itself: write `{name}` alone"
            );
            diagnostics.error(name, message);
        }
    }
}

fn target_shape(machine: &Machine, diagnostics: &mut Diagnostics) {
    for (constructor, state) in known(machine) {
        let name = &state.ident;
        let fits = match (&state.data, &constructor.arguments) {
            (Data::Refused, _)
            | (Data::Unit, Arguments::None)
            | (Data::Named(_), Arguments::Named(..))
            | (Data::One(_), Arguments::Tuple(1, _)) => true,
            // `Done {}` and `Done()` are declared alike, and constructed as they were declared.
            (Data::Named(fields), _) => fields.is_empty(),
            _ => false,
        };
        if !fits {
            let written = match &state.data {
                Data::Unit | Data::Refused => format!("`{name}` carries nothing: write `{name}`"),
                Data::Named(fields) => {
                    let each: Vec<_> =
                        fields.iter().map(|(field, _)| format!("{field}: ...")).collect();
                    let fields = each.join(", ");
                    format!("`{name}` has named fields: write `{name} {{ {fields} }}`")
                }
                Data::One(_) => format!("`{name}` has one tuple field: write `{name}(...)`"),
            };
            diagnostics.error(&constructor.name, written);
        }
    }
}

fn missing_target_field(machine: &Machine, diagnostics: &mut Diagnostics) {
    for (constructor, state) in known(machine) {
        let (Data::Named(fields), Arguments::Named(given, _)) =
            (&state.data, &constructor.arguments)
        else {
            continue;
        };
        // A field that does not exist is most likely a missing one, misspelt: rustc says that.
        let unknown = given.iter().any(|name| fields.iter().all(|(field, _)| field != name));
        let missing: Vec<_> = fields
            .iter()
            .map(|(field, _)| field)
            .filter(|field| !given.contains(field))
            .map(ToString::to_string)
            .collect();
        if !unknown && !missing.is_empty() {
            let missing = list(missing.iter().map(String::as_str));
            let message = format!("the target `{}` lacks {missing}", state.ident);
            diagnostics.error(&constructor.name, message);
        }
    }
}

fn constructors(machine: &Machine) -> impl Iterator<Item = &Constructor> {
    machine.rows().filter_map(|row| row.target.as_ref())
}

/// The constructors of states that exist, with the state.
fn known(machine: &Machine) -> impl Iterator<Item = (&Constructor, &State)> {
    constructors(machine).filter_map(|constructor| {
        let index = machine.state_index(&constructor.name)?;
        Some((constructor, &machine.states[index]))
    })
}
