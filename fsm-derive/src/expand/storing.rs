//! How a state is stored by itself: by its number alone if it carries nothing, and with serde if
//! its type has serde's traits. Whether it has, rustc finds out: see `machine::storing` there.

use proc_macro2::TokenStream;
use quote::quote;

use super::constant::number;
use super::header::Types;
use crate::model::{Data, State};
use crate::spans::state_path;
use crate::table::Table;

/// What is left out here is the trait's, which says no.
pub(super) fn functions(table: &Table<'_>, types: &Types) -> TokenStream {
    let (bare, with_data) = (bare(table, types), with_data(table, types));
    quote!(#bare #with_data)
}

fn is_bare(state: &State) -> bool {
    matches!(state.data, Data::Unit)
}

fn bare(table: &Table<'_>, types: &Types) -> TokenStream {
    let core = &types.core;
    let bare = table.machine.states.iter().enumerate().filter(|(_, state)| is_bare(state));
    let arms: Vec<_> = bare
        .map(|(index, state)| {
            let (number, path) = (number(index), state_path(&state.ident));
            quote!(#number => ::core::option::Option::Some(#path),)
        })
        .collect();
    if arms.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[inline]
        fn bare(state: #core::StateId) -> ::core::option::Option<Self> {
            match state.0 {
                #(#arms)*
                _ => ::core::option::Option::None,
            }
        }
    }
}

fn with_data(table: &Table<'_>, types: &Types) -> TokenStream {
    if table.machine.states.iter().all(is_bare) {
        return TokenStream::new();
    }
    let machine = &types.core;
    let machine = quote!(#machine::machine);
    quote! {
        fn store<__S: #machine::Serializer>(
            &self,
            serializer: __S,
        ) -> ::core::option::Option<::core::result::Result<__S::Ok, __S::Error>> {
            use #machine::{StoreNot as _, StoreWithSerde as _};
            (&#machine::Probe::<Self>::new()).store(self, serializer)
        }

        fn restore<'__de, __D: #machine::Deserializer<'__de>>(
            deserializer: __D,
        ) -> ::core::option::Option<::core::result::Result<Self, __D::Error>> {
            use #machine::{StoreNot as _, StoreWithSerde as _};
            (&#machine::Probe::<Self>::new()).restore(deserializer)
        }
    }
}
