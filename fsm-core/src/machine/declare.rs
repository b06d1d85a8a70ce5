//! Tables put together by hand, and by the derive.
//!
//! ```
//! use fsm_core::machine::{Row, State, Table};
//!
//! const TURNSTILE: &Table = &Table {
//!     name: "Turnstile",
//!     states: &[State::new("Locked").initial(), State::new("Unlocked")],
//!     events: &["Coin", "Push"],
//!     rows: &[Row::on(0, 0, "Coin").to(1), Row::on(1, 1, "Push").to(0)],
//!     ..Table::EMPTY
//! };
//! assert_eq!(TURNSTILE.initial().name, "Locked");
//! ```

use super::ids::{EventId, GroupId, StateId, TimerId};
use super::table::{Group, History, Row, Scope, State, Table, Timer, Trigger};

impl Table {
    /// Nothing: version 1 of a machine without a name and without states.
    pub const EMPTY: Self = Self {
        name: "",
        version: 1,
        states: &[],
        groups: &[],
        events: &[],
        timers: &[],
        rows: &[],
        previous: &[],
        previous_contexts: &[],
        renamed: &[],
    };
}

impl State {
    /// A state in no group, neither initial nor final.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            docs: "",
            initial: false,
            is_final: false,
            group: None,
            enter: &[],
            exit: &[],
            deferred: &[],
            quiet: &[],
        }
    }

    /// With a doc comment.
    #[must_use]
    pub const fn docs(self, docs: &'static str) -> Self {
        Self { docs, ..self }
    }

    /// A new machine starts here.
    #[must_use]
    pub const fn initial(self) -> Self {
        Self { initial: true, ..self }
    }

    /// A machine that comes here is complete.
    #[must_use]
    pub const fn last(self) -> Self {
        Self { is_final: true, ..self }
    }

    /// In this group.
    #[must_use]
    pub const fn group(self, group: u16) -> Self {
        Self { group: Some(GroupId(group)), ..self }
    }

    /// With these entry actions.
    #[must_use]
    pub const fn enter(self, enter: &'static [&'static str]) -> Self {
        Self { enter, ..self }
    }

    /// With these exit actions.
    #[must_use]
    pub const fn exit(self, exit: &'static [&'static str]) -> Self {
        Self { exit, ..self }
    }

    /// Keeps these events for later.
    #[must_use]
    pub const fn deferred(self, deferred: &'static [EventId]) -> Self {
        Self { deferred, ..self }
    }

    /// Refuses these events without ado.
    #[must_use]
    pub const fn quiet(self, quiet: &'static [EventId]) -> Self {
        Self { quiet, ..self }
    }
}

impl Group {
    /// A group in no other.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, parent: None, initial: None, history: None, enter: &[], exit: &[] }
    }

    /// Inside this group.
    #[must_use]
    pub const fn parent(self, parent: u16) -> Self {
        Self { parent: Some(GroupId(parent)), ..self }
    }

    /// Entered at this state.
    #[must_use]
    pub const fn initial(self, initial: u16) -> Self {
        Self { initial: Some(StateId(initial)), ..self }
    }

    /// Remembers where it was left.
    #[must_use]
    pub const fn history(self, history: History) -> Self {
        Self { history: Some(history), ..self }
    }

    /// With these entry actions.
    #[must_use]
    pub const fn enter(self, enter: &'static [&'static str]) -> Self {
        Self { enter, ..self }
    }

    /// With these exit actions.
    #[must_use]
    pub const fn exit(self, exit: &'static [&'static str]) -> Self {
        Self { exit, ..self }
    }
}

impl Timer {
    /// `#[after(duration => ...)]`
    #[must_use]
    pub const fn after(scope: Scope, duration: &'static str) -> Self {
        Self { scope, repeats: false, duration }
    }

    /// `#[every(duration / ...)]`
    #[must_use]
    pub const fn every(scope: Scope, duration: &'static str) -> Self {
        Self { scope, repeats: true, duration }
    }
}

impl Row {
    /// From a state, on an event, which matches this pattern.
    #[must_use]
    pub const fn on(source: u16, event: u16, pattern: &'static str) -> Self {
        Self { pattern, ..Self::new(source, Trigger::Event(EventId(event))) }
    }

    /// From a state, when a timer has run down.
    #[must_use]
    pub const fn timer(source: u16, timer: u16) -> Self {
        Self::new(source, Trigger::Timer(TimerId(timer)))
    }

    /// From a state, by itself.
    #[must_use]
    pub const fn always(source: u16) -> Self {
        Self::new(source, Trigger::Always)
    }

    const fn new(source: u16, trigger: Trigger) -> Self {
        Self {
            source: StateId(source),
            trigger,
            pattern: "",
            guard: None,
            target: None,
            history: None,
            action: None,
            label: None,
        }
    }

    /// To this state. A row that is not told so stays.
    #[must_use]
    pub const fn to(self, target: u16) -> Self {
        Self { target: Some(StateId(target)), ..self }
    }

    /// To the state that this group remembers, if it does.
    #[must_use]
    pub const fn history(self, group: u16) -> Self {
        Self { history: Some(GroupId(group)), ..self }
    }

    /// Under this condition.
    #[must_use]
    pub const fn guard(self, guard: &'static str) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// With this action.
    #[must_use]
    pub const fn action(self, action: &'static str) -> Self {
        Self { action: Some(action), ..self }
    }

    /// With this label.
    #[must_use]
    pub const fn label(self, label: &'static str) -> Self {
        Self { label: Some(label), ..self }
    }
}
