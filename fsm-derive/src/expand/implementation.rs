//! The `impl Fsm`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use super::arm::Arm;
use super::body::{any, first_state, with_any_fields};
use super::constant::{constant, number};
use super::header::{Types, types};
use super::offer::Offer;
use super::{eventless, moment, passage, past, storing};
use crate::diagram::diagram;
use crate::route;
use crate::spans::{before, event_path, hidden, in_parentheses, state_path};
use crate::table::Table;

/// The `impl` of a machine that has passed the checks; nothing if it names no event, which the
/// checks do not let pass.
pub(crate) fn implementation(table: &Table<'_>) -> TokenStream {
    let Some(event) = table.event_type() else {
        return TokenStream::new();
    };
    let types = types(table.machine);
    let Types { core, context, effect } = &types;
    let ident = &table.machine.ident;
    let (impl_generics, type_generics, where_clause) = table.machine.generics.split_for_impl();
    let arms: Vec<_> =
        table.rows.iter().map(|placed| Arm::new(placed, table, &types, event)).collect();
    let offer = Offer { table, types: &types, event, arms: &arms };
    let constant = constant(table, &types);
    let functions = [
        initial(table),
        enter_initial(table, &types),
        state_id(table, &types),
        event_id(table, &types, event),
        offer.decide(),
        offer.apply(),
        offer.step_with(),
        offer.candidates(),
        eventless::functions(table, &arms, &types),
        past::functions(table, &types),
        storing::functions(table, &types),
    ];
    let picture = format!("```mermaid\n{}```", diagram(table).mermaid());
    quote! {
        #[doc = #picture]
        #[automatically_derived]
        #[allow(
            irrefutable_let_patterns, non_snake_case, unreachable_patterns, unused_braces,
            unused_mut, unused_parens, unused_variables,
            clippy::all, clippy::nursery, clippy::pedantic
        )]
        impl #impl_generics #core::Fsm for #ident #type_generics #where_clause {
            type Event = #event;
            type Context = #context;
            type Effect = #effect;

            const TABLE: &'static #core::Table = #constant;

            #(#functions)*
        }
    }
}

fn initial(table: &Table<'_>) -> TokenStream {
    let Some(initial) = initial_state(table) else {
        return TokenStream::new();
    };
    let state = first_state(initial, table.machine);
    quote! {
        #[inline]
        fn initial() -> Self {
            #state
        }
    }
}

fn initial_state(table: &Table<'_>) -> Option<usize> {
    table.machine.states.iter().position(|state| state.initial.is_some())
}

/// Left to the trait if there is nothing to do.
fn enter_initial(table: &Table<'_>, types: &Types) -> TokenStream {
    let Some(initial) = initial_state(table) else {
        return TokenStream::new();
    };
    let scopes = route::entered_at_creation(table.machine, initial);
    let actions = passage::enter(&scopes, table);
    if actions.is_empty() {
        return TokenStream::new();
    }
    let Types { core, context: context_type, effect: effect_type } = types;
    let closures = passage::closures(table, types);
    let (context, moment, effects) = (hidden("context"), hidden("moment"), hidden("effects"));
    let (next, moment_names) = (hidden("next"), moment::names(table.machine));
    quote! {
        fn enter_initial(
            &self,
            #context: &mut #context_type,
            #moment: #core::Moment<'_>,
            #effects: &mut #core::Effects<#effect_type>,
        ) {
            #moment_names
            #closures
            let #next = self;
            #actions
        }
    }
}

/// The match names a state once more for each place that mentions it and makes no other code, so
/// that an editor knows what stands there.
fn state_id(table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let arms = table.machine.states.iter().enumerate().map(|(index, state)| {
        let mentions = table.machine.mentions().filter(|name| **name == state.ident);
        let mentions = mentions.map(|name| with_any_fields(&state_path(name), state));
        let uses = super::uses::of_state(index, table);
        let (state, number) = (any(state), number(index));
        quote!(#state #(| #mentions)* #(| #uses)* => #core::StateId(#number),)
    });
    quote! {
        #[inline]
        fn state_id(&self) -> #core::StateId {
            match *self { #(#arms)* }
        }
    }
}

/// The match names every event that any row takes, and no other: this is where rustc finds the
/// variant that the machine forgot.
fn event_id(table: &Table<'_>, types: &Types, event: &Path) -> TokenStream {
    let core = &types.core;
    let arms = table.events.iter().enumerate().map(|(index, variant)| {
        let renamed = table.machine.header.renamed.iter().map(|(_, new)| new);
        let mentions = renamed.filter(|new| new == variant).map(|new| event_path(event, new));
        let (path, number) = (event_path(event, variant), number(index));
        quote!(#path { .. } #(| #mentions { .. })* => #core::EventId(#number),)
    });
    // The error for a forgotten variant underlines what is matched: let that be the event's type.
    let place = event.segments.last().map_or_else(|| event.span(), |last| last.ident.span());
    let matched = syn::Ident::new("event", before(place));
    let matched_place = in_parentheses(place, quote_spanned!(before(place)=> *#matched));
    quote! {
        #[inline]
        fn event_id(#matched: &#event) -> #core::EventId {
            match #matched_place { #(#arms)* }
        }
    }
}
