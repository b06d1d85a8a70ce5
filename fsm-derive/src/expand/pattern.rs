//! Event patterns with the path of their enum.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Pat, PatIdent, Path, Token};

use crate::pattern::EventPattern;
use crate::spans::event_path;

/// Which of the values a pattern is matched with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The event itself: names are bound to values, as written.
    Value,
    /// A reference to the event: names are bound to references. There a pattern may say neither
    /// `ref` nor `mut`, so they are left out.
    Reference,
}

/// The pattern of the event enum `event`.
pub(super) fn event_pattern(pattern: &EventPattern, event: &Path, access: Access) -> TokenStream {
    let alternatives = pattern.alternatives.iter().map(|alternative| {
        let mut alternative = alternative.clone();
        if access == Access::Reference {
            WithoutModes.visit_pat_mut(&mut alternative);
        }
        with_path(&alternative, event)
    });
    quote!(#(#alternatives)|*)
}

fn with_path(pattern: &Pat, event: &Path) -> TokenStream {
    match pattern {
        Pat::Struct(fields) => {
            let mut tokens = path_of(event, &fields.path);
            fields.brace_token.surround(&mut tokens, |tokens| {
                fields.fields.to_tokens(tokens);
                if fields.rest.is_some() && !fields.fields.empty_or_trailing() {
                    <Token![,]>::default().to_tokens(tokens);
                }
                fields.rest.to_tokens(tokens);
            });
            tokens
        }
        Pat::TupleStruct(tuple) => {
            let mut tokens = path_of(event, &tuple.path);
            tuple.paren_token.surround(&mut tokens, |tokens| tuple.elems.to_tokens(tokens));
            tokens
        }
        Pat::Ident(PatIdent { ident, .. }) => {
            let path = event_path(event, ident);
            quote!(#path { .. })
        }
        other => other.to_token_stream(),
    }
}

fn path_of(event: &Path, variant: &Path) -> TokenStream {
    match variant.get_ident() {
        Some(variant) => event_path(event, variant),
        None => variant.to_token_stream(),
    }
}

struct WithoutModes;

impl VisitMut for WithoutModes {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        pattern.by_ref = None;
        pattern.mutability = None;
        visit_mut::visit_pat_ident_mut(self, pattern);
    }
}
