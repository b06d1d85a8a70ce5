//! What happens when a row is taken.
//!
//! In this order: the groups that are left remember the state; the exit actions, the innermost
//! first; the row's action; the target is built; the entry actions, the outermost first; then, in
//! `step`, the automatic rows of the new state.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::field::Field;
use super::header::Types;
use super::passage;
use crate::bare_calls::with_method_calls;
use crate::model::{Arguments, Constructor, Data, History, Machine, State};
use crate::route::{self, Destination};
use crate::spans::{before, hidden, moved_to, state_path, visible};
use crate::table::{Placed, Table};

/// The parts of a row's body.
pub(super) struct Body {
    /// Statements.
    pub(super) before: TokenStream,
    /// The new state.
    pub(super) target: TokenStream,
    /// Statements that know the new state as the hidden `next`.
    pub(super) after: TokenStream,
    /// Whether the new state may have automatic rows.
    pub(super) is_followed: bool,
}

/// The body of `placed`, whose source has these fields, all of them bound.
pub(super) fn body(
    placed: &Placed<'_>,
    fields: &[Field],
    table: &Table<'_>,
    types: &Types,
) -> Body {
    let machine = table.machine;
    let source = placed.source;
    let Some(destination) = route::destination(placed, machine) else {
        return Body {
            before: TokenStream::new(),
            target: quote!(::core::unreachable!()),
            after: TokenStream::new(),
            is_followed: false,
        };
    };
    let stays = matches!(destination, Destination::Stay);
    let revealed = fields.iter().filter(|_| !stays).map(Field::reveal);
    let action = placed.row.action.as_ref().map(|action| {
        let borrowed = fields.iter().filter(|_| stays).map(Field::borrow);
        emit(action, &quote!(#(#borrowed)*), types)
    });
    let action = quote!(#(#revealed)* #action);
    match destination {
        Destination::Stay => Body {
            before: action,
            target: rebuilt(source, fields, machine, Field::bind),
            after: TokenStream::new(),
            // An event that is accepted and ignored changes nothing that a guard could see.
            is_followed: placed.row.action.is_some() && has_automatic_rows(table, source),
        },
        Destination::State(target) => {
            let left = leave(source, target, fields, table);
            let scopes = route::entered(machine, source, target);
            Body {
                before: quote!(#left #action),
                target: constructed(placed, target, machine),
                after: passage::enter(&scopes, table),
                is_followed: has_automatic_rows(table, target),
            }
        }
        Destination::History { group, initial } => {
            let left = leave(source, initial, fields, table);
            Body {
                before: quote!(#left #action),
                target: remembered(group, initial, machine),
                after: enter_remembered(source, group, table),
                is_followed: machine.states_of(group).any(|state| has_automatic_rows(table, state)),
            }
        }
    }
}

/// Runs an action. `bindings` are in its scope.
pub(super) fn emit(action: &Expr, bindings: &TokenStream, types: &Types) -> TokenStream {
    let (ctx, context, effects) = (visible("ctx"), hidden("context"), hidden("effects"));
    let place = before(action.span());
    let core = moved_to(&types.core, place);
    let effect = moved_to(&types.effect, place);
    let emit = quote_spanned!(place=> #core::machine::Emit::<#effect, _>::emit);
    let action = with_method_calls(action);
    quote! {
        {
            let #ctx = &mut *#context;
            #bindings
            #emit(#action, #effects);
        }
    }
}

/// What happens between `source` and `target` before the row's action.
fn leave(source: usize, target: usize, fields: &[Field], table: &Table<'_>) -> TokenStream {
    let machine = table.machine;
    let groups = route::groups_left(machine, source, target);
    let histories = groups.iter().filter_map(|group| machine.groups[*group].history.as_ref());
    let remember = histories.map(|history| {
        let place = history.field.span();
        let state = rebuilt(source, fields, machine, |field| field.duplicate(place));
        let (remembered, memory) = (hidden("remembered"), memory(history));
        quote!({ #memory *#remembered = ::core::option::Option::Some(#state); })
    });
    let exits = passage::exit(&route::left(machine, source, target), fields, table);
    quote!(#(#remember)* #exits)
}

/// The state `source`, put together from its fields.
pub(super) fn rebuilt(
    source: usize,
    fields: &[Field],
    machine: &Machine,
    field: impl Fn(&Field) -> TokenStream,
) -> TokenStream {
    let state = &machine.states[source];
    let name = plain_state(&state.ident);
    if fields.is_empty() && matches!(state.data, Data::Unit) {
        return name;
    }
    let fields = fields.iter().map(field);
    quote!(#name { #(#fields)* })
}

/// The target as the row constructs it, or the initial state of the group that it names.
fn constructed(placed: &Placed<'_>, target: usize, machine: &Machine) -> TokenStream {
    let Some(constructor) = &placed.row.target else {
        return TokenStream::new();
    };
    if machine.state_index(&constructor.name).is_none() {
        return first_state(target, machine);
    }
    match &constructor.arguments {
        Arguments::None => construct(constructor),
        Arguments::Named(..) | Arguments::Tuple(..) => {
            let (ctx, context) = (visible("ctx"), hidden("context"));
            let target = construct(constructor);
            quote!({ let #ctx = &mut *#context; #target })
        }
    }
}

fn construct(constructor: &Constructor) -> TokenStream {
    let mut target = state_path(&constructor.name);
    match &constructor.arguments {
        Arguments::None => {}
        Arguments::Named(_, group) | Arguments::Tuple(_, group) => group.to_tokens(&mut target),
    }
    target
}

/// The state that `group` remembers, or its initial one.
fn remembered(group: usize, initial: usize, machine: &Machine) -> TokenStream {
    let first = first_state(initial, machine);
    let Some(history) = &machine.groups[group].history else {
        return first;
    };
    let (state, remembered) = (hidden("state"), hidden("remembered"));
    let memory = memory(history);
    let mut as_left = Vec::new();
    let mut anew = Vec::new();
    for member in machine.states_of(group) {
        let name = any(&machine.states[member]);
        let chain = machine.groups_of(member);
        let depth = chain.iter().position(|each| *each == group).unwrap_or(0);
        if history.is_deep || depth == 0 {
            as_left.push(name);
        } else {
            let inner = chain[depth - 1];
            let entered = match machine.group_initial(inner) {
                Some(initial) => first_state(initial, machine),
                None => first.clone(),
            };
            anew.push(quote!(::core::option::Option::Some(#name) => #entered,));
        }
    }
    let as_left = (!as_left.is_empty())
        .then(|| quote!(::core::option::Option::Some(#state @ (#(#as_left)|*)) => #state,));
    quote!({
        #memory
        match ::core::option::Option::take(#remembered) {
            #as_left
            #(#anew)*
            _ => #first,
        }
    })
}

/// Binds the hidden `remembered` to the field of a history. A field that is not there, or of
/// another type, is one error, at its name.
fn memory(history: &History) -> TokenStream {
    let field = &history.field;
    let (place, remembered) = (before(field.span()), hidden("remembered"));
    let context = proc_macro2::Ident::new("context", hidden("context").span().located_at(place));
    let memory = quote_spanned!(place=> &mut #context.);
    let of_type = quote_spanned!(place=> &mut ::core::option::Option<Self>);
    quote!(let #remembered: #of_type = #memory #field;)
}

/// The entry actions between `source` and whichever state of `group` is `next`.
fn enter_remembered(source: usize, group: usize, table: &Table<'_>) -> TokenStream {
    let machine = table.machine;
    let next = hidden("next");
    let arms = machine.states_of(group).filter_map(|state| {
        let actions = passage::enter(&route::entered(machine, source, state), table);
        let name = any(&machine.states[state]);
        (!actions.is_empty()).then(|| quote!(#name => { #actions }))
    });
    let arms: Vec<_> = arms.collect();
    if arms.is_empty() {
        return TokenStream::new();
    }
    quote!(match &#next { #(#arms)* _ => {} })
}

/// A state as it is where nobody says what it carries: every field at its default.
pub(super) fn first_state(state: usize, machine: &Machine) -> TokenStream {
    let state = &machine.states[state];
    let default = |ty: &syn::Type| {
        // The whole path stands where the type does, so that a type without a default is the place
        // rustc points to.
        let path = quote_spanned!(ty.span()=> ::core::default::Default>::default());
        quote!(<#ty as #path)
    };
    let name = plain_state(&state.ident);
    match &state.data {
        Data::Unit | Data::Refused => name,
        Data::Named(fields) => {
            let fields = fields.iter().map(|(field, ty)| {
                let default = default(ty);
                quote!(#field: #default)
            });
            quote!(#name { #(#fields),* })
        }
        Data::One(ty) => {
            let default = default(ty);
            quote!(#name(#default))
        }
    }
}

fn has_automatic_rows(table: &Table<'_>, state: usize) -> bool {
    table.rows_of(state).any(|row| matches!(row.trigger, crate::table::PlacedTrigger::Always(_)))
}

/// The pattern of a state, whatever it carries.
pub(super) fn any(state: &State) -> TokenStream {
    let name = plain_state(&state.ident);
    with_any_fields(&name, state)
}

/// `name` as a pattern of `state`, whatever it carries.
pub(super) fn with_any_fields(name: &TokenStream, state: &State) -> TokenStream {
    match state.data {
        Data::Unit => name.clone(),
        Data::Named(_) | Data::One(_) | Data::Refused => quote!(#name { .. }),
    }
}

/// `Self::State`, for places in which nothing can be wrong.
pub(super) fn plain_state(state: &syn::Ident) -> TokenStream {
    quote!(Self::#state)
}
