//! The rows in the order in which they are tried: what the model says, multiplied out.
//!
//! A row with alternatives becomes one row for each event, and a row on the enum becomes one row
//! for each state it is for. A state's own rows come first, then those on the enum that name it,
//! then those of its groups, the innermost first, then those for all states that are not final.
//! A row of a group or for all is left out of a state that has already taken every such event. The
//! place in the list is the row's number.

use std::ptr;

use syn::{Expr, Ident, Path};

use crate::model::{Clause, ClauseKind, Duration, Hold, HoldKind, Machine, Row, State, Trigger};
use crate::pattern::EventPattern;

/// All rows of a machine.
pub(crate) struct Table<'m> {
    pub(crate) machine: &'m Machine,
    /// The events in the order of their first row, each as it was first written.
    pub(crate) events: Vec<&'m Ident>,
    pub(crate) timers: Vec<Timer<'m>>,
    pub(crate) rows: Vec<Placed<'m>>,
    /// Events that are not taken.
    pub(crate) holds: Vec<Held<'m>>,
    /// For each state, what an event is offered to, in this order.
    pub(crate) entries: Vec<Vec<Entry>>,
}

/// A place in [`Table::rows`] or in [`Table::holds`].
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    Row(usize),
    Hold(usize),
}

/// A timer of a state, a group or the machine.
pub(crate) struct Timer<'m> {
    pub(crate) scope: Scope,
    pub(crate) duration: &'m Duration,
    pub(crate) repeats: bool,
    clause: *const Clause,
}

/// A state, a group, or all states that are not final, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Machine,
    Group(usize),
    State(usize),
}

/// From where a clause comes to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// It stands on the state.
    Own,
    /// It stands on the enum and names the state.
    Listed,
    /// It stands on the enum and names this group.
    Group(usize),
    /// It stands on the enum and names nobody.
    Machine,
}

/// A row in its place.
pub(crate) struct Placed<'m> {
    /// The place in the table.
    pub(crate) number: usize,
    pub(crate) source: usize,
    pub(crate) trigger: PlacedTrigger<'m>,
    pub(crate) row: &'m Row,
    pub(crate) level: Level,
}

/// What makes a row in its place run.
#[derive(Clone, Copy)]
pub(crate) enum PlacedTrigger<'m> {
    Event { event: usize, pattern: &'m EventPattern },
    Timer(usize),
    Always(&'m Ident),
}

/// Events that are deferred or quietly refused, in their place.
pub(crate) struct Held<'m> {
    pub(crate) source: usize,
    pub(crate) kind: HoldKind,
    pub(crate) pattern: &'m EventPattern,
    pub(crate) level: Level,
}

impl<'m> Table<'m> {
    pub(crate) fn new(machine: &'m Machine) -> Self {
        let mut table = Self {
            machine,
            events: Vec::new(),
            timers: Vec::new(),
            rows: Vec::new(),
            holds: Vec::new(),
            entries: Vec::new(),
        };
        for (source, state) in machine.states.iter().enumerate() {
            table.entries.push(Vec::new());
            for (level, clauses) in levels(machine, source, state) {
                table.place(source, level, &clauses);
            }
        }
        table
    }

