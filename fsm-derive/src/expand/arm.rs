//! One row as a `match` arm.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, Member, Path};

use super::constant::number;
use super::header::Types;
use super::pattern::{Access, event_pattern};
use crate::bare_calls::with_method_calls;
use crate::model::{Arguments, Constructor, Data};
use crate::pattern::Binding;
use crate::spans::{before, hidden, moved_to, state_path, visible};
use crate::table::{Placed, Table};

/// A row, and what is needed to write it down.
pub(super) struct Arm<'a> {
    pub(super) placed: &'a Placed<'a>,
    table: &'a Table<'a>,
    types: &'a Types,
    event: &'a Path,
    fields: Vec<Field>,
    bindings: Vec<Binding>,
}

/// A field of the source state.
struct Field {
    member: Member,
    /// The name in guards, actions and targets.
    name: Ident,
    /// The name in the arm's pattern: hidden if the event binds the same name, which is nearer.
    local: Ident,
}

impl Field {
    fn is_shadowed(&self) -> bool {
        self.name != self.local
    }

    /// `member: local,` for a pattern or a constructor.
    fn bind(&self) -> TokenStream {
        let Self { member, local, .. } = self;
        match member {
            Member::Named(name) if name == local => quote!(#local,),
            _ => quote!(#member: #local,),
        }
    }
}

impl<'a> Arm<'a> {
    pub(super) fn new(
        placed: &'a Placed<'a>,
        table: &'a Table<'a>,
        types: &'a Types,
        event: &'a Path,
    ) -> Self {
        let bindings = placed.pattern.bindings();
        let fields = fields(&placed.source(table).data, &bindings);
        Self { placed, table, types, event, fields, bindings }
    }

    /// The arm of `decide`: matches references, and asks the guard.
    pub(super) fn decide(&self) -> TokenStream {
        let core = &self.types.core;
        let (state, event) = (self.state_pattern(), self.event_pattern(Access::Reference));
        let guard = self.guard(&TokenStream::new());
        let number = number(self.placed.number);
        let row = self.placed.row;
        let answer = match (&row.target, &row.action) {
            (None, None) => quote!(Ignore),
            _ => quote!(Take),
        };
        quote!((#state, #event) #guard => #core::Decision::#answer(#core::RowId(#number)),)
    }

    /// The arm of `apply`: matches values and the row's number, and asks nothing.
    pub(super) fn apply(&self) -> TokenStream {
        let (state, event) = (self.state_pattern(), self.event_pattern(Access::Value));
        let number = number(self.placed.number);
        let body = self.body();
        quote!((#number, #state, #event) => #body)
    }

    /// The arm of `step`: matches values, and asks the guard, which sees references to them.
    pub(super) fn step(&self) -> TokenStream {
        let (state, event) = (self.state_pattern(), self.event_pattern(Access::Value));
        let fields = self.fields.iter().filter(|field| !field.is_shadowed()).map(|field| {
            let name = &field.name;
            quote!(let #name = &#name;)
        });
        let bindings = self.bindings.iter().map(|binding| {
            let name = &binding.name;
            if binding.by_ref { quote!(let #name = &*#name;) } else { quote!(let #name = &#name;) }
        });
        let guard = self.guard(&quote!(#(#fields)* #(#bindings)*));
        let body = self.body();
        quote!((#state, #event) #guard => #body)
    }

    /// The condition of `candidates`: whether the event matches.
    pub(super) fn matches(&self) -> TokenStream {
        self.event_pattern(Access::Reference)
    }

    /// Whether the row is internal.
    fn stays(&self) -> bool {
        self.placed.row.target.is_none()
    }

    fn state_pattern(&self) -> TokenStream {
        // A name that is hidden anyway needs no binding, except to put the state together again.
        let fields = self.fields.iter().filter(|field| self.stays() || !field.is_shadowed());
        let fields = fields.map(Field::bind);
        let state = plain_state(&self.placed.source(self.table).ident);
        quote!(#state { #(#fields)* .. })
    }

    fn event_pattern(&self, access: Access) -> TokenStream {
        event_pattern(self.placed.pattern, self.event, access)
    }

    fn guard(&self, bindings: &TokenStream) -> TokenStream {
        let Some(guard) = &self.placed.row.guard else {
            return TokenStream::new();
        };
        let guard = with_method_calls(guard);
        let (ctx, context) = (visible("ctx"), hidden("context"));
        quote!(if { let #ctx = &*#context; #bindings #guard })
    }

    /// Runs the action, then builds the target.
    fn body(&self) -> TokenStream {
        let (ctx, context) = (visible("ctx"), hidden("context"));
        let action = self.action();
        let target = match &self.placed.row.target {
            None => {
                let state = plain_state(&self.placed.source(self.table).ident);
                let fields = self.fields.iter().map(Field::bind);
                quote!(#state { #(#fields)* })
            }
            Some(constructor) => {
                let target = construct(constructor);
                quote!({ let #ctx = &mut *#context; #target })
            }
        };
        quote!({ #action ::core::result::Result::Ok(#target) })
    }

    fn action(&self) -> TokenStream {
        let Some(action) = &self.placed.row.action else {
            return TokenStream::new();
        };
        let (core, effects) = (&self.types.core, hidden("effects"));
        let (ctx, context) = (visible("ctx"), hidden("context"));
        let borrowed = self.fields.iter().filter(|field| self.stays() && !field.is_shadowed());
        let borrowed = borrowed.map(|Field { name, local, .. }| quote!(let #name = &#local;));
        let place = before(action.span());
        let core = moved_to(core, place);
        let emit = quote_spanned!(place=> #core::machine::Emit::<Self::Effect, _>::emit);
        let action = with_method_calls(action);
        quote! {
            {
                let #ctx = &mut *#context;
                #(#borrowed)*
                #emit(#action, #effects);
            }
        }
    }
}

fn fields(data: &Data, bindings: &[Binding]) -> Vec<Field> {
    let is_shadowed = |name: &Ident| bindings.iter().any(|binding| binding.name == *name);
    let field = |(number, member, name): (usize, Member, Ident)| {
        let shadowed = is_shadowed(&name);
        let local = if shadowed { hidden(&format!("field_{number}")) } else { name.clone() };
        Field { member, name, local }
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

/// `Self::State`, for places in which nothing can be wrong.
pub(super) fn plain_state(state: &Ident) -> TokenStream {
    quote!(Self::#state)
}

fn construct(constructor: &Constructor) -> TokenStream {
    let mut target = state_path(&constructor.state);
    match &constructor.arguments {
        Arguments::None => {}
        Arguments::Named(_, group) | Arguments::Tuple(_, group) => group.to_tokens(&mut target),
    }
    target
}
