//! Batches whose every byte is known, so that what comes back can be checked against nothing else.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fsm_core::journal::{
    Batch, Durability, Fact, Journal, MachineKey, Position, Record, Registered, Schema, Sequence,
    SpaceId,
};
use fsm_core::{RowId, StateId, Timestamp};
use fsm_persist::SledJournal;

/// A writer's progress: which batch is next, and where its machines stand.
#[derive(Debug, Default)]
pub(crate) struct Workload {
    batch: u64,
    machines: HashMap<(u32, u64), u64>,
}

pub(crate) fn schema() -> Schema {
    Schema::bare("Load", &["A", "B"], &["Go"])
}

/// Registers the kind, and makes sure that there are two spaces beside the default one.
pub(crate) async fn register(journal: &SledJournal) -> Registered {
    for name in ["one", "two"] {
        if journal.spaces().find(name).is_none() {
            journal.spaces().create(name, BTreeMap::new(), Timestamp::EPOCH).await.unwrap();
        }
    }
    journal.register(&schema()).await.unwrap()
}

/// A small generator, so that a batch's contents follow from its number.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

impl Workload {
    /// The progress that a journal shows.
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut workload = Self::default();
        for record in records {
            let (space, number) = name(record);
            workload.machines.insert((space, number), record.sequence.0);
            workload.batch = parts(record).0 + 1;
        }
        workload
    }

    /// The next batch: of one record, mostly; sometimes of many.
    pub(crate) fn next(&mut self, kind: Registered) -> Batch {
        let records = match mix(self.batch) % 10 {
            0..6 => 1,
            6..9 => 2 + mix(self.batch) / 16 % 60,
            _ => 200 + mix(self.batch) / 16 % 300,
        };
        self.batch_of(kind, records, 50)
    }

    /// The next batch, of this many records over about so many machines.
    pub(crate) fn batch_of(&mut self, kind: Registered, records: u64, machines: u64) -> Batch {
        let mut batch = Batch::new();
        for at in 0..records {
            let random = mix(self.batch << 20 | at);
            let (space, number) = ((random % 3) as u32, random / 3 % machines);
            let sequence = self.machines.entry((space, number)).or_default();
            *sequence += 1;
            let id = format!("machine-{number}");
            let machine = MachineKey { space: SpaceId(space), kind: kind.kind, id: id.into() };
            let fact = match *sequence {
                1 => Fact::Created,
                _ => Fact::Transition { row: RowId(1), state: StateId(1) },
            };
            let payload =
                format!("{} {at} {records} {}", self.batch, "x".repeat(random as usize % 90));
            let time = Timestamp::from_micros(self.batch as i64 * 1_000);
            let sequence = Sequence(*sequence);
            batch.push(machine, sequence, time, kind.schema, fact, payload.as_bytes());
        }
        self.batch += 1;
        batch
    }
}

fn name(record: &Record) -> (u32, u64) {
    let number = record.machine.id.strip_prefix("machine-").unwrap().parse().unwrap();
    (record.machine.space.0, number)
}

/// A record's batch, its place in it, and the batch's size.
fn parts(record: &Record) -> (u64, u64, u64) {
    let text = std::str::from_utf8(&record.payload).unwrap();
    let mut numbers = text.split(' ').map_while(|number| number.parse().ok());
    (numbers.next().unwrap(), numbers.next().unwrap(), numbers.next().unwrap())
}

/// Reads everything, in pages.
pub(crate) async fn read_everything(journal: &SledJournal) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let from = Position(records.len() as u64 + 1);
        let page = journal.read_all(from, 1_000).await.unwrap();
        let is_last = page.len() < 1_000;
        records.extend(page);
        if is_last {
            return records;
        }
    }
}

