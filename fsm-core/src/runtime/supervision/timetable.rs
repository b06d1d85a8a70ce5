//! What is to be done at which time.

use std::collections::BTreeMap;

use super::tree::MemberId;
use crate::machine::Timestamp;

/// An entry's place: its time, and then the order of entering.
pub(super) type Alarm = (Timestamp, u64);

/// What the members wait for. Each has one entry at most.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    entries: BTreeMap<Alarm, MemberId>,
    entered: u64,
}

impl Timetable {
    #[must_use]
    pub(super) fn enter(&mut self, at: Timestamp, member: MemberId) -> Alarm {
        self.entered += 1;
        let alarm = (at, self.entered);
        self.entries.insert(alarm, member);
        alarm
    }

    pub(super) fn cancel(&mut self, alarm: Alarm) {
        self.entries.remove(&alarm);
    }

    /// The time of the earliest entry.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.entries.keys().next().map(|&(at, _)| at)
    }

    /// Takes the earliest entry whose time has come.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<MemberId> {
        let first = self.entries.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}
