//! The paths and types that the header names, with what holds where it is silent.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

use crate::model::Machine;

pub(crate) struct Types {
    /// The path of `fsm-core`.
    pub(crate) core: TokenStream,
    pub(crate) context: TokenStream,
    pub(crate) effect: TokenStream,
}

pub(crate) fn types(machine: &Machine) -> Types {
    let header = &machine.header;
    let core = match &header.core {
        Some(path) => path.to_token_stream(),
        None => quote::quote_spanned!(Span::mixed_site()=> ::fsm_core),
    };
    let context = header.context.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let effect = match &header.effect {
        Some(effect) => effect.to_token_stream(),
        None => quote!(#core::NoEffect),
    };
    Types { core, context, effect }
}
