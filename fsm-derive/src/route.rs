//! What a row leaves and enters on its way.
//!
//! The order is that of UML: the states and groups that are left, the innermost first; the row's
//! action; then those that are entered, the outermost first. A group that holds both ends of a row
//! is neither left nor entered. A row that stays leaves and enters nothing; one that leads from a
//! state to itself leaves and enters the state.

use crate::model::Machine;
use crate::table::{Placed, Scope};

/// Where a row leads.
pub(crate) enum Destination {
    /// Nowhere: the state stays as it is.
    Stay,
    /// To this state.
    State(usize),
    /// To the state that this group remembers, or else to `initial`.
    History { group: usize, initial: usize },
}

/// Where a row leads; `None` if there is no such state, which has been reported.
pub(crate) fn destination(placed: &Placed<'_>, machine: &Machine) -> Option<Destination> {
    if placed.row.target.is_none() {
        return Some(Destination::Stay);
    }
    let target = placed.target(machine)?;
    Some(match placed.history(machine) {
        Some(group) => Destination::History { group, initial: target },
        None => Destination::State(target),
    })
}

/// The groups that are left between `source` and `target`, the innermost first.
pub(crate) fn groups_left(machine: &Machine, source: usize, target: usize) -> Vec<usize> {
    let kept = machine.groups_of(target);
    machine.groups_of(source).into_iter().filter(|group| !kept.contains(group)).collect()
}

/// The groups that are entered between `source` and `target`, the outermost first.
pub(crate) fn groups_entered(machine: &Machine, source: usize, target: usize) -> Vec<usize> {
    let mut entered = groups_left(machine, target, source);
    entered.reverse();
    entered
}

/// What is left between two states, the innermost first.
pub(crate) fn left(machine: &Machine, source: usize, target: usize) -> Vec<Scope> {
    let groups = groups_left(machine, source, target).into_iter().map(Scope::Group);
    std::iter::once(Scope::State(source)).chain(groups).collect()
}

/// What is entered between two states, the outermost first.
pub(crate) fn entered(machine: &Machine, source: usize, target: usize) -> Vec<Scope> {
    let groups = groups_entered(machine, source, target).into_iter().map(Scope::Group);
    groups.chain(std::iter::once(Scope::State(target))).collect()
}

/// What is entered when a machine is created in `initial`, the outermost first.
pub(crate) fn entered_at_creation(machine: &Machine, initial: usize) -> Vec<Scope> {
    let mut scopes = vec![Scope::State(initial)];
    scopes.extend(machine.groups_of(initial).into_iter().map(Scope::Group));
    scopes.reverse();
    scopes
}
