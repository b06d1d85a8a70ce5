//! Random lives of a journal: appending, erasing, merging, spaces, snapshots, cursors.

use std::collections::BTreeMap;

use fsm_core::journal::{
    Batch, Fact, Journal, MachineKey, Metadata, Position, Record, Registered, Schema, Sequence,
    SpaceId, StoredSnapshot,
};
use fsm_core::{RowId, StateId, Timestamp};
use fsm_persist::{SledJournal, SledOptions};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Records of machines, each with the length of its payload.
    Append(Vec<(u8, u16)>),
    /// So many commits of one record each.
    Trickle(u8, u8),
    Base(u8),
    Trim(u8),
    Forget(u8),
    CreateSpace,
    DeleteSpace(u8),
    Snapshot(u8, u16),
    Move(u8, u16),
    Merge,
    Reopen,
}

/// So many names of machines there are.
pub(crate) const MACHINES: u8 = 15;

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![30 => 0..120u16, 1 => 5_000..14_000u16];
    let machine = || 0..MACHINES;
    prop_oneof![
        8 => prop::collection::vec((machine(), length), 1..90).prop_map(Step::Append),
        6 => (machine(), 1..100u8).prop_map(|(machine, count)| Step::Trickle(machine, count)),
        2 => machine().prop_map(Step::Base),
        3 => machine().prop_map(Step::Trim),
        2 => machine().prop_map(Step::Forget),
        1 => Just(Step::CreateSpace),
        1 => (0..3u8).prop_map(Step::DeleteSpace),
        2 => (machine(), 0..20_000u16).prop_map(|(number, bytes)| Step::Snapshot(number, bytes)),
        1 => (0..3u8, 0..500u16).prop_map(|(name, at)| Step::Move(name, at)),
        2 => Just(Step::Merge),
        1 => Just(Step::Reopen),
    ]
}

/// A journal and how it is used.
pub(crate) struct Life {
    pub(crate) options: SledOptions,
    pub(crate) directory: tempfile::TempDir,
    journal: Option<SledJournal>,
    kind: Registered,
    /// The spaces that there are or were; the last three are used.
    spaces: Vec<SpaceId>,
    bases: BTreeMap<MachineKey, Sequence>,
}

/// Everything that a journal says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) head: Position,
    pub(crate) records: Vec<Record>,
    pub(crate) machines: BTreeMap<MachineKey, Vec<Record>>,
    spaces: Vec<(SpaceId, String, Vec<Record>)>,
    snapshots: Vec<StoredSnapshot>,
}

/// Options that leave the disk out.
pub(crate) fn quick() -> SledOptions {
    let never = std::time::Duration::from_secs(3600);
    SledJournal::options().durability(fsm_core::journal::Durability::Flush(never))
}