/// Checks that the journal holds what was acknowledged, in order, once; that batches are whole; and
/// that every history, read by itself, is what the log says.
pub(crate) async fn verify(journal: &SledJournal, acknowledged: u64) -> Vec<Record> {
    let records = read_everything(journal).await;
    assert!(
        records.len() as u64 >= acknowledged,
        "{acknowledged} records were acknowledged, and {} are there",
        records.len()
    );
    let mut next = (0, 0);
    let mut machines: HashMap<MachineKey, Vec<Record>> = HashMap::new();
    let mut spaces: HashMap<SpaceId, u64> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        assert_eq!(record.position, Position(at as u64 + 1));
        let (batch, place, size) = parts(record);
        assert_eq!((batch, place), next, "batches are whole and in order");
        next = if place + 1 == size { (batch + 1, 0) } else { (batch, place + 1) };
        let space = spaces.entry(record.machine.space).or_default();
        *space += 1;
        assert_eq!(record.space_sequence.0, *space);
        machines.entry(record.machine.clone()).or_default().push(record.clone());
    }
    assert_eq!(next.1, 0, "the last batch is whole");
    for (machine, expected) in &machines {
        let history = journal.read(machine, Sequence(1), usize::MAX).await.unwrap();
        assert_eq!(&history, expected, "the history of {machine}");
    }
    records
}

const CHILD: &str = "FSM_TEST_CHILD";

/// Another process that writes to the journal in `path` until it is killed.
pub(crate) struct WritingChild {
    pub(crate) process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl WritingChild {
    pub(crate) fn start(path: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "workload::the_child_that_writes", "--nocapture"])
            .env(CHILD, path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next position it was acknowledged, or what went wrong with it; `None` at its end.
    pub(crate) fn acknowledged(&mut self) -> Option<Result<u64, String>> {
        loop {
            let line = self.lines.next()?.ok()?;
            if let Some((_, position)) = line.split_once("acknowledged ") {
                return Some(Ok(position.parse().ok()?));
            }
            if let Some((_, error)) = line.split_once("error ") {
                return Some(Err(error.to_owned()));
            }
        }
    }

    /// Waits for so many acknowledgements, kills it, and returns the last one.
    pub(crate) fn kill_after(mut self, count: u64) -> u64 {
        let mut last = 0;
        for _ in 0..count {
            last = self.acknowledged().unwrap().unwrap();
        }
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        // What it was told before it died, and we have not heard yet.
        while let Some(Ok(position)) = self.acknowledged() {
            last = position;
        }
        last
    }
}

/// Does nothing unless it was started as a child.
#[test]
fn the_child_that_writes() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    runtime.block_on(async {
        let mut out = std::io::stdout();
        let journal = match options().open(path) {
            Ok(journal) => journal,
            Err(error) => return writeln!(out, "error {error}").unwrap(),
        };
        let kind = register(&journal).await;
        let mut workload = Workload::of(&read_everything(&journal).await);
        loop {
            // Several at once, so that they are merged and a kill meets them in every state.
            let appends: Vec<_> = (0..4).map(|_| journal.append(workload.next(kind))).collect();
            for append in appends {
                match append.await {
                    Ok(committed) => {
                        let last = committed.first.0 + u64::from(committed.count) - 1;
                        writeln!(out, "acknowledged {last}").unwrap();
                    }
                    Err(error) => return writeln!(out, "error {error}").unwrap(),
                }
            }
        }
    });
}

/// Options with which everything happens soon.
pub(crate) fn options() -> fsm_persist::SledOptions {
    SledJournal::options().checkpoint_records(700)
}

/// Options that leave the disk out, for tests that are about something else.
pub(crate) fn quick() -> fsm_persist::SledOptions {
    SledJournal::options().durability(Durability::Flush(Duration::from_secs(3600)))
}

/// Waits until a database of sled's, used by a test itself, is let go of: its threads hold the
/// file for a moment after it is dropped.
pub(crate) fn await_unlocked(path: &Path) {
    let file = std::fs::File::open(path.join("db")).unwrap();
    file.lock().unwrap();
}
