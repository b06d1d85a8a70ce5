//! What the cases share: making records, and comparing what a journal gives back.

use std::collections::BTreeMap;

use crate::journal::{
    AppendError, Batch, Committed, Fact, Journal, MachineKey, Position, Record, Registered, Schema,
    Sequence, SpaceId,
};
use crate::machine::{RowId, StateId, Timestamp};

use super::Place;

/// The name of a case, for its messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case(pub(super) &'static str);

/// A case at work in a place.
#[derive(Debug)]
pub(super) struct Bench<'a, P> {
    case: Case,
    place: &'a P,
}

impl Case {
    /// Panics in the name of the case, unless `holds`.
    #[track_caller]
    pub(super) fn check(self, holds: bool, expected: impl FnOnce() -> String) {
        assert!(holds, "case `{}`: {}", self.0, expected());
    }

    /// The value, or a panic in the name of the case.
    #[track_caller]
    pub(super) fn ok<T, E: std::fmt::Display>(self, what: &str, result: Result<T, E>) -> T {
        match result {
            Ok(value) => value,
            Err(error) => panic!("case `{}`: {what} failed: {error}", self.0),
        }
    }

    /// Panics unless both are the same.
    #[track_caller]
    pub(super) fn same<T: PartialEq + std::fmt::Debug>(self, what: &str, actual: T, expected: T) {
        self.check(actual == expected, || {
            format!("{what} should be {expected:?}, and is {actual:?}")
        });
    }
}

impl<'a, P: Place> Bench<'a, P> {
    pub(super) const fn new(case: Case, place: &'a P) -> Self {
        Self { case, place }
    }

    pub(super) const fn case(&self) -> Case {
        self.case
    }

    /// Opens the journal and registers a kind.
    pub(super) async fn open(&self) -> (P::Journal, Registered) {
        let journal = self.place.open().await;
        let registered = self.register(&journal, &schema("Conformance")).await;
        (journal, registered)
    }

    pub(super) async fn register(&self, journal: &P::Journal, schema: &Schema) -> Registered {
        self.case.ok("registering", journal.register(schema).await)
    }

    pub(super) async fn append(&self, journal: &P::Journal, batch: Batch) -> Committed {
        self.case.ok("appending", journal.append(batch).await)
    }

    /// Closes and opens the journal again.
    pub(super) async fn reopen(&self, journal: P::Journal) -> P::Journal {
        self.case.ok("closing", journal.close().await);
        drop(journal);
        self.place.open().await
    }

    /// All records, read in one page, which must be dense.
    pub(super) async fn all(&self, journal: &P::Journal) -> Vec<Record> {
        let all = self.case.ok("reading", journal.read_all(Position(1), usize::MAX).await);
        for (at, record) in all.iter().enumerate() {
            self.case.same("a position", record.position, Position(at as u64 + 1));
        }
        self.case.same("the head", journal.head(), Position(all.len() as u64));
        all
    }

    /// Creates so many spaces and gives their numbers.
    pub(super) async fn spaces(&self, journal: &P::Journal, count: usize) -> Vec<u32> {
        let mut spaces = Vec::new();
        for number in 0..count {
            let name = format!("space {number}");
            let space = match journal.spaces().find(&name) {
                Some(space) => space,
                None => {
                    let created =
                        journal.spaces().create(&name, BTreeMap::new(), Timestamp::EPOCH).await;
                    self.case.ok("creating a space", created)
                }
            };
            spaces.push(space.id.0);
        }
        spaces
    }

    /// All records that were not erased, read in pages of all sizes.
    pub(super) async fn left(&self, journal: &P::Journal) -> Vec<Record> {
        let whole = self.case.ok("reading", journal.read_all(Position(1), usize::MAX).await);
        for limit in [1, 7] {
            let mut pages: Vec<Record> = Vec::new();
            loop {
                let from = pages.last().map_or(Position(1), |last| last.position.plus(1));
                let page = self.case.ok("a page", journal.read_all(from, limit).await);
                let is_last = page.len() < limit;
                pages.extend(page);
                if is_last {
                    break;
                }
            }
            self.case.same("the pages together", &pages, &whole);
        }
        whole
    }

    /// Panics unless the append was refused as a conflict, and nothing was written.
    pub(super) async fn conflict_left(
        &self,
        journal: &P::Journal,
        batch: Batch,
        machine: &MachineKey,
    ) {
        let before = self.left(journal).await;
        let error = journal.append(batch).await.err();
        let is_conflict = matches!(
            &error,
            Some(AppendError::Conflict { machine: named, .. }) if named == machine
        );
        self.case.check(is_conflict, || format!("expected a conflict, got {error:?}"));
        self.case.same("the log after a conflict", self.left(journal).await, before);
    }

    /// A machine's records, read in one page, which must be dense.
    pub(super) async fn history(&self, journal: &P::Journal, machine: &MachineKey) -> Vec<Record> {
        let read = journal.read(machine, Sequence(1), usize::MAX).await;
        let records = self.case.ok("reading a machine", read);
        for (at, record) in records.iter().enumerate() {
            self.case.same("a sequence", record.sequence, Sequence(at as u64 + 1));
            self.case.same("the machine", &record.machine, machine);
        }
        records
    }

    /// Panics unless the append was refused as a conflict that names `actual`, and nothing was
    /// written.
    pub(super) async fn conflict(
        &self,
        journal: &P::Journal,
        batch: Batch,
        machine: &MachineKey,
        actual: u64,
    ) {
        let before = self.all(journal).await;
        let error = journal.append(batch).await.err();
        let is_conflict = matches!(
            &error,
            Some(AppendError::Conflict { machine: named, actual: stands, .. })
                if named == machine && *stands == Sequence(actual)
        );
        self.case.check(is_conflict, || {
            format!("expected a conflict of {machine} at sequence {actual}, got {error:?}")
        });
        self.case.same("the log after a conflict", self.all(journal).await, before);
    }
}

/// A schema without a machine behind it.
pub(super) fn schema(kind: &str) -> Schema {
    Schema::bare(kind, &["Idle", "Busy"], &["Start", "Finish"])
}

/// A machine in the default space.
pub(super) fn machine(registered: Registered, id: &str) -> MachineKey {
    MachineKey::new(registered.kind, id)
}

/// A machine in a space.
pub(super) fn machine_in(registered: Registered, space: u32, id: &str) -> MachineKey {
    MachineKey { space: SpaceId(space), ..machine(registered, id) }
}

/// Adds a record with this sequence; everything else of it follows from its number.
pub(super) fn push(batch: &mut Batch, registered: Registered, machine: &MachineKey, sequence: u64) {
    let payload = format!("{} {sequence}", machine.id);
    push_payload(batch, registered, machine, sequence, payload.as_bytes());
}

/// Adds a record with this sequence and payload.
pub(super) fn push_payload(
    batch: &mut Batch,
    registered: Registered,
    machine: &MachineKey,
    sequence: u64,
    payload: &[u8],
) {
    let fact = match sequence {
        1 => Fact::Created,
        9 => Fact::Stopped,
        _ => Fact::Transition {
            row: RowId((sequence % 8) as u16),
            state: StateId((sequence % 2) as u16),
        },
    };
    // Times need not ascend, and may be before 1970.
    let time = Timestamp::from_micros((sequence as i64 - 3) * 1_000_003);
    batch.push(machine.clone(), Sequence(sequence), time, registered.schema, fact, payload);
}

/// A batch of one record.
pub(super) fn one(registered: Registered, machine: &MachineKey, sequence: u64) -> Batch {
    let mut batch = Batch::new();
    push(&mut batch, registered, machine, sequence);
    batch
}
