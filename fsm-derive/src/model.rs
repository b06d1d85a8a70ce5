//! What the user declared, after parsing and before any question is asked of it.
//!
//! Nothing here is expanded yet: a row with alternatives is one row, and a row on the enum stands
//! once. [`crate::table`] makes the rows that are tried of them.

use proc_macro2::TokenStream;
use syn::{Expr, Generics, Ident, LitStr, Path, Type};

use crate::pattern::EventPattern;

/// The enum that derives `Fsm`.
pub(crate) struct Machine {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) header: Header,
    pub(crate) states: Vec<State>,
    /// The rows on the enum, tried in every state that is not final, after the state's own.
    pub(crate) rows: Vec<Row>,
    /// Whether every row could be read. If not, the rules on the graph would complain about what
    /// is merely misspelt, so they keep quiet.
    pub(crate) has_all_rows: bool,
    /// The same for `#[fsm(...)]` on states.
    pub(crate) has_all_marks: bool,
}

/// What `#[fsm(...)]` on the enum says.
#[derive(Default)]
pub(crate) struct Header {
    pub(crate) event: Option<Path>,
    pub(crate) context: Option<Type>,
    pub(crate) effect: Option<Type>,
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<u32>,
    pub(crate) core: Option<Path>,
    /// A word here could not be read: what seems to be missing may be what it meant.
    pub(crate) is_broken: bool,
}

/// A variant of the enum.
pub(crate) struct State {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    pub(crate) data: Data,
    /// The word `initial`, if the state bears it.
    pub(crate) initial: Option<Ident>,
    /// The word `final`, if the state bears it.
    pub(crate) is_final: Option<Ident>,
    pub(crate) rows: Vec<Row>,
}

/// What a state carries.
pub(crate) enum Data {
    Unit,
    Named(Vec<(Ident, Type)>),
    /// One tuple field, in scope as `state`.
    One(Box<Type>),
    /// Several tuple fields, which has been reported.
    Refused,
}

/// `#[on(Pattern if guard => Target / action, label = "...")]`.
pub(crate) struct Row {
    /// The alternatives, one for each event variant.
    pub(crate) events: Vec<EventPattern>,
    pub(crate) guard: Option<Expr>,
    /// The state it leads to; `None` for `_`: the machine stays as it is.
    pub(crate) target: Option<Constructor>,
    pub(crate) action: Option<Expr>,
    pub(crate) label: Option<LitStr>,
}

/// A state as it is constructed: `Paid`, `Paid { at: now }` or `Paid(receipt)`.
pub(crate) struct Constructor {
    pub(crate) state: Ident,
    pub(crate) arguments: Arguments,
}

/// What stands behind the name of a state that is constructed.
pub(crate) enum Arguments {
    None,
    /// The names of the fields, and the whole in its braces.
    Named(Vec<Ident>, TokenStream),
    /// How many there are, and the whole in its parentheses.
    Tuple(usize, TokenStream),
}

impl Machine {
    /// The number of the state with this name.
    pub(crate) fn state_index(&self, name: &Ident) -> Option<usize> {
        self.states.iter().position(|state| state.ident == *name)
    }
}

impl Row {
    /// The name of the target state; `None` for an internal row.
    pub(crate) fn target_name(&self) -> Option<&Ident> {
        self.target.as_ref().map(|constructor| &constructor.state)
    }
}
