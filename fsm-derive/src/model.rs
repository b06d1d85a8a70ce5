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
    /// The groups, each behind the one around it, otherwise in the order in which they are first
    /// named.
    pub(crate) groups: Vec<Group>,
    /// What stands on the enum.
    pub(crate) clauses: Vec<Clause>,
    /// Whether every clause could be read. If not, the rules on the graph would complain about
    /// what is merely misspelt, so they keep quiet.
    pub(crate) has_all_rows: bool,
    /// The same for `#[fsm(...)]` on states and for groups.
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
    pub(crate) diagram: Option<LitStr>,
    /// The older versions and their event types, oldest first.
    pub(crate) previous: Vec<(u32, Type)>,
    /// The older versions and their context types, oldest first.
    pub(crate) previous_contexts: Vec<(u32, Type)>,
    /// Old names and new.
    pub(crate) renamed: Vec<(Ident, Ident)>,
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
    /// The innermost group, as it is named here.
    pub(crate) group: Option<Ident>,
    pub(crate) clauses: Vec<Clause>,
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

/// A group of states: `#[fsm(group = Active, in = Live, initial = Dialing, history = last)]`.
pub(crate) struct Group {
    /// The name, as it is first written on the enum, or else on a state.
    pub(crate) ident: Ident,
    /// Whether it is declared on the enum.
    pub(crate) is_declared: bool,
    pub(crate) parent: Option<Ident>,
    pub(crate) initial: Option<Ident>,
    pub(crate) history: Option<History>,
}

/// `history = field` or `deep_history = field`.
pub(crate) struct History {
    /// The field of the context in which the state is kept.
    pub(crate) field: Ident,
    pub(crate) is_deep: bool,
}

/// What an attribute other than `#[fsm]` says.
pub(crate) struct Clause {
    /// The states and groups it is for, if it stands on the enum and names any.
    pub(crate) sources: Vec<Ident>,
    pub(crate) kind: ClauseKind,
}

pub(crate) enum ClauseKind {
    Row(Box<Row>),
    /// `#[enter(action)]`
    Enter(Expr),
    /// `#[exit(action)]`
    Exit(Expr),
    /// `#[defer(Pattern)]` or `#[quiet(Pattern)]`
    Hold(Hold),
}

/// `#[on(Pattern if guard => Target / action, label = "...")]`, and its relations without events.
pub(crate) struct Row {
    pub(crate) trigger: Trigger,
    pub(crate) guard: Option<Expr>,
    /// Where it leads; `None` for `_`: the machine stays as it is.
    pub(crate) target: Option<Constructor>,
    pub(crate) action: Option<Expr>,
    pub(crate) label: Option<LitStr>,
}

/// What makes a row run.
pub(crate) enum Trigger {
    /// `#[on]`: the alternatives, one for each event variant.
    Events(Vec<EventPattern>),
    /// `#[after]`, or `#[every]`, which repeats.
    Timer { duration: Duration, repeats: bool },
    /// `#[always]`, and the word itself.
    Always(Ident),
}

/// The duration of a timer.
pub(crate) struct Duration {
    /// As it was written.
    pub(crate) written: Expr,
    /// The nanoseconds of a literal such as `30s`.
    pub(crate) nanos: Option<u128>,
}

/// Events that are not taken: kept until the state changes, or refused without ado.
pub(crate) struct Hold {
    pub(crate) kind: HoldKind,
    pub(crate) events: Vec<EventPattern>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldKind {
    Defer,
    Quiet,
}

/// A state as it is constructed: `Paid`, `Paid { at: now }` or `Paid(receipt)`; or a group.
pub(crate) struct Constructor {
    pub(crate) name: Ident,
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

    /// The number of the group with this name.
    pub(crate) fn group_index(&self, name: &Ident) -> Option<usize> {
        self.groups.iter().position(|group| group.ident == *name)
    }

    /// The groups of a state, the innermost first.
    pub(crate) fn groups_of(&self, state: usize) -> Vec<usize> {
        let innermost = self.states[state].group.as_ref();
        self.chain(innermost.and_then(|name| self.group_index(name)))
    }

    /// The group and those around it, the innermost first. A circle is followed once.
    pub(crate) fn chain(&self, innermost: Option<usize>) -> Vec<usize> {
        let mut groups = Vec::new();
        let mut next = innermost;
        while let Some(group) = next.filter(|group| !groups.contains(group)) {
            groups.push(group);
            next = self.groups[group].parent.as_ref().and_then(|name| self.group_index(name));
        }
        groups
    }

    /// The states of a group, those of the groups inside it included.
    pub(crate) fn states_of(&self, group: usize) -> impl Iterator<Item = usize> {
        (0..self.states.len()).filter(move |state| self.groups_of(*state).contains(&group))
    }

    /// The state that a group is entered at, if it is declared and there is one of that name.
    pub(crate) fn group_initial(&self, group: usize) -> Option<usize> {
        self.groups[group].initial.as_ref().and_then(|name| self.state_index(name))
    }

    /// All clauses: those of the enum, then those of each state.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &Clause> {
        self.clauses.iter().chain(self.states.iter().flat_map(|state| &state.clauses))
    }

    /// All rows as they are written, those of the enum first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.clauses().filter_map(Clause::row)
    }

    /// The names of states in places that no generated code comes from.
    pub(crate) fn mentions(&self) -> impl Iterator<Item = &Ident> {
        let sources = self.clauses.iter().flat_map(|clause| &clause.sources);
        let initials = self.groups.iter().filter_map(|group| group.initial.as_ref());
        sources.chain(initials).chain(self.header.renamed.iter().map(|(_, new)| new))
    }

    /// All guards, actions and durations.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.clauses().flat_map(Clause::expressions)
    }
}

impl Clause {
    pub(crate) fn row(&self) -> Option<&Row> {
        match &self.kind {
            ClauseKind::Row(row) => Some(row),
            _ => None,
        }
    }

    pub(crate) fn hold(&self) -> Option<&Hold> {
        match &self.kind {
            ClauseKind::Hold(hold) => Some(hold),
            _ => None,
        }
    }

    /// The patterns of the events it names.
    pub(crate) fn patterns(&self) -> &[EventPattern] {
        match &self.kind {
            ClauseKind::Row(row) => match &row.trigger {
                Trigger::Events(events) => events,
                Trigger::Timer { .. } | Trigger::Always(_) => &[],
            },
            ClauseKind::Hold(hold) => &hold.events,
            ClauseKind::Enter(_) | ClauseKind::Exit(_) => &[],
        }
    }

    fn expressions(&self) -> Vec<&Expr> {
        match &self.kind {
            ClauseKind::Row(row) => {
                let duration = match &row.trigger {
                    Trigger::Timer { duration, .. } => Some(&duration.written),
                    Trigger::Events(_) | Trigger::Always(_) => None,
                };
                duration.into_iter().chain(&row.guard).chain(&row.action).collect()
            }
            ClauseKind::Enter(action) | ClauseKind::Exit(action) => vec![action],
            ClauseKind::Hold(_) => Vec::new(),
        }
    }
}

impl Row {
    /// The name of the target; `None` for an internal row.
    pub(crate) fn target_name(&self) -> Option<&Ident> {
        self.target.as_ref().map(|constructor| &constructor.name)
    }
}
