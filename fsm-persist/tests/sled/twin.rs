//! Random lives of a journal, beside a journal in memory that is told the same: appending, reading,
//! erasing, merging, reopening. Both must say the same at every step.

use std::collections::BTreeMap;

use fsm_core::journal::{
    Batch, Fact, Journal, MachineKey, MemoryJournal, Position, Record, Registered, Sequence,
    SpaceId, StoredSnapshot,
};
use fsm_core::{RowId, StateId, Timestamp};
use fsm_persist::{SledJournal, SledOptions};
use proptest::prelude::*;

use crate::workload::{quick, schema};

#[derive(Clone, Debug)]
enum Step {
    /// Records of machines, each with the length of its payload.
    Append(Vec<(u8, u16)>),
    /// So many commits of one record each.
    Trickle(u8, u8),
    Base(u8),
    Trim(u8),
    Forget(u8),
    CreateSpace,
    DeleteSpace(u8),
    Snapshot(u8, u16, u8),
    Discard(u8),
    Move(u8, u16),
    Merge,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![30 => 0..120u16, 1 => 5_000..14_000u16];
    prop_oneof![
        8 => prop::collection::vec((0..15u8, length), 0..90).prop_map(Step::Append),
        6 => (0..15u8, 1..100u8).prop_map(|(machine, count)| Step::Trickle(machine, count)),
        2 => (0..15u8).prop_map(Step::Base),
        3 => (0..15u8).prop_map(Step::Trim),
        2 => (0..15u8).prop_map(Step::Forget),
        1 => Just(Step::CreateSpace),
        1 => (0..3u8).prop_map(Step::DeleteSpace),
        2 => (0..15u8, 0..20_000u16, 1..4u8)
            .prop_map(|(machine, length, keep)| Step::Snapshot(machine, length, keep)),
        1 => (0..15u8).prop_map(Step::Discard),
        1 => (0..3u8, 0..500u16).prop_map(|(name, at)| Step::Move(name, at)),
        3 => Just(Step::Merge),
        3 => Just(Step::Reopen),
    ]
}

/// The journal and its twin.
struct Twins {
    options: SledOptions,
    directory: tempfile::TempDir,
    sled: Option<SledJournal>,
    memory: MemoryJournal,
    kind: Registered,
    /// The spaces that there are or were; the last three are used.
    spaces: Vec<SpaceId>,
    /// The last bases.
    bases: BTreeMap<MachineKey, Sequence>,
}