impl Life {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = quick().checkpoint_records(300);
        let journal = options.open(directory.path().join("journal")).unwrap();
        let schema = Schema::bare("Load", &["A", "B"], &["Go"]);
        let kind = journal.register(&schema).await.unwrap();
        let (spaces, bases) = (vec![SpaceId::DEFAULT], BTreeMap::new());
        Self { options, directory, journal: Some(journal), kind, spaces, bases }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("journal")
    }

    pub(crate) fn journal(&self) -> &SledJournal {
        self.journal.as_ref().unwrap()
    }

    pub(crate) fn key(&self, number: u8) -> MachineKey {
        let newest: Vec<SpaceId> = self.spaces.iter().rev().take(3).copied().collect();
        let space = newest[usize::from(number) % newest.len()];
        MachineKey { space, kind: self.kind.kind, id: format!("m{}", number / 3).into() }
    }

    async fn last(&self, machine: &MachineKey) -> Sequence {
        let history = self.journal().read(machine, Sequence(1), usize::MAX).await.unwrap();
        history.last().map_or(Sequence::START, |last| last.sequence)
    }

    pub(crate) async fn append(&self, records: &[(u8, u16)], is_base: bool) {
        let mut batch = Batch::new();
        let mut lasts: BTreeMap<MachineKey, Sequence> = BTreeMap::new();
        for (at, &(number, length)) in records.iter().enumerate() {
            let machine = self.key(number);
            if !lasts.contains_key(&machine) {
                lasts.insert(machine.clone(), self.last(&machine).await);
            }
            let sequence = lasts[&machine].next();
            lasts.insert(machine.clone(), sequence);
            let fact = match is_base {
                true => Fact::Base { state: StateId(1) },
                false if sequence.0 == 1 => Fact::Created,
                false => Fact::Transition { row: RowId(u16::from(number) % 4), state: StateId(0) },
            };
            batch.payload_buffer().extend(std::iter::repeat_n(at as u8, usize::from(length)));
            let time = Timestamp::from_micros(i64::from(length) * 1_000 - 50_000);
            let correlation = (at % 7 == 0).then(|| format!("request {at}"));
            let metadata = Metadata { correlation, ..Metadata::default() }.encode();
            batch.push_annotated(machine, sequence, time, self.kind.schema, fact, metadata);
        }
        // Machines of a space that was deleted are refused.
        self.journal().append(batch).await.ok();
    }

    pub(crate) async fn take(&mut self, step: Step) {
        match step {
            Step::Append(records) => self.append(&records, false).await,
            Step::Trickle(number, count) => {
                for at in 0..count {
                    self.append(&[((number + at % 2) % MACHINES, 20)], false).await;
                }
            }
            Step::Base(number) => {
                let machine = self.key(number);
                self.bases.insert(machine.clone(), self.last(&machine).await.next());
                self.append(&[(number, 50)], true).await;
            }
            Step::Trim(number) => {
                let machine = self.key(number);
                let base = self.bases.get(&machine).copied().unwrap_or(Sequence(1));
                self.journal().upkeep().trim(&machine, base).await.ok();
            }
            Step::Forget(number) => {
                self.journal().upkeep().forget(&self.key(number)).await.ok();
            }
            other => self.take_beside(other).await,
        }
    }

    /// Steps beside the log.
    async fn take_beside(&mut self, step: Step) {
        let journal = self.journal();
        match step {
            Step::CreateSpace => {
                let name = format!("space {}", self.spaces.len());
                let spaces = journal.spaces();
                let created = spaces.create(&name, BTreeMap::new(), Timestamp::EPOCH).await;
                self.spaces.push(created.unwrap().id);
            }
            Step::DeleteSpace(number) => {
                journal.spaces().delete(self.key(number).space).await.ok();
            }
            Step::Snapshot(number, length) => {
                let machine = self.key(number);
                let history = journal.read(&machine, Sequence(1), usize::MAX).await.unwrap();
                let Some(last) = history.last() else { return };
                let (sequence, position, schema) = (last.sequence, last.position, last.schema);
                let payload = vec![number; usize::from(length)].into();
                let snapshot = StoredSnapshot { machine, sequence, position, schema, payload };
                journal.snapshots().save(snapshot, 2).await.unwrap();
            }
            Step::Move(name, at) => {
                let at = Position(u64::from(at).min(journal.head().0));
                journal.cursors().save(&format!("cursor {name}"), at).await.unwrap();
            }
            Step::Merge => journal.merge().await.unwrap(),
            _ => {
                self.close();
                self.reopen();
            }
        }
    }

    pub(crate) fn close(&mut self) {
        drop(self.journal.take());
    }

    pub(crate) fn reopen(&mut self) {
        self.journal = Some(self.options.open(self.path()).unwrap());
    }
}

/// Everything that a journal says, up to a position.
pub(crate) async fn said(journal: &SledJournal, last: Position) -> Said {
    let mut records = journal.read_all(Position(1), usize::MAX).await.unwrap();
    records.retain(|record| record.position <= last);
    let keys: Vec<MachineKey> = records.iter().map(|record| record.machine.clone()).collect();
    let (mut machines, mut snapshots) = (BTreeMap::new(), Vec::new());
    for machine in keys {
        if machines.contains_key(&machine) {
            continue;
        }
        let mut history = journal.read(&machine, Sequence(1), usize::MAX).await.unwrap();
        history.retain(|record| record.position <= last);
        let end = history.last().map_or(Sequence::START, |last| last.sequence);
        snapshots.extend(journal.snapshots().load(&machine, end).await.unwrap());
        machines.insert(machine, history);
    }
    let mut spaces = Vec::new();
    for space in journal.spaces().list() {
        let mut records = journal.spaces().read(space.id, Sequence(1), usize::MAX).await.unwrap();
        records.retain(|record| record.position <= last);
        spaces.push((space.id, space.name, records));
    }
    Said { head: journal.head().min(last), records, machines, spaces, snapshots }
}
