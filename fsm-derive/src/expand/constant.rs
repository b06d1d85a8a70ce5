//! The table as a constant.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::header::Types;
use crate::source_text::source_text;
use crate::table::{Placed, Table};

/// The value of `Fsm::TABLE`.
pub(super) fn constant(table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let header = &table.machine.header;
    let name = match &header.name {
        Some(name) => name.value(),
        None => text_of_name(&table.machine.ident),
    };
    let version = header.version.unwrap_or(1);
    let states = table.machine.states.iter().map(|state| {
        let name = text_of_name(&state.ident);
        let docs = &state.docs;
        let initial = state.initial.is_some();
        let is_final = state.is_final.is_some();
        quote! {
            #core::machine::State {
                name: #name, docs: #docs, initial: #initial, is_final: #is_final,
            }
        }
    });
    let events = table.events.iter().map(|event| text_of_name(event));
    let rows = table.rows.iter().map(|placed| row(placed, table, types));
    quote! {
        &#core::Table {
            name: #name,
            version: #version,
            states: &[#(#states),*],
            events: &[#(#events),*],
            rows: &[#(#rows),*],
        }
    }
}

fn row(placed: &Placed<'_>, table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let source = number(placed.source);
    let event = number(placed.event);
    let pattern = placed.pattern.text();
    let row = placed.row;
    let guard = optional(row.guard.as_ref().map(|guard| source_text(guard.to_token_stream())));
    let action = optional(row.action.as_ref().map(|action| source_text(action.to_token_stream())));
    let label = optional(row.label.as_ref().map(syn::LitStr::value));
    let target = match placed.target(table.machine) {
        Some(target) => {
            let target = number(target);
            quote!(::core::option::Option::Some(#core::StateId(#target)))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #core::machine::Row {
            source: #core::StateId(#source),
            event: #core::EventId(#event),
            pattern: #pattern,
            guard: #guard,
            target: #target,
            action: #action,
            label: #label,
        }
    }
}

fn optional(text: Option<String>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}

/// A state's, event's or row's number as it stands in an id.
pub(super) fn number(index: usize) -> TokenStream {
    // The checks have refused a machine with more than `u16::MAX` of them.
    proc_macro2::Literal::usize_unsuffixed(index).to_token_stream()
}

/// `r#type` is written so that it can be a name, and is called `type`.
fn text_of_name(name: &syn::Ident) -> String {
    syn::ext::IdentExt::unraw(name).to_string()
}
