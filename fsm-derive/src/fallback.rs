//! What is emitted for an enum with mistakes: the errors, and an `impl` that brings no others.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::expand::{Types, types};
use crate::model::Machine;

/// The errors, with an `impl` whose functions are never run.
///
/// The types are those of the header, so that what is written elsewhere about the machine is no
/// second mistake. Only where the header does not name them is that beyond us.
pub(crate) fn fallback(machine: &Machine, errors: &[syn::Error]) -> TokenStream {
    let header = &machine.header;
    let Types { core, context, effect } = types(machine);
    let event = header.event.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let ident = &machine.ident;
    let (impl_generics, type_generics, where_clause) = machine.generics.split_for_impl();
    let never = quote!(::core::unreachable!("the machine does not compile"));
    quote! {
        #(#errors)*

        #[automatically_derived]
        impl #impl_generics #core::Fsm for #ident #type_generics #where_clause {
            type Event = #event;
            type Context = #context;
            type Effect = #effect;

            const TABLE: &'static #core::Table = &#core::Table::EMPTY;

            fn initial() -> Self { #never }
            fn state_id(&self) -> #core::StateId { #never }
            fn event_id(_: &#event) -> #core::EventId { #never }
            fn decide(
                &self, _: &#context, _: &#event, _: #core::Moment<'_>,
            ) -> #core::Decision { #never }
            fn apply(
                self, _: #core::RowId, _: &mut #context, _: #event,
                _: #core::Moment<'_>, _: &mut #core::Effects<#effect>,
            ) -> ::core::result::Result<Self, #core::WrongRow> { #never }
            fn step_with<__Answer>(
                self, _: &mut #context, _: #event,
                _: #core::Moment<'_>, _: &mut #core::Effects<#effect>,
                _: impl ::core::ops::FnOnce(Self) -> __Answer,
                _: impl ::core::ops::FnOnce(#core::Refused<Self>) -> __Answer,
            ) -> __Answer { #never }
            fn candidates(&self, _: &#event) -> ::std::vec::Vec<#core::RowId> { #never }
        }
    }
}
