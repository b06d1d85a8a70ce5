//! The sled journal's durable append beside a raw file, and durable sends beside the append.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fsm_core::journal::{Batch, Fact, Journal, MachineKey, Registered, Schema, Sequence};
use fsm_core::{RowId, StateId, Timestamp};
use fsm_persist::SledJournal;

use crate::measure::{Effort, Rounds};
use crate::raw_log::RawLog;
use crate::report::{Against, Comparison};
use crate::sends;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Events in a commit, and the share of the raw file's throughput that is the goal.
const APPENDS: [(usize, f64); 3] = [(16, 0.75), (256, 0.5), (4_096, 0.3)];
/// How many machines the appended records are spread over.
const MACHINES: usize = 1_000;

/// Runs all cases in a directory of their own below `disk`.
pub(crate) fn run(disk: &Path, effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let directory = tempfile::Builder::new().prefix("fsm-bench-").tempdir_in(disk)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    runtime.block_on(async {
        let mut comparisons = Vec::new();
        for (size, share) in APPENDS {
            let place = directory.path().join(format!("append-{size}"));
            comparisons.extend(appends(&place, size, share, effort).await?);
        }
        comparisons.extend(sends::run(directory.path(), effort).await?);
        Ok(comparisons)
    })
}

async fn appends(
    place: &Path,
    size: usize,
    share: f64,
    effort: Effort,
) -> Result<Vec<Comparison>, Failure> {
    std::fs::create_dir_all(place)?;
    let journal = SledJournal::open(place.join("journal"))?;
    let mut raw = RawLog::create(&place.join("raw"))?;
    let mut source = Batches::new(&journal, MACHINES).await?;
    let rounds = effort.choose(7, 25);
    let commits = (effort.choose(40_000, 160_000) / size / 10).clamp(8, 150);

    // The first commits pay for files and pages that later ones find there.
    for batch in source.take(commits, size, 64) {
        raw.append(&batch)?;
        journal.append(batch).await?;
    }
    let mut measured = Rounds::default();
    for round in 0..rounds {
        let batches = source.take(commits, size, 64);
        let (ours, floor);
        if round % 2 == 0 {
            ours = time_journal(&journal, batches.clone()).await?;
            floor = time_raw(&mut raw, &batches)?;
        } else {
            floor = time_raw(&mut raw, &batches)?;
            ours = time_journal(&journal, batches).await?;
        }
        let nanos = |time: Duration| time.as_nanos() as f64 / (commits * size) as f64;
        measured.add(nanos(ours), nanos(floor));
    }
    journal.close().await?;
    let records = ((rounds + 1) * commits * size) as f64;
    let ours_bytes = directory_bytes(&place.join("journal"))? as f64 / records;
    let raw_bytes = raw.bytes() as f64 / records;
    let comparison = |case: String, unit, ours, floor, ratio, goal| Comparison {
        bench: "journal",
        case,
        unit,
        ours,
        floor,
        against: Against::Ratio(ratio),
        goal,
        best: None,
        peers: Default::default(),
    };
    Ok(vec![
        comparison(
            format!("append, {size} a commit"),
            "ns/event",
            measured.ours(),
            measured.floor(),
            measured.ratio(),
            Some(1.0 / share),
        ),
        comparison(
            format!("disk, {size} a commit"),
            "bytes/event",
            ours_bytes,
            raw_bytes,
            ours_bytes / raw_bytes,
            None,
        ),
    ])
}

async fn time_journal(journal: &SledJournal, batches: Vec<Batch>) -> Result<Duration, Failure> {
    let start = Instant::now();
    for batch in batches {
        journal.append(batch).await?;
    }
    Ok(start.elapsed())
}

fn time_raw(raw: &mut RawLog, batches: &[Batch]) -> Result<Duration, Failure> {
    let start = Instant::now();
    for batch in batches {
        raw.append(batch)?;
    }
    Ok(start.elapsed())
}

fn directory_bytes(directory: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { directory_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

/// Batches that go on where the last one ended: creations first, transitions ever after.
#[derive(Debug)]
pub(crate) struct Batches {
    registered: Registered,
    machines: Vec<(MachineKey, Sequence)>,
    next: usize,
}

impl Batches {
    /// Batches for this many machines of a kind of their own.
    pub(crate) async fn new(journal: &dyn Journal, machines: usize) -> Result<Self, Failure> {
        let schema = Schema::bare("Meter", &["Running"], &["Read"]);
        let registered = journal.register(&schema).await?;
        let key = |n| MachineKey::new(registered.kind, format!("meter-{n:06}"));
        let machines = (0..machines).map(|n| (key(n), Sequence::START)).collect();
        Ok(Self { registered, machines, next: 0 })
    }

    /// The next `count` batches of `size` records with payloads of `bytes` bytes.
    pub(crate) fn take(&mut self, count: usize, size: usize, bytes: usize) -> Vec<Batch> {
        (0..count).map(|_| self.batch(size, bytes)).collect()
    }

    fn batch(&mut self, size: usize, bytes: usize) -> Batch {
        let mut batch = Batch::with_capacity(size, size * bytes);
        let mut payload = vec![0; bytes];
        for _ in 0..size {
            let machines = self.machines.len();
            let (key, sequence) = &mut self.machines[self.next % machines];
            *sequence = sequence.next();
            let fact = match sequence.0 {
                1 => Fact::Created,
                _ => Fact::Transition { row: RowId(0), state: StateId(0) },
            };
            for (byte, n) in payload.iter_mut().zip(self.next.to_le_bytes().into_iter().cycle()) {
                *byte = n;
            }
            let time = Timestamp::from_micros(1_700_000_000_000_000 + self.next as i64 * 7);
            let schema = self.registered.schema;
            batch.push(key.clone(), *sequence, time, schema, fact, &payload);
            self.next += 1;
        }
        batch
    }
}

/// How the time of appending batches of this size, one after the other, is measured.
pub(crate) async fn time_appends(
    journal: &Arc<dyn Journal>,
    batches: Vec<Batch>,
) -> Result<Duration, Failure> {
    let start = Instant::now();
    for batch in batches {
        journal.append(batch).await?;
    }
    Ok(start.elapsed())
}
