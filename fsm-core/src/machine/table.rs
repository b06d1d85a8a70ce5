//! The transition table as constant data.
//!
//! The attributes on the enum are the only source; this is what the derive writes down of them.
//! Diagrams, checks, the schema in the journal and every tool read it.

use super::ids::{EventId, GroupId, RowId, StateId, TimerId};

/// A machine's transitions, as the derive found them.
///
/// ```
/// use fsm_core::Fsm;
///
/// #[derive(Fsm)]
/// #[fsm(event = Event)]
/// enum Turnstile {
///     #[fsm(initial)]
///     #[on(Coin => Unlocked)]
///     Locked,
///     #[on(Push => Locked)]
///     #[on(Coin => _)]
///     Unlocked,
/// }
///
/// enum Event { Coin, Push }
///
/// let table = Turnstile::TABLE;
/// assert_eq!(table.name, "Turnstile");
/// assert_eq!(table.states.len(), 2);
/// assert_eq!(table.describe(fsm_core::RowId(0)), "Locked --Coin--> Unlocked");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The kind: the enum's name, or what `#[fsm(name = "...")]` says.
    pub name: &'static str,
    /// The schema version, 1 unless `#[fsm(version = n)]` says otherwise.
    pub version: u32,
    /// The states, in the order of the enum's variants.
    pub states: &'static [State],
    /// The groups, each behind the one around it, otherwise in the order in which they are first
    /// named.
    pub groups: &'static [Group],
    /// The names of the events that some row takes, in the order of their first row.
    pub events: &'static [&'static str],
    /// The timers, `#[after]` and `#[every]`, in the order of their first row.
    pub timers: &'static [Timer],
    /// The rows of each state in the order in which they are tried, states in declaration order.
    pub rows: &'static [Row],
    /// The older versions that can be read, `previous(1 = v1::Event)`: the number of each, and the
    /// source text of its event type.
    pub previous: &'static [(u32, &'static str)],
    /// The same of contexts, `previous(context 1 = v1::Order)`.
    pub previous_contexts: &'static [(u32, &'static str)],
    /// The names that states, events and groups had before, `renamed(Old => New)`: old, then new.
    pub renamed: &'static [(&'static str, &'static str)],
}

/// A state of the table.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// The variant's name.
    pub name: &'static str,
    /// The variant's doc comment, one line a line, without leading blanks. Empty if it has none.
    pub docs: &'static str,
    /// Whether a new machine starts here.
    pub initial: bool,
    /// Whether a machine that comes here is complete.
    pub is_final: bool,
    /// The innermost group it belongs to.
    pub group: Option<GroupId>,
    /// The source texts of its `#[enter]` actions.
    pub enter: &'static [&'static str],
    /// The source texts of its `#[exit]` actions.
    pub exit: &'static [&'static str],
    /// The events that are kept here until the state changes, those of its groups included.
    pub deferred: &'static [EventId],
    /// The events whose refusal is expected here, those of its groups included.
    pub quiet: &'static [EventId],
}

/// A group of states (a superstate).
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The group's name.
    pub name: &'static str,
    /// The group around it.
    pub parent: Option<GroupId>,
    /// The state that a row to the group leads to, if nothing is remembered.
    pub initial: Option<StateId>,
    /// Whether the group remembers where it was left.
    pub history: Option<History>,
    /// The source texts of its `#[enter]` actions.
    pub enter: &'static [&'static str],
    /// The source texts of its `#[exit]` actions.
    pub exit: &'static [&'static str],
}

/// What a group remembers when it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum History {
    /// Its state, or, if that is in a group inside it, that group, which is entered anew.
    Shallow,
    /// Its state, however deep.
    Deep,
}

/// `#[after]` or `#[every]`: runs while the machine is in a state or group.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    /// Where it runs: it starts when this is entered, and stops when this is left.
    pub scope: Scope,
    /// Whether it starts again when it has run down.
    pub repeats: bool,
    /// The source text of its duration.
    pub duration: &'static str,
}

/// A state, a group, or the whole machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The machine: every state that is not final.
    Machine,
    /// A group.
    Group(GroupId),
    /// A state.
    State(StateId),
}

