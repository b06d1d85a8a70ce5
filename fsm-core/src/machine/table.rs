//! The transition table as constant data.
//!
//! The attributes on the enum are the only source; this is what the derive writes down of them.
//! Diagrams, checks, the schema in the journal and every tool read it.

use std::fmt;

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
#[derive(Debug)]
pub struct Table {
    /// The kind: the enum's name, or what `#[fsm(name = "...")]` says.
    pub name: &'static str,
    /// The schema version, 1 unless `#[fsm(version = n)]` says otherwise.
    pub version: u32,
    /// The states, in the order of the enum's variants.
    pub states: &'static [State],
    /// The names of the events that some row takes, in the order of their first row.
    pub events: &'static [&'static str],
    /// The rows of each state in the order in which they are tried, states in declaration order.
    pub rows: &'static [Row],
}

/// A state of the table.
#[derive(Debug)]
pub struct State {
    /// The variant's name.
    pub name: &'static str,
    /// The variant's doc comment, one line a line, without leading blanks. Empty if it has none.
    pub docs: &'static str,
    /// Whether a new machine starts here.
    pub initial: bool,
    /// Whether a machine that comes here is complete.
    pub is_final: bool,
}

/// A row of the table: from a source state, on an event, to a target state.
#[derive(Debug)]
pub struct Row {
    /// The state the row leaves.
    pub source: StateId,
    /// The event it takes.
    pub event: EventId,
    /// The source text of the event pattern.
    pub pattern: &'static str,
    /// The source text of the guard.
    pub guard: Option<&'static str>,
    /// The state the row leads to; `None` for an internal row (`=> _`), which stays.
    pub target: Option<StateId>,
    /// The source text of the action.
    pub action: Option<&'static str>,
    /// What `label = "..."` says: it tells rows apart that share source, event and target.
    pub label: Option<&'static str>,
}

/// The number of a state in [`Table::states`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u16);

/// The number of an event in [`Table::events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u16);

/// The number of a row in [`Table::rows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u16);

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

    /// The state a new machine starts in.
    #[must_use]
    pub fn initial(&self) -> &State {
        // The derive refuses an enum without an initial state; a table made by hand may lack one.
        self.states.iter().find(|state| state.initial).unwrap_or(&self.states[0])
    }

    /// A hash of everything that replay depends on: name, version, states, events, and each row's
    /// source, event, target and label. Guards, actions and docs may change without changing it.
    ///
    /// FNV-1a, 64 bits, over the names with a separator that no name contains; the same on every
    /// platform and in every release.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        let mut hash = Fnv::new().text(self.name).number(self.version as u64);
        let mut i = 0;
        while i < self.states.len() {
            hash = hash.text(self.states[i].name);
            hash = hash.number(self.states[i].initial as u64 + 2 * self.states[i].is_final as u64);
            i += 1;
        }
        let mut i = 0;
        while i < self.events.len() {
            hash = hash.text(self.events[i]);
            i += 1;
        }
        let mut i = 0;
        while i < self.rows.len() {
            let row = &self.rows[i];
            hash = hash.number(row.source.0 as u64).number(row.event.0 as u64);
            hash = match row.target {
                Some(target) => hash.number(target.0 as u64),
                None => hash.number(u64::MAX),
            };
            hash = match row.label {
                Some(label) => hash.text(label),
                None => hash.text(""),
            };
            i += 1;
        }
        hash.0
    }

    /// The table as a Mermaid `stateDiagram-v2`, one line a row.
    ///
    /// ```
    /// # use fsm_core::Fsm;
    /// # #[derive(Fsm)]
    /// # #[fsm(event = Event)]
    /// # enum Turnstile {
    /// #     #[fsm(initial)] #[on(Coin => Unlocked)] Locked,
    /// #     #[on(Push => Locked)] Unlocked,
    /// # }
    /// # enum Event { Coin, Push }
    /// let expected = "\
    /// stateDiagram-v2
    ///     [*] --> Locked
    ///     Locked --> Unlocked : Coin
    ///     Unlocked --> Locked : Push
    /// ";
    /// assert_eq!(Turnstile::TABLE.mermaid(), expected);
    /// ```
    #[must_use]
    pub fn mermaid(&self) -> String {
        super::mermaid::render(self)
    }

    /// A row as a line of text, with the names of its states and event.
    #[must_use]
    pub fn describe(&self, row: RowId) -> String {
        let row = self.row(row);
        let target = row.target.unwrap_or(row.source);
        let mut line = format!(
            "{} --{}--> {}",
            self.state(row.source).name,
            self.event(row.event),
            self.state(target).name
        );
        if let Some(label) = row.label {
            line.push_str(&format!(" ({label})"));
        }
        line
    }
}

struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    const fn text(self, text: &str) -> Self {
        let mut hash = self;
        let mut i = 0;
        while i < text.len() {
            hash = hash.byte(text.as_bytes()[i]);
            i += 1;
        }
        hash.byte(0xff)
    }

    const fn number(self, number: u64) -> Self {
        let bytes = number.to_le_bytes();
        let mut hash = self;
        let mut i = 0;
        while i < bytes.len() {
            hash = hash.byte(bytes[i]);
            i += 1;
        }
        hash
    }
}

impl fmt::Display for StateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state {}", self.0)
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.0)
    }
}
