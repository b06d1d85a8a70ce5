//! What older versions wrote: their types in the table, and how they are read.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Type;

use super::header::Types;
use crate::source_text::source_text;
use crate::table::Table;

/// `previous: ...` and `previous_contexts: ...` of the table.
pub(super) fn constants(table: &Table<'_>) -> TokenStream {
    let header = &table.machine.header;
    let constant = |name: &str, previous: &[(u32, Type)]| {
        let versions = previous.iter().map(|(version, older)| {
            let older = source_text(older.to_token_stream());
            quote!((#version, #older))
        });
        let versions: Vec<_> = versions.collect();
        let name = syn::Ident::new(name, site());
        (!versions.is_empty()).then(|| quote!(#name: &[#(#versions),*],))
    };
    let events = constant("previous", &header.previous);
    let contexts = constant("previous_contexts", &header.previous_contexts);
    quote!(#events #contexts)
}

/// `past_event`, `past_context` and `read_part`, as far as there is something to read.
pub(super) fn functions(table: &Table<'_>, types: &Types) -> TokenStream {
    let header = &table.machine.header;
    let event = header.event.to_token_stream();
    let past_event = past("past_event", "Event", &header.previous, &event, types);
    let past_context =
        past("past_context", "Context", &header.previous_contexts, &types.context, types);
    let read_part = read_part(table, types);
    quote!(#past_event #past_context #read_part)
}

/// An entry is for its version and for the older ones that have none of their own. Each type is
/// converted to the next newer one, in a closure that the older ones call.
fn past(
    name: &str,
    part: &str,
    previous: &[(u32, Type)],
    today: &TokenStream,
    types: &Types,
) -> Option<TokenStream> {
    if previous.is_empty() {
        return None;
    }
    let core = &types.core;
    let [name, part] = [name, part].map(|name| syn::Ident::new(name, site()));
    let step = |place: usize| quote::format_ident!("from_{}", place, span = site());
    // The newest first: an older one's closure calls it.
    let steps = previous.iter().enumerate().rev().map(|(place, (_, older))| {
        let this = step(place);
        let next = previous.get(place + 1).map(|(_, newer)| (newer, step(place + 1)));
        let converted = match next {
            Some((newer, next)) => {
                quote!(#next(#core::machine::probe::converted::<#older, #newer>(value)))
            }
            None => quote!(#core::machine::probe::converted::<#older, #today>(value)),
        };
        quote!(let #this = |value: #older| #converted;)
    });
    let entries = previous.iter().enumerate().map(|(place, (version, older))| {
        let this = step(place);
        quote! {
            if version <= #version {
                return #core::machine::probe::Probe::<#older>::NEW.read(source).map(#this);
            }
        }
    });
    Some(quote! {
        fn #name<'__de, __Source: #core::machine::probe::Deserializer<'__de>>(
            version: u32,
            source: __Source,
        ) -> ::core::result::Result<#today, __Source::Error> {
            use #core::machine::probe::Unread as _;
            #(#steps)*
            #(#entries)*
            let part = #core::machine::probe::Part::#part(version);
            ::core::result::Result::Err(#core::machine::probe::no_such_part(part))
        }
    })
}

/// States and effects are looked at if they can be; the runtime looks at today's events and
/// contexts itself.
fn read_part(table: &Table<'_>, types: &Types) -> TokenStream {
    let machine = table.machine;
    let core = &types.core;
    let read = |part: &dyn ToTokens| {
        quote! {
            #core::machine::probe::Probe::<#part>::NEW.look(source)
        }
    };
    let (state, effect) = (read(&quote!(Self)), read(&types.effect));
    let older = |part: &str, previous: &[(u32, Type)]| {
        let part = syn::Ident::new(part, site());
        let arms = previous.iter().map(|(version, older)| {
            let read = read(older);
            quote!(#core::machine::probe::Part::#part(version) if version <= #version => #read,)
        });
        arms.collect::<TokenStream>()
    };
    let events = older("Event", &machine.header.previous);
    let contexts = older("Context", &machine.header.previous_contexts);
    quote! {
        fn read_part<__Source: #core::machine::probe::Deserializer<'static>>(
            part: #core::machine::probe::Part,
            source: __Source,
        ) -> ::core::result::Result<(), __Source::Error> {
            use #core::machine::probe::Unseen as _;
            match part {
                #core::machine::probe::Part::State => #state,
                #core::machine::probe::Part::Effect => #effect,
                #events
                #contexts
                part => ::core::result::Result::Err(#core::machine::probe::no_such_part(part)),
            }
        }
    }
}

fn site() -> proc_macro2::Span {
    proc_macro2::Span::mixed_site()
}
