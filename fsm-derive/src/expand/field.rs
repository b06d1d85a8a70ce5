//! The fields of a state, as expressions see them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Index, Member};

use crate::model::Data;
use crate::pattern::Binding;
use crate::spans::{before, hidden, in_parentheses, visible};

/// A field of a state.
pub(super) struct Field {
    member: Member,
    /// The name in guards, actions and targets.
    name: Ident,
    /// The name in the generated pattern: hidden if an event binds the same name, which is nearer.
    local: Ident,
    /// Whether this row's event binds the name.
    is_shadowed: bool,
}

/// The fields of a state in a row that binds `bindings`; `hidden_by` is what the rows that share
/// the state's pattern with it bind, its own included.
pub(super) fn fields(data: &Data, bindings: &[Binding], hidden_by: &[Binding]) -> Vec<Field> {
    let binds = |bindings: &[Binding], name: &Ident| bindings.iter().any(|each| each.name == *name);
    let field = |(number, member, name): (usize, Member, Ident)| {
        let is_hidden = binds(hidden_by, &name);
        let local = if is_hidden { hidden(&format!("field_{number}")) } else { name.clone() };
        Field { member, is_shadowed: binds(bindings, &name), name, local }
    };
    match data {
        Data::Unit | Data::Refused => Vec::new(),
        Data::Named(fields) => fields
            .iter()
            .enumerate()
            .map(|(number, (name, _))| field((number, name.clone().into(), name.clone())))
            .collect(),
        Data::One(_) => vec![field((0, Index::from(0).into(), visible("state")))],
    }
}

impl Field {
    pub(super) const fn is_shadowed(&self) -> bool {
        self.is_shadowed
    }

    /// `member: local,` for a pattern or a constructor.
    pub(super) fn bind(&self) -> TokenStream {
        let Self { member, local, .. } = self;
        match member {
            Member::Named(name) if name == local => quote!(#local,),
            _ => quote!(#member: #local,),
        }
    }

    /// `member: <copy of local>,` for a constructor. A field that cannot be cloned is a mistake of
    /// what asks for the copy, which stands at `place`.
    pub(super) fn duplicate(&self, place: Span) -> TokenStream {
        let Self { member, local, .. } = self;
        let place = Span::mixed_site().located_at(place);
        let empty = before(place);
        let argument = in_parentheses(place, quote_spanned!(empty=> &#local));
        let clone = quote_spanned!(empty=> ::core::clone::Clone::clone(#argument));
        quote!(#member: #clone,)
    }

    /// `&local`, for an action of the state.
    pub(super) fn by_reference(&self) -> TokenStream {
        let local = &self.local;
        quote!(&#local)
    }

    /// Binds the name to a reference, for an expression that can see it: what the event binds is
    /// nearer.
    pub(super) fn borrow(&self) -> TokenStream {
        let Self { name, local, .. } = self;
        if self.is_shadowed { TokenStream::new() } else { quote!(let #name = &#local;) }
    }

    /// Gives a value back its name, if it is hidden for the sake of another row only.
    pub(super) fn reveal(&self) -> TokenStream {
        let Self { name, local, .. } = self;
        let is_known = self.is_shadowed || name == local;
        if is_known { TokenStream::new() } else { quote!(let #name = #local;) }
    }
}
