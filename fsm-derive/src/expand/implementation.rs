//! The `impl Fsm`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use super::arm::{Arm, plain_state};
use super::constant::{constant, number};
use super::header::{Types, types};
use crate::model::{Data, State};
use crate::spans::{event_path, hidden, visible};
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
    let constant = constant(table, &types);
    let functions = [
        initial(table),
        state_id(table, &types),
        event_id(table, &types, event),
        decide(&arms, &types),
        apply(&arms, &types),
        step(&arms, &types),
        candidates(table, &arms, &types),
    ];
    quote! {
        #[automatically_derived]
        #[allow(
            unreachable_patterns, unused_braces, unused_mut, unused_parens, unused_variables,
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
    let initial = table.machine.states.iter().find(|state| state.initial.is_some());
    let Some(State { ident, data, .. }) = initial else {
        return TokenStream::new();
    };
    let default = |ty: &syn::Type| {
        // The whole path stands where the type does, so that a type without a default is the place
        // rustc points to.
        let path = quote_spanned!(ty.span()=> ::core::default::Default>::default());
        quote!(<#ty as #path)
    };
    let state = plain_state(ident);
    let state = match data {
        Data::Unit | Data::Refused => state,
        Data::Named(fields) => {
            let fields = fields.iter().map(|(name, ty)| {
                let default = default(ty);
                quote!(#name: #default)
            });
            quote!(#state { #(#fields),* })
        }
        Data::One(ty) => {
            let default = default(ty);
            quote!(#state(#default))
        }
    };
    quote! {
        #[inline]
        fn initial() -> Self {
            #state
        }
    }
}

fn state_id(table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let arms = table.machine.states.iter().enumerate().map(|(index, state)| {
        let (state, number) = (plain_state(&state.ident), number(index));
        quote!(#state { .. } => #core::StateId(#number),)
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
        let (path, number) = (event_path(event, variant), number(index));
        quote!(#path { .. } => #core::EventId(#number),)
    });
    // The error for a forgotten variant underlines what is matched: let that be the event's type.
    let place = event.segments.last().map_or_else(|| event.span(), |last| last.ident.span());
    let matched = syn::Ident::new("event", place);
    let matched_place = quote_spanned!(place=> *#matched);
    quote! {
        #[inline]
        fn event_id(#matched: &Self::Event) -> #core::EventId {
            match #matched_place { #(#arms)* }
        }
    }
}

fn decide(arms: &[Arm<'_>], types: &Types) -> TokenStream {
    let core = &types.core;
    let arms = arms.iter().map(Arm::decide);
    let (context, event, moment) = (hidden("context"), hidden("event"), hidden("moment"));
    let moment_names = moment_names();
    quote! {
        #[inline]
        fn decide(
            &self,
            #context: &Self::Context,
            #event: &Self::Event,
            #moment: #core::Moment<'_>,
        ) -> #core::Decision {
            #moment_names
            match (self, #event) {
                #(#arms)*
                _ => #core::Decision::Refuse,
            }
        }
    }
}

fn apply(arms: &[Arm<'_>], types: &Types) -> TokenStream {
    let core = &types.core;
    let arms = arms.iter().map(Arm::apply);
    let (context, event, moment) = (hidden("context"), hidden("event"), hidden("moment"));
    let (row, effects) = (hidden("row"), hidden("effects"));
    let moment_names = moment_names();
    quote! {
        fn apply(
            self,
            #row: #core::RowId,
            #context: &mut Self::Context,
            #event: Self::Event,
            #moment: #core::Moment<'_>,
            #effects: &mut #core::Effects<Self::Effect>,
        ) -> ::core::result::Result<Self, #core::WrongRow> {
            #moment_names
            match (#row.0, self, #event) {
                #(#arms)*
                _ => ::core::result::Result::Err(#core::WrongRow { row: #row }),
            }
        }
    }
}

fn step(arms: &[Arm<'_>], types: &Types) -> TokenStream {
    let core = &types.core;
    let arms = arms.iter().map(Arm::step);
    let (context, event, moment) = (hidden("context"), hidden("event"), hidden("moment"));
    let (old_state, effects) = (hidden("old_state"), hidden("effects"));
    let moment_names = moment_names();
    quote! {
        #[inline]
        fn step(
            self,
            #context: &mut Self::Context,
            #event: Self::Event,
            #moment: #core::Moment<'_>,
            #effects: &mut #core::Effects<Self::Effect>,
        ) -> ::core::result::Result<Self, #core::Refused<Self>> {
            #moment_names
            match (self, #event) {
                #(#arms)*
                (#old_state, #event) => ::core::result::Result::Err(#core::Refused {
                    state: #old_state,
                    event: #event,
                }),
            }
        }
    }
}

fn candidates(table: &Table<'_>, arms: &[Arm<'_>], types: &Types) -> TokenStream {
    let core = &types.core;
    let (event, rows) = (hidden("event"), hidden("rows"));
    let states = table.machine.states.iter().enumerate().map(|(index, state)| {
        let state = plain_state(&state.ident);
        let arms = arms.iter().filter(|arm| arm.placed.source == index).map(|arm| {
            let (pattern, number) = (arm.matches(), number(arm.placed.number));
            quote! {
                match #event {
                    #pattern => #rows.push(#core::RowId(#number)),
                    _ => {}
                }
            }
        });
        quote!(#state { .. } => { #(#arms)* })
    });
    quote! {
        #[cold]
        fn candidates(&self, #event: &Self::Event) -> ::std::vec::Vec<#core::RowId> {
            let mut #rows = ::std::vec::Vec::new();
            match *self { #(#states)* }
            #rows
        }
    }
}

/// `now` and `id`, as the user's expressions know them.
fn moment_names() -> TokenStream {
    let (now, id, moment) = (visible("now"), visible("id"), hidden("moment"));
    quote!(let #now = #moment.now; let #id = #moment.id;)
}