    /// Adds the clauses of one level behind those of the levels before it: rows first.
    fn place(&mut self, source: usize, level: Level, clauses: &[&'m Clause]) {
        let inner = self.entries[source].clone();
        for clause in clauses {
            let Some(row) = clause.row() else {
                continue;
            };
            let add = |table: &mut Self, trigger| {
                let is_taken = level.is_shared() && table.is_taken(&inner, &trigger);
                if is_taken || (level.is_shared() && table.is_there(source, row)) {
                    return;
                }
                let number = table.rows.len();
                table.rows.push(Placed { number, source, trigger, row, level });
                table.entries[source].push(Entry::Row(number));
            };
            match &row.trigger {
                Trigger::Events(patterns) => {
                    for pattern in patterns {
                        let event = self.event(&pattern.variant);
                        add(self, PlacedTrigger::Event { event, pattern });
                    }
                }
                Trigger::Timer { duration, repeats } => {
                    let timer = self.timer(level.scope(source), clause, duration, *repeats);
                    add(self, PlacedTrigger::Timer(timer));
                }
                Trigger::Always(word) => add(self, PlacedTrigger::Always(word)),
            }
        }
        for clause in clauses {
            if let Some(hold) = clause.hold() {
                self.place_hold(source, level, hold, &inner);
            }
        }
    }

    fn place_hold(&mut self, source: usize, level: Level, hold: &'m Hold, inner: &[Entry]) {
        for pattern in &hold.events {
            let taken = inner.iter().any(|entry| self.takes_all_of(*entry, pattern));
            if !(level.is_shared() && taken) {
                self.entries[source].push(Entry::Hold(self.holds.len()));
                let kind = hold.kind;
                self.holds.push(Held { source, kind, pattern, level });
            }
        }
    }

    /// Whether this is an automatic row, and the machine is where it leads: it would go round.
    fn is_there(&self, source: usize, row: &Row) -> bool {
        let Some(target) = row.target_name() else {
            return false;
        };
        let groups = self.machine.groups_of(source);
        let is_group =
            self.machine.group_index(target).is_some_and(|group| groups.contains(&group));
        matches!(row.trigger, Trigger::Always(_))
            && (self.machine.states[source].ident == *target || is_group)
    }

    fn is_taken(&self, entries: &[Entry], trigger: &PlacedTrigger<'_>) -> bool {
        entries.iter().any(|entry| match trigger {
            PlacedTrigger::Event { pattern, .. } => self.takes_all_of(*entry, pattern),
            PlacedTrigger::Always(_) => match entry {
                Entry::Row(row) => self.rows[*row].is_unconditional(),
                Entry::Hold(_) => false,
            },
            PlacedTrigger::Timer(_) => false,
        })
    }

    /// Whether no event that `pattern` matches comes past this entry.
    pub(crate) fn takes_all_of(&self, entry: Entry, pattern: &EventPattern) -> bool {
        match entry {
            Entry::Row(row) => self.rows[row].takes_all_of(pattern),
            Entry::Hold(hold) => {
                let held = self.holds[hold].pattern;
                held.variant == pattern.variant && held.is_irrefutable()
            }
        }
    }

    fn event(&mut self, variant: &'m Ident) -> usize {
        self.event_index(variant).unwrap_or_else(|| {
            self.events.push(variant);
            self.events.len() - 1
        })
    }

    /// The number of an event that some row takes.
    pub(crate) fn event_index(&self, variant: &Ident) -> Option<usize> {
        self.events.iter().position(|event| *event == variant)
    }

    fn timer(
        &mut self,
        scope: Scope,
        clause: &Clause,
        duration: &'m Duration,
        repeats: bool,
    ) -> usize {
        let is_known = |timer: &Timer<'_>| timer.scope == scope && ptr::eq(timer.clause, clause);
        self.timers.iter().position(is_known).unwrap_or_else(|| {
            self.timers.push(Timer { scope, duration, repeats, clause });
            self.timers.len() - 1
        })
    }

    /// The rows of a state in the order in which they are tried.
    pub(crate) fn rows_of(&self, source: usize) -> impl Iterator<Item = &Placed<'m>> + Clone {
        self.entries[source].iter().filter_map(|entry| match entry {
            Entry::Row(row) => Some(&self.rows[*row]),
            Entry::Hold(_) => None,
        })
    }

    /// Whether this alternative of a clause on the enum is asked in any state.
    pub(crate) fn is_used(&self, pattern: &EventPattern) -> bool {
        let rows = self.rows.iter().filter_map(Placed::pattern);
        let mut patterns = rows.chain(self.holds.iter().map(|held| held.pattern));
        patterns.any(|each| ptr::eq(each, pattern))
    }

