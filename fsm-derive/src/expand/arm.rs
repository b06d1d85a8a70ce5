//! One row as a `match` arm.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::body::{body, plain_state, with_any_fields};
use super::constant::number;
use super::field::{Field, fields};
use super::header::Types;
use super::pattern::{Access, event_pattern};
use crate::bare_calls::with_method_calls;
use crate::pattern::Binding;
use crate::spans::{hidden, visible};
use crate::table::{Placed, Scope, Table};

/// A row, and what is needed to write it down.
pub(super) struct Arm<'a> {
    pub(super) placed: &'a Placed<'a>,
    table: &'a Table<'a>,
    types: &'a Types,
    event: &'a Path,
    bindings: Vec<Binding>,
}

impl<'a> Arm<'a> {
    pub(super) fn new(
        placed: &'a Placed<'a>,
        table: &'a Table<'a>,
        types: &'a Types,
        event: &'a Path,
    ) -> Self {
        let bindings = placed.pattern().map_or_else(Vec::new, |pattern| pattern.bindings());
        Self { placed, table, types, event, bindings }
    }

    /// What the pattern of the event binds.
    pub(super) fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// The arm of `decide` in its state: matches a reference to the event, and asks the guard.
    pub(super) fn decide(&self) -> TokenStream {
        let event = self.event_pattern(Access::Reference);
        let guard = self.guard(&TokenStream::new());
        let answer = self.decision();
        quote!(#event #guard => #answer,)
    }

    /// The arm of `decide_always`.
    pub(super) fn decide_always(&self) -> TokenStream {
        let state = self.state_pattern(&self.fields(&self.bindings), true);
        let guard = self.guard(&TokenStream::new());
        let answer = self.decision();
        quote!(#state #guard => #answer,)
    }

    /// The arm of `decide_timer`.
    pub(super) fn decide_timer(&self, timer: usize) -> TokenStream {
        let timer = number(timer);
        let state = self.state_pattern(&self.fields(&self.bindings), true);
        let guard = self.guard(&TokenStream::new());
        let answer = self.decision();
        quote!((#timer, #state) #guard => #answer,)
    }

    /// The arm of `apply`: matches values and the row's number, and asks nothing.
    pub(super) fn apply(&self) -> TokenStream {
        let fields = self.fields(&self.bindings);
        let (state, event) = (
            self.state_pattern(&fields, self.needs_whole_state()),
            self.event_pattern(Access::Value),
        );
        let number = number(self.placed.number);
        let body = self.body(&fields, &quote!(::core::result::Result::Ok), false);
        quote!((#number, #state, #event) => #body)
    }

    /// The arm of `apply_eventless`.
    pub(super) fn apply_eventless(&self) -> TokenStream {
        let fields = self.fields(&self.bindings);
        let state = self.state_pattern(&fields, self.needs_whole_state());
        let number = number(self.placed.number);
        let body = self.body(&fields, &quote!(::core::result::Result::Ok), false);
        quote!((#number, #state) => #body)
    }

    /// The arm of `step_with` in its state: matches the event by value, and asks the guard, which
    /// sees references. `hidden_by` is what the events of all the state's rows bind.
    pub(super) fn step_with(&self, hidden_by: &[Binding]) -> TokenStream {
        let fields = self.fields(hidden_by);
        let event = self.event_pattern(Access::Value);
        let borrowed = fields.iter().map(Field::borrow);
        let bindings = self.bindings.iter().map(|binding| {
            let name = &binding.name;
            if binding.by_ref { quote!(let #name = &*#name;) } else { quote!(let #name = &#name;) }
        });
        let guard = self.guard(&quote!(#(#borrowed)* #(#bindings)*));
        let taken = hidden("taken");
        let body = self.body(&fields, &quote!(#taken), true);
        quote!(#event #guard => #body)
    }

    /// The condition of `candidates`: whether the event matches.
    pub(super) fn matches(&self) -> TokenStream {
        self.event_pattern(Access::Reference)
    }

    fn fields(&self, hidden_by: &[Binding]) -> Vec<Field> {
        fields(&self.placed.source(self.table).data, &self.bindings, hidden_by)
    }

    fn decision(&self) -> TokenStream {
        let core = &self.types.core;
        let number = number(self.placed.number);
        let row = self.placed.row;
        let answer = match (&row.target, &row.action) {
            (None, None) => quote!(Ignore),
            _ => quote!(Take),
        };
        quote!(#core::Decision::#answer(#core::RowId(#number)))
    }

    /// The pattern of the source state. What is hidden behind the event's names is bound only if
    /// the whole state is needed.
    fn state_pattern(&self, fields: &[Field], whole: bool) -> TokenStream {
        let fields = fields.iter().filter(|field| whole || !field.is_shadowed());
        let fields: Vec<_> = fields.map(Field::bind).collect();
        let source = self.placed.source(self.table);
        let state = plain_state(&source.ident);
        if fields.is_empty() {
            return with_any_fields(&state, source);
        }
        quote!(#state { #(#fields)* .. })
    }

    /// An internal row puts its state together again, exit actions see all of it, and a group may
    /// remember it.
    fn needs_whole_state(&self) -> bool {
        let (machine, source) = (self.table.machine, self.placed.source);
        let groups = machine.groups_of(source);
        self.placed.row.target.is_none()
            || !self.table.exit_actions(Scope::State(source)).is_empty()
            || groups.iter().any(|group| machine.groups[*group].history.is_some())
    }

    fn event_pattern(&self, access: Access) -> TokenStream {
        self.placed
            .pattern()
            .map_or_else(TokenStream::new, |pattern| event_pattern(pattern, self.event, access))
    }

    fn guard(&self, bindings: &TokenStream) -> TokenStream {
        let Some(guard) = &self.placed.row.guard else {
            return TokenStream::new();
        };
        let guard = with_method_calls(guard);
        let (ctx, context) = (visible("ctx"), hidden("context"));
        quote!(if { let #ctx = &*#context; #bindings #guard })
    }

    /// Takes the row, and hands the new state to `answer`; in `step_with` the automatic rows of the
    /// new state come before that.
    fn body(&self, fields: &[Field], answer: &TokenStream, is_step: bool) -> TokenStream {
        let body = body(self.placed, fields, self.table, self.types);
        let (before, target, after) = (body.before, body.target, body.after);
        let core = &self.types.core;
        let next = hidden("next");
        let follow = (is_step && body.is_followed).then(|| {
            let (context, moment, effects) =
                (hidden("context"), hidden("moment"), hidden("effects"));
            quote!(let #next = #core::Fsm::settle(#next, #context, #moment, #effects);)
        });
        if !after.is_empty() || follow.is_some() {
            return quote!({ #before let #next = #target; #after #follow #answer(#next) });
        }
        if before.is_empty() {
            quote!(#answer(#target),)
        } else {
            quote!({ #before #answer(#target) })
        }
    }
}
