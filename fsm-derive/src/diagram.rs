//! The rows as a diagram: for the documentation, and to compare with a document.

use fsm_diagram::{Diagram, Edge, Group, State};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Ident};

use crate::source_text::source_text;
use crate::table::{Placed, PlacedTrigger, Table};

/// The diagram of a table without mistakes: states and edges are in the table's order.
pub(crate) fn diagram(table: &Table<'_>) -> Diagram {
    let machine = table.machine;
    let states = machine.states.iter().enumerate().map(|(index, state)| State {
        name: text(&state.ident),
        docs: state.docs.clone(),
        initial: state.initial.is_some(),
        is_final: state.is_final.is_some(),
        group: machine.groups_of(index).first().copied(),
        ..State::default()
    });
    let groups = machine.groups.iter().enumerate().map(|(index, group)| Group {
        name: text(&group.ident),
        parent: machine.chain(Some(index)).get(1).copied(),
        initial: machine.group_initial(index),
        ..Group::default()
    });
    Diagram {
        name: text(&machine.ident),
        states: states.collect(),
        groups: groups.collect(),
        edges: table.rows.iter().map(|placed| edge(placed, table)).collect(),
    }
}

fn edge(placed: &Placed<'_>, table: &Table<'_>) -> Edge {
    let expression = |expression: &Expr| source_text(expression.to_token_stream());
    Edge {
        source: placed.source,
        target: placed.target(table.machine).unwrap_or(placed.source),
        internal: placed.row.target.is_none(),
        trigger: trigger(placed, table),
        guard: placed.row.guard.as_ref().map(expression),
        action: placed.row.action.as_ref().map(expression),
        ..Edge::default()
    }
}

fn trigger(placed: &Placed<'_>, table: &Table<'_>) -> String {
    match placed.trigger {
        PlacedTrigger::Event { event, .. } => text(table.events[event]),
        PlacedTrigger::Timer(timer) => {
            let timer = &table.timers[timer];
            let word = if timer.repeats { "every" } else { "after" };
            format!("{word} {}", source_text(timer.duration.written.to_token_stream()))
        }
        PlacedTrigger::Always(_) => String::new(),
    }
}

fn text(name: &Ident) -> String {
    name.unraw().to_string()
}