    /// The entry (`#[enter]`) actions of a state or group, in order.
    pub(crate) fn enter_actions(&self, scope: Scope) -> Vec<&'m Expr> {
        self.actions(scope, |kind| match kind {
            ClauseKind::Enter(action) => Some(action),
            _ => None,
        })
    }

    /// The exit (`#[exit]`) actions of a state or group, in order.
    pub(crate) fn exit_actions(&self, scope: Scope) -> Vec<&'m Expr> {
        self.actions(scope, |kind| match kind {
            ClauseKind::Exit(action) => Some(action),
            _ => None,
        })
    }

    fn actions(
        &self,
        scope: Scope,
        select: impl Fn(&'m ClauseKind) -> Option<&'m Expr>,
    ) -> Vec<&'m Expr> {
        let (own, name): (&[Clause], _) = match scope {
            Scope::State(state) => {
                let state = &self.machine.states[state];
                (&state.clauses, &state.ident)
            }
            Scope::Group(group) => (&[], &self.machine.groups[group].ident),
            Scope::Machine => return Vec::new(),
        };
        let listed = self.machine.clauses.iter().filter(|clause| clause.sources.contains(name));
        own.iter().chain(listed).filter_map(|clause| select(&clause.kind)).collect()
    }

    /// The event enum.
    pub(crate) fn event_type(&self) -> Option<&'m Path> {
        self.machine.header.event.as_ref()
    }
}

/// The clauses that come to a state, from the nearest to the farthest.
fn levels<'m>(
    machine: &'m Machine,
    source: usize,
    state: &'m State,
) -> Vec<(Level, Vec<&'m Clause>)> {
    let names = |clause: &Clause| clause.sources.contains(&state.ident);
    let listed = machine.clauses.iter().filter(|clause| names(clause));
    let mut levels =
        vec![(Level::Own, state.clauses.iter().collect()), (Level::Listed, listed.collect())];
    if state.is_final.is_some() {
        return levels;
    }
    let groups = machine.groups_of(source);
    for (depth, group) in groups.iter().enumerate() {
        // A clause that names the state or a nearer group, too, has come already.
        let nearer: Vec<&Ident> =
            groups[..depth].iter().map(|group| &machine.groups[*group].ident).collect();
        let name = &machine.groups[*group].ident;
        let clauses = machine.clauses.iter().filter(|clause| {
            clause.sources.contains(name)
                && !names(clause)
                && !clause.sources.iter().any(|source| nearer.contains(&source))
        });
        levels.push((Level::Group(*group), clauses.collect()));
    }
    let clauses = machine.clauses.iter().filter(|clause| clause.sources.is_empty());
    levels.push((Level::Machine, clauses.collect()));
    levels
}

impl Level {
    /// Whether what is nearer to the state comes before it without a word.
    pub(crate) const fn is_shared(self) -> bool {
        matches!(self, Self::Group(_) | Self::Machine)
    }

    const fn scope(self, source: usize) -> Scope {
        match self {
            Self::Own | Self::Listed => Scope::State(source),
            Self::Group(group) => Scope::Group(group),
            Self::Machine => Scope::Machine,
        }
    }
}

impl<'m> Placed<'m> {
    pub(crate) fn source<'t>(&self, table: &Table<'t>) -> &'t State {
        &table.machine.states[self.source]
    }

    /// The pattern of the event it takes, if it takes one.
    pub(crate) const fn pattern(&self) -> Option<&'m EventPattern> {
        match self.trigger {
            PlacedTrigger::Event { pattern, .. } => Some(pattern),
            PlacedTrigger::Timer(_) | PlacedTrigger::Always(_) => None,
        }
    }

    /// The number of the state it leads to if no history says otherwise; `None` if the row stays,
    /// or if there is no such state.
    pub(crate) fn target(&self, machine: &Machine) -> Option<usize> {
        let name = self.row.target_name()?;
        machine.state_index(name).or_else(|| machine.group_initial(machine.group_index(name)?))
    }

    /// The group whose history it asks.
    pub(crate) fn history(&self, machine: &Machine) -> Option<usize> {
        let name = self.row.target_name()?;
        let group = machine.group_index(name)?;
        machine.groups[group].history.is_some().then_some(group)
    }

    /// Whether no event that `pattern` matches comes past this row.
    pub(crate) fn takes_all_of(&self, pattern: &EventPattern) -> bool {
        self.row.guard.is_none()
            && self
                .pattern()
                .is_some_and(|own| own.variant == pattern.variant && own.is_irrefutable())
    }

    /// Whether it is taken as soon as it is tried, event or no event.
    pub(crate) const fn is_unconditional(&self) -> bool {
        matches!(self.trigger, PlacedTrigger::Always(_)) && self.row.guard.is_none()
    }
}
