//! Events that are not taken, as `match` arms: those that are deferred, and those that are refused
//! without ado.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::header::Types;
use super::pattern::{Access, event_pattern};
use crate::model::HoldKind;
use crate::spans::hidden;
use crate::table::Held;

/// The arm of `decide` in its state.
pub(super) fn decide(held: &Held<'_>, types: &Types, event: &Path) -> TokenStream {
    let core = &types.core;
    let pattern = event_pattern(held.pattern, event, Access::Reference);
    let answer = match held.kind {
        HoldKind::Defer => quote!(Defer),
        HoldKind::Quiet => quote!(RefuseQuietly),
    };
    quote!(#pattern => #core::Decision::#answer,)
}

/// The arm of `step_with` in its state, which `state` puts together again.
pub(super) fn step_with(
    held: &Held<'_>,
    state: &TokenStream,
    types: &Types,
    event: &Path,
) -> TokenStream {
    let core = &types.core;
    // What the pattern binds would be moved out of the event, so it is matched with a reference.
    let pattern = event_pattern(held.pattern, event, Access::Reference);
    let (event, refused) = (hidden("event"), hidden("refused"));
    let deferred = held.kind == HoldKind::Defer;
    quote! {
        #event if ::core::matches!(&#event, #pattern) => #refused(#core::Refused {
            state: #state,
            event: #event,
            deferred: #deferred,
        }),
    }
}