impl Twins {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = quick().checkpoint_records(300);
        let sled = options.open(directory.path()).unwrap();
        let memory = MemoryJournal::new();
        let kind = sled.register(&schema()).await.unwrap();
        memory.register(&schema()).await.unwrap();
        let (spaces, bases) = (vec![SpaceId::DEFAULT], BTreeMap::new());
        let sled = Some(sled);
        Self { options, directory, sled, memory, kind, spaces, bases }
    }

    fn sled(&self) -> &SledJournal {
        self.sled.as_ref().unwrap()
    }

    fn key(&self, number: u8) -> MachineKey {
        let newest: Vec<SpaceId> = self.spaces.iter().rev().take(3).copied().collect();
        let space = newest[usize::from(number) % newest.len()];
        MachineKey { space, kind: self.kind.kind, id: format!("m{}", number / 3).into() }
    }

    async fn last(&self, machine: &MachineKey) -> Sequence {
        let history = self.memory.read(machine, Sequence(1), usize::MAX).await.unwrap();
        history.last().map_or(Sequence::START, |last| last.sequence)
    }

    async fn append(&self, records: &[(u8, u16, bool)]) {
        let mut batch = Batch::new();
        let mut lasts: BTreeMap<MachineKey, Sequence> = BTreeMap::new();
        for (at, &(number, length, is_base)) in records.iter().enumerate() {
            let machine = self.key(number);
            if !lasts.contains_key(&machine) {
                lasts.insert(machine.clone(), self.last(&machine).await);
            }
            let sequence = lasts[&machine].next();
            lasts.insert(machine.clone(), sequence);
            let fact = match is_base {
                true => Fact::Base { state: StateId(1) },
                false if sequence.0 == 1 => Fact::Created,
                false => Fact::Transition { row: RowId(u16::from(number)), state: StateId(0) },
            };
            let payload = vec![at as u8; usize::from(length)];
            let time = Timestamp::from_micros(i64::from(length) * 1_000 - 50_000);
            batch.push(machine, sequence, time, self.kind.schema, fact, &payload);
        }
        let ours = self.sled().append(batch.clone()).await;
        let expected = self.memory.append(batch).await;
        assert_eq!(ours.map_err(|error| error.to_string()), expected.map_err(|e| e.to_string()));
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Append(records) => {
                let records: Vec<_> =
                    records.into_iter().map(|(number, length)| (number, length, false)).collect();
                self.append(&records).await;
            }
            Step::Trickle(number, count) => {
                for at in 0..count {
                    self.append(&[(number.wrapping_add(at % 2), 20, false)]).await;
                }
            }
            Step::Base(number) => {
                let machine = self.key(number);
                self.bases.insert(machine.clone(), self.last(&machine).await.next());
                self.append(&[(number, 50, true)]).await;
            }
            Step::Trim(number) => {
                let machine = self.key(number);
                let base = self.bases.get(&machine).copied().unwrap_or(Sequence(1));
                let ours = self.sled().upkeep().trim(&machine, base).await;
                let expected = self.memory.upkeep().trim(&machine, base).await;
                assert_eq!(ours.map_err(|e| e.to_string()), expected.map_err(|e| e.to_string()));
            }
            Step::Forget(number) => {
                let machine = self.key(number);
                let ours = self.sled().upkeep().forget(&machine).await;
                let expected = self.memory.upkeep().forget(&machine).await;
                assert_eq!(ours.map_err(|e| e.to_string()), expected.map_err(|e| e.to_string()));
            }
            other => self.take_beside(other).await,
        }
    }

    /// Steps beside the log.
    async fn take_beside(&mut self, step: Step) {
        match step {
            Step::CreateSpace => {
                let name = format!("space {}", self.spaces.len());
                let (ours, expected) = (self.sled().spaces(), self.memory.spaces());
                let ours = ours.create(&name, BTreeMap::new(), Timestamp::EPOCH).await.unwrap();
                let expected =
                    expected.create(&name, BTreeMap::new(), Timestamp::EPOCH).await.unwrap();
                assert_eq!(ours, expected);
                self.spaces.push(ours.id);
            }
            Step::DeleteSpace(number) => {
                let space = self.key(number).space;
                let ours = self.sled().spaces().delete(space).await;
                let expected = self.memory.spaces().delete(space).await;
                assert_eq!(ours.map_err(|e| e.to_string()), expected.map_err(|e| e.to_string()));
            }
            Step::Snapshot(number, length, keep) => {
                let machine = self.key(number);
                let sequence = self.last(&machine).await;
                let payload = vec![number; usize::from(length)].into();
                let (position, schema) = (Position(u64::from(length)), self.kind.schema);
                let snapshot = StoredSnapshot { machine, sequence, position, schema, payload };
                let keep = usize::from(keep);
                self.sled().snapshots().save(snapshot.clone(), keep).await.unwrap();
                self.memory.snapshots().save(snapshot, keep).await.unwrap();
            }
            Step::Discard(number) => {
                let machine = self.key(number);
                self.sled().snapshots().discard(&machine).await.unwrap();
                self.memory.snapshots().discard(&machine).await.unwrap();
            }
            Step::Move(name, at) => {
                let (name, at) = (format!("cursor {name}"), Position(u64::from(at)));
                self.sled().cursors().save(&name, at).await.unwrap();
                self.memory.cursors().save(&name, at).await.unwrap();
            }
            Step::Merge => self.sled().merge().await.unwrap(),
            _ => {
                drop(self.sled.take());
                self.sled = Some(self.options.open(self.directory.path()).unwrap());
            }
        }
    }

    /// Compares everything that both say.
    async fn compare(&self) {
        let (sled, memory) = (self.sled(), &self.memory);
        assert_eq!(sled.head(), memory.head());
        let all = memory.read_all(Position(1), usize::MAX).await.unwrap();
        assert_eq!(sled.read_all(Position(1), usize::MAX).await.unwrap(), all);
        for number in 0..15 {
            let machine = self.key(number);
            let expected = memory.read(&machine, Sequence(1), usize::MAX).await.unwrap();
            assert_eq!(sled.read(&machine, Sequence(1), usize::MAX).await.unwrap(), expected);
            // In pages, which the journal goes back for from the end.
            let mut pages: Vec<Record> = Vec::new();
            loop {
                let from = pages.last().map_or(Sequence(1), |last| last.sequence.next());
                let page = sled.read(&machine, from, 17).await.unwrap();
                let is_last = page.len() < 17;
                pages.extend(page);
                if is_last {
                    break;
                }
            }
            assert_eq!(pages, expected);
            for up_to in [1, 20, u64::MAX] {
                assert_eq!(
                    sled.snapshots().load(&machine, Sequence(up_to)).await.unwrap(),
                    memory.snapshots().load(&machine, Sequence(up_to)).await.unwrap()
                );
            }
        }
        for &space in &self.spaces {
            for (from, limit) in [(1, usize::MAX), (1, 13), (30, 40)] {
                let ours = sled.spaces().read(space, Sequence(from), limit).await;
                let expected = memory.spaces().read(space, Sequence(from), limit).await;
                assert_eq!(ours.map_err(|e| e.to_string()), expected.map_err(|e| e.to_string()));
            }
        }
        assert_eq!(sled.cursors().list().await.unwrap(), memory.cursors().list().await.unwrap());
        assert_eq!(sled.spaces().list(), memory.spaces().list());
    }
}

async fn live(steps: Vec<Step>) {
    let mut twins = Twins::new().await;
    for (at, step) in steps.into_iter().enumerate() {
        twins.take(step).await;
        if at % 4 == 0 {
            twins.compare().await;
        }
    }
    twins.compare().await;
    twins.take(Step::Merge).await;
    twins.compare().await;
    twins.take(Step::Reopen).await;
    twins.compare().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn it_says_what_its_twin_in_memory_says(steps in prop::collection::vec(step(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(live(steps));
    }
}
