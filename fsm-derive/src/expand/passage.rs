//! Entry and exit actions.
//!
//! They are closures ahead of the match on the rows: there they see the fields of their own state
//! and nothing of the row that is taken, and each stands there once however many rows pass.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Expr;
use syn::ext::IdentExt;

use super::body::{emit, plain_state};
use super::field::{Field, fields};
use super::header::Types;
use crate::model::{Data, Machine};
use crate::spans::{hidden, visible};
use crate::table::{Scope, Table};

/// The closures of all states and groups that have such actions.
pub(super) fn closures(table: &Table<'_>, types: &Types) -> TokenStream {
    let machine = table.machine;
    let groups = (0..machine.groups.len()).map(Scope::Group);
    let scopes = groups.chain((0..machine.states.len()).map(Scope::State));
    let closures = scopes.map(|scope| {
        let enter = enter_closure(scope, table, types);
        let exit = exit_closure(scope, table, types);
        quote!(#enter #exit)
    });
    closures.collect()
}

/// Runs the entry actions of `scopes`, of which the last may be the state of the hidden `next`.
pub(super) fn enter(scopes: &[Scope], table: &Table<'_>) -> TokenStream {
    let (next, context, effects) = (hidden("next"), hidden("context"), hidden("effects"));
    let calls = scopes.iter().filter(|scope| !table.enter_actions(**scope).is_empty());
    let calls = calls.map(|scope| {
        let closure = name("enter", *scope, table.machine);
        let state = matches!(scope, Scope::State(_)).then(|| quote!(&#next,));
        quote!(#closure(#state &mut *#context, #effects);)
    });
    calls.collect()
}

/// Runs the exit actions of `scopes`; the fields of the state that is left are bound.
pub(super) fn exit(scopes: &[Scope], fields: &[Field], table: &Table<'_>) -> TokenStream {
    let (context, effects) = (hidden("context"), hidden("effects"));
    let calls = scopes.iter().filter(|scope| !table.exit_actions(**scope).is_empty());
    let calls = calls.map(|scope| {
        let closure = name("exit", *scope, table.machine);
        let fields = fields.iter().filter(|_| matches!(scope, Scope::State(_)));
        let fields = fields.map(Field::by_reference);
        quote!(#closure(#(#fields,)* &mut *#context, #effects);)
    });
    calls.collect()
}

fn enter_closure(scope: Scope, table: &Table<'_>, types: &Types) -> TokenStream {
    let actions = table.enter_actions(scope);
    if actions.is_empty() {
        return TokenStream::new();
    }
    let (actions, arguments) = (emitted(&actions, types), arguments(types));
    let closure = name("enter", scope, table.machine);
    let Scope::State(state) = scope else {
        return quote!(let #closure = |#arguments| { #actions };);
    };
    let next = hidden("next");
    let state = &table.machine.states[state];
    let bound: Vec<_> = fields(&state.data, &[], &[]).iter().map(Field::bind).collect();
    let name = plain_state(&state.ident);
    let actions = match bound.is_empty() {
        true => actions,
        false => quote!(if let #name { #(#bound)* } = #next { #actions }),
    };
    quote!(let #closure = |#next: &Self, #arguments| { #actions };)
}

fn exit_closure(scope: Scope, table: &Table<'_>, types: &Types) -> TokenStream {
    let actions = table.exit_actions(scope);
    if actions.is_empty() {
        return TokenStream::new();
    }
    let (actions, arguments) = (emitted(&actions, types), arguments(types));
    let closure = name("exit", scope, table.machine);
    let fields = match scope {
        Scope::State(state) => match &table.machine.states[state].data {
            Data::Unit | Data::Refused => TokenStream::new(),
            Data::Named(fields) => {
                let fields = fields.iter().map(|(name, ty)| quote!(#name: &#ty,));
                fields.collect()
            }
            Data::One(ty) => {
                let state = visible("state");
                quote!(#state: &#ty,)
            }
        },
        Scope::Group(_) | Scope::Machine => TokenStream::new(),
    };
    quote!(let #closure = |#fields #arguments| { #actions };)
}

fn emitted(actions: &[&Expr], types: &Types) -> TokenStream {
    actions.iter().map(|action| emit(action, &TokenStream::new(), types)).collect()
}

fn arguments(types: &Types) -> TokenStream {
    let Types { core, context: context_type, effect } = types;
    let (context, effects) = (hidden("context"), hidden("effects"));
    quote!(#context: &mut #context_type, #effects: &mut #core::Effects<#effect>)
}

/// `enter_Talking`: states and groups have different names, and keep their letters.
fn name(what: &str, scope: Scope, machine: &Machine) -> Ident {
    let name = match scope {
        Scope::State(state) => &machine.states[state].ident,
        Scope::Group(group) => &machine.groups[group].ident,
        Scope::Machine => &machine.ident,
    };
    format_ident!("{what}_{}", name.unraw(), span = hidden(what).span())
}
