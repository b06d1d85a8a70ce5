//! The functions that an event is offered to: `decide`, `apply`, `step_with` and `candidates`.
//!
//! `decide` and `step_with` match the state first and then the event, as one would by hand: the
//! code of a state stands together, which is also what the processor likes best.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::arm::Arm;
use super::body::{any, plain_state, rebuilt, with_any_fields};
use super::constant::number;
use super::field::{Field, fields};
use super::header::Types;
use super::{hold, moment, passage};
use crate::pattern::Binding;
use crate::spans::hidden;
use crate::table::{Entry, Table};

/// What the functions are written from.
pub(super) struct Offer<'a> {
    pub(super) table: &'a Table<'a>,
    pub(super) types: &'a Types,
    pub(super) event: &'a Path,
    pub(super) arms: &'a [Arm<'a>],
}

impl<'a> Offer<'a> {
    pub(super) fn decide(&self) -> TokenStream {
        let Types { core, context: context_type, .. } = self.types;
        let event_type = self.event;
        let (context, event, moment) = (hidden("context"), hidden("event"), hidden("moment"));
        let states = self.busy_states().map(|state| {
            let data = &self.table.machine.states[state];
            let name = plain_state(&data.ident);
            let bound: Vec<_> = fields(&data.data, &[], &[]).iter().map(Field::bind).collect();
            let pattern = match bound.is_empty() {
                true => with_any_fields(&name, data),
                false => quote!(#name { #(#bound)* }),
            };
            let entries = self.entries(state).map(|entry| match entry {
                Entry::Row(row) => self.arms[row].decide(),
                Entry::Hold(hold) => hold::decide(&self.table.holds[hold], self.types, self.event),
            });
            quote! {
                #pattern => match #event { #(#entries)* _ => #core::Decision::Refuse },
            }
        });
        let idle = self.has_idle_states().then(|| quote!(_ => #core::Decision::Refuse,));
        let moment_names = moment::names(self.table.machine);
        quote! {
            #[inline]
            fn decide(
                &self,
                #context: &#context_type,
                #event: &#event_type,
                #moment: #core::Moment<'_>,
            ) -> #core::Decision {
                #moment_names
                match self { #(#states)* #idle }
            }
        }
    }

    pub(super) fn apply(&self) -> TokenStream {
        let Types { core, context: context_type, effect: effect_type } = self.types;
        let event_type = self.event;
        let arms = self.event_arms().map(Arm::apply);
        let (context, event, moment) = (hidden("context"), hidden("event"), hidden("moment"));
        let (row, effects) = (hidden("row"), hidden("effects"));
        let passages = passage::closures(self.table, self.types);
        let moment_names = moment::names(self.table.machine);
        quote! {
            fn apply(
                self,
                #row: #core::RowId,
                #context: &mut #context_type,
                #event: #event_type,
                #moment: #core::Moment<'_>,
                #effects: &mut #core::Effects<#effect_type>,
            ) -> ::core::result::Result<Self, #core::WrongRow> {
                #moment_names
                #passages
                match (#row.0, self, #event) {
                    #(#arms)*
                    _ => ::core::result::Result::Err(#core::WrongRow { row: #row }),
                }
            }
        }
    }

    pub(super) fn step_with(&self) -> TokenStream {
        let Types { core, context: context_type, effect: effect_type } = self.types;
        let event_type = self.event;
        let (context, event, moment) = (hidden("context"), hidden("event"), hidden("moment"));
        let (state, effects) = (hidden("state"), hidden("effects"));
        let (taken, refused) = (hidden("taken"), hidden("refused"));
        let result = hidden("__Answer");
        let passages = passage::closures(self.table, self.types);
        let states = self.busy_states().map(|state| self.step_in(state));
        let idle = self.has_idle_states().then(|| {
            quote! {
                #state => #refused(#core::Refused {
                    state: #state,
                    event: #event,
                    deferred: false,
                }),
            }
        });
        let moment_names = moment::names(self.table.machine);
        quote! {
            #[inline]
            fn step_with<#result>(
                self,
                #context: &mut #context_type,
                #event: #event_type,
                #moment: #core::Moment<'_>,
                #effects: &mut #core::Effects<#effect_type>,
                #taken: impl ::core::ops::FnOnce(Self) -> #result,
                #refused: impl ::core::ops::FnOnce(#core::Refused<Self>) -> #result,
            ) -> #result {
                #moment_names
                #passages
                match self { #(#states)* #idle }
            }
        }
    }

    /// The arm of a state in `step_with`.
    fn step_in(&self, state: usize) -> TokenStream {
        let core = &self.types.core;
        let (event, refused) = (hidden("event"), hidden("refused"));
        let data = &self.table.machine.states[state];
        let rows = self.entries(state).filter_map(|entry| match entry {
            Entry::Row(row) => Some(&self.arms[row]),
            Entry::Hold(_) => None,
        });
        let bindings: Vec<Binding> =
            rows.flat_map(|arm| arm.bindings().iter().map(Binding::clone)).collect();
        let fields = fields(&data.data, &[], &bindings);
        let pattern = rebuilt(state, &fields, self.table.machine, Field::bind);
        let entries = self.entries(state).map(|entry| match entry {
            Entry::Row(row) => self.arms[row].step_with(&bindings),
            Entry::Hold(hold) => {
                hold::step_with(&self.table.holds[hold], &pattern, self.types, self.event)
            }
        });
        quote! {
            #pattern => match #event {
                #(#entries)*
                #event => #refused(#core::Refused {
                    state: #pattern,
                    event: #event,
                    deferred: false,
                }),
            },
        }
    }

    pub(super) fn candidates(&self) -> TokenStream {
        let (core, event_type) = (&self.types.core, self.event);
        let (event, rows) = (hidden("event"), hidden("rows"));
        let states = self.table.machine.states.iter().enumerate().map(|(index, state)| {
            let state = any(state);
            let arms = self.event_arms().filter(|arm| arm.placed.source == index).map(|arm| {
                let (pattern, number) = (arm.matches(), number(arm.placed.number));
                quote! {
                    match #event {
                        #pattern => #rows.push(#core::RowId(#number)),
                        _ => {}
                    }
                }
            });
            quote!(#state => { #(#arms)* })
        });
        quote! {
            #[cold]
            fn candidates(&self, #event: &#event_type) -> ::std::vec::Vec<#core::RowId> {
                let mut #rows = ::std::vec::Vec::new();
                match *self { #(#states)* }
                #rows
            }
        }
    }

    /// The states in which there is a row or a list to ask.
    fn busy_states(&self) -> impl Iterator<Item = usize> {
        (0..self.table.machine.states.len()).filter(|state| self.entries(*state).next().is_some())
    }

    fn has_idle_states(&self) -> bool {
        self.busy_states().count() < self.table.machine.states.len()
    }

    /// What an event is offered to in this state, in order.
    fn entries(&self, state: usize) -> impl Iterator<Item = Entry> {
        self.table.entries[state].iter().copied().filter(|entry| match entry {
            Entry::Row(row) => self.table.rows[*row].pattern().is_some(),
            Entry::Hold(_) => true,
        })
    }

    fn event_arms(&self) -> impl Iterator<Item = &'a Arm<'a>> {
        self.arms.iter().filter(|arm| arm.placed.pattern().is_some())
    }
}
