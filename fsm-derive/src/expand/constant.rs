//! The table as a constant.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use syn::Expr;

use super::header::Types;
use super::past;
use crate::model::HoldKind;
use crate::source_text::source_text;
use crate::table::{Placed, PlacedTrigger, Scope, Table, Timer};

/// The value of `Fsm::TABLE`.
pub(super) fn constant(table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let header = &table.machine.header;
    let name = match &header.name {
        Some(name) => name.value(),
        None => text_of_name(&table.machine.ident),
    };
    let version = header.version.map(|version| quote!(version: #version,));
    let machine = table.machine;
    let states = (0..machine.states.len()).map(|state| state_constant(state, table, types));
    let groups = (0..machine.groups.len()).map(|group| group_constant(group, table, types));
    let events = table.events.iter().map(|event| text_of_name(event));
    let timers = table.timers.iter().map(|timer| timer_constant(timer, types));
    let rows = table.rows.iter().map(|placed| row_constant(placed, table, types));
    let previous = past::constants(table);
    let renamed = header.renamed.iter().map(|(old, new)| {
        let (old, new) = (text_of_name(old), text_of_name(new));
        quote!((#old, #new))
    });
    let parts = [
        part("states", states),
        part("groups", groups),
        part("events", events.map(ToTokens::into_token_stream)),
        part("timers", timers),
        part("rows", rows),
        previous,
        part("renamed", renamed),
    ];
    let constant = quote! {
        &#core::Table {
            name: #name,
            #version
            #(#parts)*
            ..#core::Table::EMPTY
        }
    };
    match &header.diagram {
        // So that the machine is compiled anew when the diagram has changed.
        Some(diagram) => {
            let text = quote_spanned!(diagram.span()=> ::core::include_str!(#diagram));
            quote!({ const _: &str = #text; #constant })
        }
        None => constant,
    }
}

/// `name: &[...],`, or nothing without parts.
fn part(name: &str, parts: impl Iterator<Item = TokenStream>) -> TokenStream {
    let name = syn::Ident::new(name, proc_macro2::Span::mixed_site());
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() { TokenStream::new() } else { quote!(#name: &[#(#parts),*],) }
}

fn state_constant(index: usize, table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let machine = table.machine;
    let state = &machine.states[index];
    let (name, docs) = (text_of_name(&state.ident), &state.docs);
    let docs = (!docs.is_empty()).then(|| quote!(.docs(#docs)));
    let initial = state.initial.is_some().then(|| quote!(.initial()));
    let last = state.is_final.is_some().then(|| quote!(.last()));
    let group = machine.groups_of(index).first().copied().map(number);
    let group = group.map(|group| quote!(.group(#group)));
    let actions = actions(Scope::State(index), table);
    let held = |kind: HoldKind| {
        let held = table.holds.iter().filter(|held| held.source == index && held.kind == kind);
        let mut events: Vec<_> =
            held.filter_map(|held| table.event_index(&held.pattern.variant)).collect();
        events.sort_unstable();
        events.dedup();
        let events: Vec<_> = events.into_iter().map(number).collect();
        (!events.is_empty()).then(|| quote!(&[#(#core::EventId(#events)),*]))
    };
    let deferred = held(HoldKind::Defer).map(|events| quote!(.deferred(#events)));
    let quiet = held(HoldKind::Quiet).map(|events| quote!(.quiet(#events)));
    quote! {
        #core::machine::State::new(#name) #docs #initial #last #group #actions #deferred #quiet
    }
}

fn group_constant(index: usize, table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let machine = table.machine;
    let group = &machine.groups[index];
    let name = text_of_name(&group.ident);
    let parent = machine.chain(Some(index)).get(1).copied().map(number);
    let parent = parent.map(|parent| quote!(.parent(#parent)));
    let initial = machine.group_initial(index).map(number);
    let initial = initial.map(|initial| quote!(.initial(#initial)));
    let history = group.history.as_ref().map(|history| {
        let depth = if history.is_deep { quote!(Deep) } else { quote!(Shallow) };
        quote!(.history(#core::machine::History::#depth))
    });
    let actions = actions(Scope::Group(index), table);
    quote!(#core::machine::Group::new(#name) #parent #initial #history #actions)
}

/// `.enter(&["..."])` and `.exit(&["..."])`, if there are any.
fn actions(scope: Scope, table: &Table<'_>) -> TokenStream {
    let texts = |actions: Vec<&Expr>| {
        let texts = actions.iter().map(|action| source_text(action.to_token_stream()));
        let texts: Vec<_> = texts.collect();
        (!texts.is_empty()).then(|| quote!(&[#(#texts),*]))
    };
    let enter = texts(table.enter_actions(scope)).map(|texts| quote!(.enter(#texts)));
    let exit = texts(table.exit_actions(scope)).map(|texts| quote!(.exit(#texts)));
    quote!(#enter #exit)
}

fn timer_constant(timer: &Timer<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let scope = match timer.scope {
        Scope::Machine => quote!(Machine),
        Scope::Group(group) => {
            let group = number(group);
            quote!(Group(#core::GroupId(#group)))
        }
        Scope::State(state) => {
            let state = number(state);
            quote!(State(#core::StateId(#state)))
        }
    };
    let kind = if timer.repeats { quote!(every) } else { quote!(after) };
    let duration = source_text(timer.duration.written.to_token_stream());
    quote!(#core::machine::Timer::#kind(#core::machine::Scope::#scope, #duration))
}

fn row_constant(placed: &Placed<'_>, table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let source = number(placed.source);
    let kind = match placed.trigger {
        PlacedTrigger::Event { event, pattern } => {
            let (event, pattern) = (number(event), pattern.text());
            quote!(on(#source, #event, #pattern))
        }
        PlacedTrigger::Timer(timer) => {
            let timer = number(timer);
            quote!(timer(#source, #timer))
        }
        PlacedTrigger::Always(_) => quote!(always(#source)),
    };
    let row = placed.row;
    let text = |expression: &Expr| source_text(expression.to_token_stream());
    let guard = row.guard.as_ref().map(text).map(|guard| quote!(.guard(#guard)));
    let action = row.action.as_ref().map(text).map(|action| quote!(.action(#action)));
    let label = row.label.as_ref().map(|label| quote!(.label(#label)));
    let target = placed.target(table.machine).map(number).map(|target| quote!(.to(#target)));
    let history = placed.history(table.machine).map(number);
    let history = history.map(|group| quote!(.history(#group)));
    quote!(#core::machine::Row::#kind #guard #target #history #action #label)
}

/// A state's, event's or row's number as it stands in an id.
pub(super) fn number(index: usize) -> TokenStream {
    // The checks have refused a machine with more than `u16::MAX` of them.
    proc_macro2::Literal::usize_unsuffixed(index).to_token_stream()
}

/// `r#type` is written so that it can be a name, and is called `type`.
fn text_of_name(name: &syn::Ident) -> String {
    syn::ext::IdentExt::unraw(name).to_string()
}
