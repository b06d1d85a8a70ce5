//! Durable sends through a whole system beside the journal's own append.
//!
//! Callers each send to a machine of their own and wait for the answer before they send again.
//! The floor appends batches of the size that the sends reached, one after the other, to a journal
//! of its own: what is left is what the system costs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fsm_core::journal::{Batch, Journal, Schema};
use fsm_core::{Fsm, MachineRef, System};
use fsm_persist::SledJournal;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::measure::{Effort, Rounds, median};
use crate::report::{Against, Comparison};
use crate::stores::{Batches, Failure};

/// How many callers are in flight, how often each sends in a round, and the goal.
#[derive(Clone, Copy, Debug)]
struct Case {
    callers: usize,
    quick: u64,
    full: u64,
    /// The share of the append's throughput that is to be reached.
    share: f64,
}

const CASES: [Case; 3] = [
    Case { callers: 1, quick: 300, full: 1_000, share: 0.8 },
    Case { callers: 256, quick: 40, full: 120, share: 0.8 },
    Case { callers: 4_096, quick: 20, full: 50, share: 0.5 },
];

/// A meter that adds up what it reads.
#[derive(Fsm, Clone, Debug)]
#[fsm(event = Reading, context = Total)]
enum Meter {
    #[fsm(initial)]
    #[on(Read { values } => _ / add(values))]
    #[on(Break => Broken)]
    Running,
    #[fsm(final)]
    Broken,
}

#[derive(Debug, Serialize, Deserialize)]
enum Reading {
    Read { values: [u64; 7] },
    Break,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Total {
    sum: u64,
}

impl Total {
    fn add(&mut self, values: [u64; 7]) {
        self.sum = values.iter().fold(self.sum, |sum, value| sum.wrapping_add(*value));
    }
}

/// What a reading takes in the journal: a byte for the variant and nine for each value.
const READING_BYTES: usize = 1 + 7 * 9;

const fn reading(n: u64) -> Reading {
    Reading::Read { values: [u64::MAX - n; 7] }
}

/// Runs all cases.
pub(super) async fn run(directory: &Path, effort: Effort) -> Result<Vec<Comparison>, Failure> {
    let mut comparisons = Vec::new();
    for case in CASES {
        let place = directory.join(format!("send-{}", case.callers));
        comparisons.push(sends(&place, case, effort).await?);
    }
    Ok(comparisons)
}

async fn sends(place: &Path, case: Case, effort: Effort) -> Result<Comparison, Failure> {
    std::fs::create_dir_all(place)?;
    let sled = Arc::new(SledJournal::open(place.join("ours"))?);
    let system = System::builder().shared_journal(sled.clone()).start().await?;
    let meters = create(&system, case.callers).await?;
    let floor: Arc<dyn Journal> = Arc::new(SledJournal::open(place.join("floor"))?);
    let registered = floor.register(&Schema::bare("Meter", &["Running"], &["Read"])).await?;
    let mut source = Batches::of(registered, case.callers);
    let each = effort.choose(case.quick, case.full);
    let sends = each as usize * case.callers;

    time_sends(&meters, each.div_ceil(4)).await?;
    let (mut measured, mut reached) = (Rounds::default(), Vec::new());
    for _ in 0..effort.choose(5, 15) {
        let commits = sled.commits();
        let ours = time_sends(&meters, each).await?;
        let size = (sends as f64 / (sled.commits() - commits).max(1) as f64).round() as usize;
        let count = sends.div_ceil(size);
        let batches = source.take(count, size, READING_BYTES);
        let appends = time_appends(&floor, batches).await?;
        let nanos = |time: Duration, events: usize| time.as_nanos() as f64 / events as f64;
        measured.add(nanos(ours, sends), nanos(appends, count * size));
        reached.push(size as f64);
    }
    system.shutdown().await?;
    floor.close().await?;
    Ok(Comparison {
        bench: "journal",
        case: format!("send, {} callers (batches of {:.0})", case.callers, median(reached)),
        unit: "ns/event",
        ours: measured.ours(),
        floor: measured.floor(),
        against: Against::Ratio(measured.ratio()),
        goal: Some(1.0 / case.share),
        best: None,
        peers: Default::default(),
    })
}

async fn create(system: &System, callers: usize) -> Result<Vec<MachineRef<Meter>>, Failure> {
    let mut creating = JoinSet::new();
    let meters: Vec<_> =
        (0..callers).map(|n| system.machine::<Meter>(format!("meter-{n:06}"))).collect();
    for meter in &meters {
        let meter = meter.clone();
        creating.spawn(async move { meter.create(Total::default()).await });
    }
    while let Some(created) = creating.join_next().await {
        created??;
    }
    Ok(meters)
}

/// How long the callers take if each sends this often.
async fn time_sends(meters: &[MachineRef<Meter>], each: u64) -> Result<Duration, Failure> {
    let start = Instant::now();
    let callers: Vec<_> = meters
        .iter()
        .cloned()
        .map(|meter| {
            tokio::spawn(async move {
                for n in 0..each {
                    meter.send(reading(n)).await?;
                }
                Ok::<(), fsm_core::SendError<Reading>>(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(start.elapsed())
}

/// How long it takes to append these batches, one after the other.
async fn time_appends(
    journal: &Arc<dyn Journal>,
    batches: Vec<Batch>,
) -> Result<Duration, Failure> {
    let start = Instant::now();
    for batch in batches {
        journal.append(batch).await?;
    }
    Ok(start.elapsed())
}
