//! Tables drawn by hand, for what a test wants to vary.

use fsm_core::machine::graph::{Path, Paths};
use fsm_core::machine::{Group, GroupId, History, Row, Scope, State, Timer, TimerId, Trigger};
use fsm_core::{EventId, RowId, StateId, Table};

/// A table under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawing {
    states: Vec<State>,
    groups: Vec<Group>,
    events: Vec<&'static str>,
    timers: Vec<Timer>,
    rows: Vec<Row>,
}

impl Drawing {
    /// States with these names, the first of them initial; `*` in front marks a final one.
    pub(crate) fn of(names: &[&'static str]) -> Self {
        let states = names.iter().enumerate().map(|(number, name)| State {
            name: name.trim_start_matches('*'),
            docs: "",
            initial: number == 0,
            is_final: name.starts_with('*'),
            group: None,
            enter: &[],
            exit: &[],
            deferred: &[],
            quiet: &[],
        });
        Self { states: states.collect(), ..Self::default() }
    }

    /// So many states, named by their numbers.
    pub(crate) fn numbered(states: usize) -> Self {
        let names: Vec<&'static str> =
            (0..states).map(|n| &*Box::leak(n.to_string().into_boxed_str())).collect();
        Self::of(&names)
    }

    fn state(&self, name: &str) -> StateId {
        let place = self.states.iter().position(|state| state.name == name);
        StateId(place.unwrap_or_else(|| panic!("no state {name}")).try_into().unwrap())
    }

    /// A row on an event: `"Locked --Coin--> Unlocked"`; `always` is no event, and `_` stays.
    pub(crate) fn row(mut self, line: &str) -> Self {
        let (source, rest) = line.split_once(" --").unwrap();
        let (word, target) = rest.split_once("--> ").unwrap();
        let trigger = match word {
            "always" => Trigger::Always,
            event => Trigger::Event(self.event(event)),
        };
        let target = (target != "_").then(|| self.state(target));
        let source = self.state(source);
        self.add(source, trigger, target)
    }

    /// The rows of several lines, as in [`row`](Self::row).
    pub(crate) fn rows(self, lines: &[&str]) -> Self {
        lines.iter().fold(self, |drawing, line| drawing.row(line))
    }

    /// A row by numbers.
    pub(crate) fn add(
        mut self,
        source: StateId,
        trigger: Trigger,
        target: Option<StateId>,
    ) -> Self {
        self.rows.push(Row {
            source,
            trigger,
            pattern: "",
            guard: None,
            target,
            history: None,
            action: None,
            label: None,
        });
        self
    }

    /// A row on a timer of the state.
    pub(crate) fn after(mut self, source: &str, target: &str) -> Self {
        let source = self.state(source);
        let timer = TimerId(self.timers.len().try_into().unwrap());
        self.timers.push(Timer { scope: Scope::State(source), repeats: false, duration: "5s" });
        let target = Some(self.state(target));
        self.add(source, Trigger::Timer(timer), target)
    }

    /// Changes the row added last.
    pub(crate) fn but(mut self, change: impl FnOnce(&mut Row)) -> Self {
        change(self.rows.last_mut().unwrap());
        self
    }

    /// A group of these states, the first of them its initial one.
    pub(crate) fn group(
        mut self,
        name: &'static str,
        history: Option<History>,
        states: &[&str],
    ) -> Self {
        let group = Some(GroupId(self.groups.len().try_into().unwrap()));
        let initial = Some(self.state(states[0]));
        self.groups.push(Group { name, parent: None, initial, history, enter: &[], exit: &[] });
        for name in states {
            let state = usize::from(self.state(name).0);
            self.states[state].group = group;
        }
        self
    }

    /// Puts the last group into the one before it.
    pub(crate) fn inside(mut self) -> Self {
        let before = GroupId((self.groups.len() - 2).try_into().unwrap());
        self.groups.last_mut().unwrap().parent = Some(before);
        self
    }

    pub(crate) fn event(&mut self, name: &str) -> EventId {
        let place = self.events.iter().position(|event| *event == name);
        let place = place.unwrap_or_else(|| {
            self.events.push(Box::leak(name.to_owned().into_boxed_str()));
            self.events.len() - 1
        });
        EventId(place.try_into().unwrap())
    }

    pub(crate) fn finish(self) -> Table {
        Table {
            name: "Drawn",
            states: self.states.leak(),
            groups: self.groups.leak(),
            events: self.events.leak(),
            timers: self.timers.leak(),
            rows: self.rows.leak(),
            ..Table::EMPTY
        }
    }
}

pub(crate) fn named(table: &Table, name: &str) -> StateId {
    table.state_named(name).unwrap_or_else(|| panic!("no state {name}"))
}

/// The row of this line, as `Table::describe` has it.
pub(crate) fn row(table: &Table, line: &str) -> RowId {
    let found = table.row_ids().find(|row| table.describe(*row) == line);
    found.unwrap_or_else(|| panic!("no row {line}"))
}

pub(crate) fn names(table: &Table, states: &[StateId]) -> Vec<&'static str> {
    states.iter().map(|state| table.state(*state).name).collect()
}

pub(crate) fn lines<'a>(table: &Table, paths: impl IntoIterator<Item = &'a Path>) -> Vec<String> {
    paths.into_iter().map(|path| path.display(table).to_string()).collect()
}

/// All paths as lines, after making sure that they are all.
pub(crate) fn all(table: &Table, paths: Paths) -> Vec<String> {
    let listed = paths.list();
    assert!(listed.complete);
    lines(table, &listed.paths)
}
