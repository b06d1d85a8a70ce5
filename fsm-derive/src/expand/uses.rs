//! Where the user's expressions name a field of the state.
//!
//! There the name is a variable to rustc, one in each of the generated functions. So that an editor
//! renames all of them with the field, each is written once more, as the field that it is.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprPath, Ident, Macro, PatIdent, Token};

use crate::model::{Arguments, Data};
use crate::pattern::EventPattern;
use crate::spans::state_path;
use crate::table::{Placed, Scope, Table};

/// Patterns of the state, each of which names one of its fields as an expression does.
pub(super) fn of_state(state: usize, table: &Table<'_>) -> Vec<TokenStream> {
    let Data::Named(fields) = &table.machine.states[state].data else {
        return Vec::new();
    };
    let path = state_path(&table.machine.states[state].ident);
    let rows = table.rows.iter().filter(|placed| placed.source == state);
    let in_rows = rows.flat_map(|placed| {
        let bindings = placed.pattern().map_or_else(Vec::new, EventPattern::bindings);
        let names = names_in(placed).into_iter();
        names.filter(move |name| bindings.iter().all(|binding| binding.name != *name))
    });
    let timers = table.timers.iter().filter(|timer| timer.scope == Scope::State(state));
    let actions =
        [table.enter_actions(Scope::State(state)), table.exit_actions(Scope::State(state))];
    let elsewhere =
        timers.map(|timer| &timer.duration.written).chain(actions.into_iter().flatten());
    let names = in_rows.chain(elsewhere.flat_map(variables));
    let names = names.filter(|name| fields.iter().any(|(field, _)| field == name));
    names.map(|name| quote!(#path { #name: _, .. })).collect()
}

/// The variables in a row's guard, target and action.
fn names_in(placed: &Placed<'_>) -> Vec<Ident> {
    let row = placed.row;
    let target = row.target.as_ref().and_then(|target| match &target.arguments {
        Arguments::None => None,
        Arguments::Named(_, group) | Arguments::Tuple(_, group) => {
            let name = &target.name;
            syn::parse2::<Expr>(quote!(#name #group)).ok()
        }
    });
    let expressions = row.guard.iter().chain(&row.action).chain(&target);
    expressions.flat_map(variables).collect()
}

/// The variables that `expression` names and does not bind itself.
fn variables(expression: &Expr) -> Vec<Ident> {
    let mut search = Search { named: Vec::new(), bound: Vec::new() };
    search.visit_expr_mut(&mut expression.clone());
    let Search { named, bound } = search;
    named.into_iter().filter(|name| !bound.contains(name)).collect()
}

struct Search {
    named: Vec<Ident>,
    bound: Vec<Ident>,
}

impl VisitMut for Search {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        self.named.extend(path.path.get_ident().cloned());
    }

    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        self.bound.push(pattern.ident.clone());
        visit_mut::visit_pat_ident_mut(self, pattern);
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(mut arguments) = parser.parse2(call.tokens.to_token_stream()) {
            arguments.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
        }
    }
}
