//! `now` and `id`, as the user's expressions know them.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};

use crate::model::{Arguments, Machine};
use crate::spans::{hidden, visible};

/// Binds those of the two names that the machine's expressions use.
pub(super) fn names(machine: &Machine) -> TokenStream {
    let moment = hidden("moment");
    let expressions = machine.expressions().map(ToTokens::to_token_stream);
    let targets = machine.rows().filter_map(|row| match &row.target.as_ref()?.arguments {
        Arguments::None => None,
        Arguments::Named(_, group) | Arguments::Tuple(_, group) => Some(group.clone()),
    });
    let tokens: Vec<TokenStream> = expressions.chain(targets).collect();
    let bindings = ["now", "id"]
        .into_iter()
        .filter(|name| tokens.iter().any(|tokens| mentions(tokens.clone(), name)));
    let bindings = bindings.map(|name| {
        let name = visible(name);
        quote!(let #name = #moment.#name;)
    });
    bindings.collect()
}

/// Also inside the arguments of a macro, and of one such as `format!("{now}")`.
fn mentions(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}
