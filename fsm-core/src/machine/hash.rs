//! The stable hash of a table.

use super::table::{History, Row, Table, Trigger};

impl Table {
    /// A hash of everything that replay depends on: name, version, states, groups, events, and each
    /// row's source, trigger, target and label. Guards, actions, durations and docs may change
    /// without changing it.
    ///
    /// FNV-1a, 64 bits, over the names with a separator that no name contains; the same on every
    /// platform and in every release.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        let mut hash = Fnv::new().text(self.name).number(self.version as u64);
        let mut i = 0;
        while i < self.states.len() {
            let state = &self.states[i];
            hash = hash.text(state.name);
            hash = hash.number(state.initial as u64 + 2 * state.is_final as u64);
            if let Some(group) = state.group {
                hash = hash.text("group").number(group.0 as u64);
            }
            i += 1;
        }
        hash = groups(hash, self);
        let mut i = 0;
        while i < self.events.len() {
            hash = hash.text(self.events[i]);
            i += 1;
        }
        let mut i = 0;
        while i < self.rows.len() {
            hash = row(hash, self, &self.rows[i]);
            i += 1;
        }
        hash.0
    }
}

const fn groups(mut hash: Fnv, table: &Table) -> Fnv {
    let mut i = 0;
    while i < table.groups.len() {
        let group = &table.groups[i];
        hash = hash.text(group.name);
        if let Some(parent) = group.parent {
            hash = hash.text("in").number(parent.0 as u64);
        }
        if let Some(initial) = group.initial {
            hash = hash.text("initial").number(initial.0 as u64);
        }
        hash = match group.history {
            None => hash.number(0),
            Some(History::Shallow) => hash.number(1),
            Some(History::Deep) => hash.number(2),
        };
        i += 1;
    }
    hash
}

const fn row(hash: Fnv, table: &Table, row: &Row) -> Fnv {
    let hash = hash.number(row.source.0 as u64);
    let hash = match row.trigger {
        Trigger::Event(event) => hash.number(event.0 as u64),
        Trigger::Timer(timer) if table.timer(timer).repeats => hash.number(u64::MAX - 2),
        Trigger::Timer(_) => hash.number(u64::MAX - 1),
        Trigger::Always => hash.number(u64::MAX),
    };
    let hash = match row.target {
        Some(target) => hash.number(target.0 as u64),
        None => hash.number(u64::MAX),
    };
    let hash = match row.history {
        Some(group) => hash.text("history").number(group.0 as u64),
        None => hash,
    };
    match row.label {
        Some(label) => hash.text(label),
        None => hash.text(""),
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
