//! The functions for rows without an event. A machine without such rows has none of them, and
//! keeps the trait's.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::arm::Arm;
use super::body::{any, plain_state};
use super::constant::number;
use super::field::{Field, fields};
use super::header::Types;
use super::{moment, passage};
use crate::bare_calls::with_method_calls;
use crate::spans::{before, hidden, visible};
use crate::table::{PlacedTrigger, Scope, Table, Timer};

pub(super) fn functions(table: &Table<'_>, arms: &[Arm<'_>], types: &Types) -> TokenStream {
    let eventless: Vec<_> = arms.iter().filter(|arm| arm.placed.pattern().is_none()).collect();
    if eventless.is_empty() {
        return TokenStream::new();
    }
    let functions = [
        decide_always(&eventless, table, types),
        decide_timer(&eventless, table, types),
        duration(table, types),
    ];
    let apply = apply_eventless(&eventless, table, types);
    quote!(#(#functions)* #apply)
}

fn decide_always(arms: &[&Arm<'_>], table: &Table<'_>, types: &Types) -> TokenStream {
    let Types { core, context: context_type, .. } = types;
    let arms: Vec<_> = arms
        .iter()
        .filter(|arm| matches!(arm.placed.trigger, PlacedTrigger::Always(_)))
        .map(|arm| arm.decide_always())
        .collect();
    if arms.is_empty() {
        return TokenStream::new();
    }
    let (context, moment) = (hidden("context"), hidden("moment"));
    let moment_names = moment::names(table.machine);
    quote! {
        #[inline]
        fn decide_always(
            &self,
            #context: &#context_type,
            #moment: #core::Moment<'_>,
        ) -> #core::Decision {
            #moment_names
            match self {
                #(#arms)*
                _ => #core::Decision::Refuse,
            }
        }
    }
}

fn decide_timer(arms: &[&Arm<'_>], table: &Table<'_>, types: &Types) -> TokenStream {
    let Types { core, context: context_type, .. } = types;
    let arms: Vec<_> = arms.iter().filter_map(|arm| timer_arm(arm)).collect();
    if arms.is_empty() {
        return TokenStream::new();
    }
    let (context, moment) = (hidden("context"), hidden("moment"));
    let moment_names = moment::names(table.machine);
    let timer = hidden("timer");
    quote! {
        fn decide_timer(
            &self,
            #timer: #core::TimerId,
            #context: &#context_type,
            #moment: #core::Moment<'_>,
        ) -> #core::Decision {
            #moment_names
            match (#timer.0, self) {
                #(#arms)*
                _ => #core::Decision::Refuse,
            }
        }
    }
}

fn timer_arm(arm: &Arm<'_>) -> Option<TokenStream> {
    let PlacedTrigger::Timer(timer) = arm.placed.trigger else {
        return None;
    };
    Some(arm.decide_timer(timer))
}

fn duration(table: &Table<'_>, types: &Types) -> TokenStream {
    if table.timers.is_empty() {
        return TokenStream::new();
    }
    let Types { core, context: context_type, .. } = types;
    let arms = table.timers.iter().enumerate().map(|(index, timer)| {
        let (index, state) = (number(index), timer_state(timer, table));
        let duration = timer_duration(timer);
        quote!((#index, #state) => ::core::option::Option::Some(#duration),)
    });
    let (ctx, context, moment) = (visible("ctx"), hidden("context"), hidden("moment"));
    let (timer, moment_names) = (hidden("timer"), moment::names(table.machine));
    quote! {
        fn duration(
            &self,
            #timer: #core::TimerId,
            #context: &#context_type,
            #moment: #core::Moment<'_>,
        ) -> ::core::option::Option<::core::time::Duration> {
            let #ctx = #context;
            #moment_names
            match (#timer.0, self) {
                #(#arms)*
                _ => ::core::option::Option::None,
            }
        }
    }
}

/// A state's timer knows the state's fields; another one runs in several states.
fn timer_state(timer: &Timer<'_>, table: &Table<'_>) -> TokenStream {
    let machine = table.machine;
    let names = |states: Vec<usize>| {
        let names = states.into_iter().map(|state| any(&machine.states[state]));
        quote!(#(#names)|*)
    };
    let is_open = |state: &usize| machine.states[*state].is_final.is_none();
    match timer.scope {
        Scope::State(state) => {
            let name = plain_state(&machine.states[state].ident);
            let fields = fields(&machine.states[state].data, &[], &[]);
            let fields = fields.iter().map(Field::bind);
            quote!(#name { #(#fields)* })
        }
        Scope::Group(group) => names(machine.states_of(group).filter(is_open).collect()),
        Scope::Machine => names((0..machine.states.len()).filter(is_open).collect()),
    }
}

fn timer_duration(timer: &Timer<'_>) -> TokenStream {
    match timer.duration.nanos {
        Some(nanos) => {
            // The parser takes at most 100 years, in whole milliseconds.
            let millis = u64::try_from(nanos / 1_000_000).unwrap_or(u64::MAX);
            quote!(::core::time::Duration::from_millis(#millis))
        }
        None => {
            let written = with_method_calls(&timer.duration.written);
            let duration = quote_spanned!(before(written.span())=> ::core::time::Duration);
            quote!({ let duration: #duration = #written; duration })
        }
    }
}

fn apply_eventless(arms: &[&Arm<'_>], table: &Table<'_>, types: &Types) -> TokenStream {
    let Types { core, context: context_type, effect: effect_type } = types;
    let arms = arms.iter().map(|arm| arm.apply_eventless());
    let (context, moment) = (hidden("context"), hidden("moment"));
    let (row, effects) = (hidden("row"), hidden("effects"));
    let passages = passage::closures(table, types);
    let moment_names = moment::names(table.machine);
    quote! {
        fn apply_eventless(
            self,
            #row: #core::RowId,
            #context: &mut #context_type,
            #moment: #core::Moment<'_>,
            #effects: &mut #core::Effects<#effect_type>,
        ) -> ::core::result::Result<Self, #core::WrongRow> {
            #moment_names
            #passages
            match (#row.0, self) {
                #(#arms)*
                _ => ::core::result::Result::Err(#core::WrongRow { row: #row }),
            }
        }
    }
}