/// A row of the table: from a source state, on a trigger, to a target state.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The state the row leaves.
    pub source: StateId,
    /// What makes it run.
    pub trigger: Trigger,
    /// The source text of the event pattern; empty without an event.
    pub pattern: &'static str,
    /// The source text of the guard.
    pub guard: Option<&'static str>,
    /// The state the row leads to; `None` for an internal row (`=> _`), which stays.
    pub target: Option<StateId>,
    /// The group whose history the row asks first: `target` holds if nothing is remembered.
    pub history: Option<GroupId>,
    /// The source text of the action.
    pub action: Option<&'static str>,
    /// What `label = "..."` says: it tells rows apart that share source, trigger and target.
    pub label: Option<&'static str>,
}

/// What makes a row run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// An event: `#[on]`.
    Event(EventId),
    /// A timer that has run down: `#[after]`, or, if it repeats, `#[every]`.
    Timer(TimerId),
    /// Nothing: the row is tried as soon as its state is entered, and after each internal row:
    /// `#[always]`.
    Always,
}

impl Table {
    /// The state with this number.
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub const fn state(&self, state: StateId) -> &State {
        &self.states[state.0 as usize]
    }

    /// The name of the event with this number.
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub const fn event(&self, event: EventId) -> &'static str {
        self.events[event.0 as usize]
    }

    /// The row with this number.
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub const fn row(&self, row: RowId) -> &Row {
        &self.rows[row.0 as usize]
    }

    /// The group with this number.
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub const fn group(&self, group: GroupId) -> &Group {
        &self.groups[group.0 as usize]
    }

    /// The timer with this number.
    ///
    /// # Panics
    ///
    /// If the number is not one of this table's.
    #[must_use]
    pub const fn timer(&self, timer: TimerId) -> &Timer {
        &self.timers[timer.0 as usize]
    }

    /// The state a new machine starts in.
    #[must_use]
    pub fn initial(&self) -> &State {
        // The derive refuses an enum without an initial state; a table made by hand may lack one.
        self.states.iter().find(|state| state.initial).unwrap_or(&self.states[0])
    }

    /// What makes a row run, in a word or two: the event's name, `after 30s`, `every 5s`, or
    /// `always`.
    #[must_use]
    pub fn trigger(&self, row: RowId) -> String {
        match self.row(row).trigger {
            Trigger::Event(event) => self.event(event).to_owned(),
            Trigger::Timer(timer) => {
                let timer = self.timer(timer);
                let word = if timer.repeats { "every" } else { "after" };
                format!("{word} {}", timer.duration)
            }
            Trigger::Always => "always".to_owned(),
        }
    }

    /// A row as a line of text, with the names of its states and what makes it run.
    #[must_use]
    pub fn describe(&self, row: RowId) -> String {
        let trigger = self.trigger(row);
        let row = self.row(row);
        let source = self.state(row.source).name;
        let target = self.state(row.target.unwrap_or(row.source)).name;
        let mut line = format!("{source} --{trigger}--> {target}");
        if let Some(label) = row.label {
            line.push_str(&format!(" ({label})"));
        }
        line
    }

    /// Whether some row is taken without anything happening.
    #[cfg(feature = "rt")]
    pub(crate) const fn has_automatic_rows(&self) -> bool {
        let mut i = 0;
        while i < self.rows.len() {
            if matches!(self.rows[i].trigger, Trigger::Always) {
                return true;
            }
            i += 1;
        }
        false
    }

    /// Today's name of what was called `name`: a state, an event or a group.
    #[cfg(feature = "rt")]
    pub(crate) fn name_now<'a>(&self, name: &'a str) -> &'a str {
        self.renamed.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new)
    }

    /// The groups of a state, the innermost first.
    pub fn groups_of(&self, state: StateId) -> impl Iterator<Item = GroupId> {
        std::iter::successors(self.state(state).group, |group| self.group(*group).parent)
    }

    /// Whether the state is in the scope. A final state is in no machine's scope, since nothing
    /// runs there.
    #[must_use]
    pub fn is_in(&self, state: StateId, scope: Scope) -> bool {
        match scope {
            Scope::Machine => !self.state(state).is_final,
            Scope::Group(group) => self.groups_of(state).any(|each| each == group),
            Scope::State(other) => state == other,
        }
    }
}

impl Row {
    /// The event the row takes, if it takes one.
    #[must_use]
    pub const fn event(&self) -> Option<EventId> {
        match self.trigger {
            Trigger::Event(event) => Some(event),
            Trigger::Timer(_) | Trigger::Always => None,
        }
    }
}
