//! Reading a log into the machines.
//!
//! ```text
//! log ── reader (a thread of its own) ── dispatcher ──┬─ lane ── machines
//!                                                     ├─ lane ── machines
//!                                                     └─ ...
//! ```
//!
//! What must hold: an application's events reach it in order; whatever was read before something
//! went wrong is journaled; nothing is applied twice, however often it is broken off.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fsm_core::journal::{Position, ReadError};
use fsm_core::{MachineRef, SendError, System};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::{JoinError, JoinSet};

use crate::data::{Data, DataError};
use crate::figures::grouped;
use crate::import::{Import, ImportEvent, ImportState, Outcome};
use crate::lane::{Lane, LaneCount, LaneError};
use crate::progress::Counters;
use crate::source::{Events, Log, LogEvent, SourceError};
use crate::tally::Tally;

/// How many lanes there are: that many events wait for the journal together.
const LANES: usize = 1_024;
/// How many events may wait for one lane: more than any application of a real log has, so that one
/// with a long life does not hold up the others.
const LANE_EVENTS_MAX: usize = 256;
/// How many events the reader hands over at once, so that it does not pay for each.
const BATCH_EVENTS: usize = 256;
/// How many such batches may wait.
const BATCHES_MAX: usize = 16;

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// The name of the log.
    pub log: String,
    /// The directory of the journal.
    pub directory: PathBuf,
    /// What came of the log.
    pub results: Results,
    /// How long it took.
    pub elapsed: Duration,
}

/// What came of reading a log.
#[derive(Debug)]
pub struct Results {
    /// Whether this very log had been read to its end before; nothing was done then.
    pub read_before: bool,
    /// What came of the log. Where the reading was broken off, of the part that was read.
    pub outcome: Outcome,
    /// How many events this run journaled.
    pub accepted: u64,
    /// How many were journaled before.
    pub journaled_before: u64,
    /// The journal as it is now.
    pub tally: Tally,
    /// Where the log turned out to be broken, if it did.
    pub broken: Option<SourceError>,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The log.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The directory of the journal.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An application could not be told what the log says.
    #[error(
        "in `{}`: {error}; what is journaled is kept, so mend that and run the same again",
        .directory.display()
    )]
    Lane {
        /// The directory of the journal.
        directory: PathBuf,
        /// Which application, and why.
        error: Box<LaneError>,
    },
    /// It could not be journaled how far the log has been read.
    #[error("in `{}`: cannot journal how far the log has been read: {error}", .directory.display())]
    Import {
        /// The directory of the journal.
        directory: PathBuf,
        /// Why.
        error: String,
    },
    /// The journal says that the log was read to its end, and does not hold what it should.
    #[error(
        "the journal in `{}` was finished with {written}, and holds {found}: it is not complete",
        .directory.display()
    )]
    Disagrees {
        /// The directory of the journal.
        directory: PathBuf,
        /// What was there when the log had been read.
        written: String,
        /// What is there of that now.
        found: String,
    },
}

/// What came of the part of a log that was read.
#[derive(Default)]
struct Read {
    count: LaneCount,
    applications: u64,
    events: u64,
    broken: Option<SourceError>,
}

/// What the reader hands over.
enum Handed {
    Events(Vec<LogEvent>),
    Broken(SourceError),
}

/// Reads `log` into the machines of the journal in `data`.
///
/// # Errors
///
/// [`RunError`]. A log that is broken in the middle is none of them: see [`Results::broken`].
///
/// # Cancel safety
///
/// Dropped, what was journaled is journaled; run it again to go on.
pub async fn run(log: Log, data: &Data) -> Result<Run, RunError> {
    let begin = Instant::now();
    let (name, digest) = (log.name.clone(), log.digest.clone());
    let import = Import::new(file_name(&name), log.bytes);
    let counters =
        Counters { bytes: log.bytes, bytes_read: log.bytes_read(), ..Counters::default() };
    // Before the journal is opened: a file that is no log leaves no directory behind.
    let events = log.events()?;

    let system = data.open_or_create().await?;
    let directory = data.directory();
    let importer = Importer { system: &system, directory, import: system.machine(digest) };
    let results = importer.run(import, events, counters).await;
    let closed = data.close(&system).await;
    let results = results?;
    closed?;
    let directory = directory.to_owned();
    Ok(Run { log: name, directory, results, elapsed: begin.elapsed() })
}

/// The reading of one log into one journal.
struct Importer<'a> {
    system: &'a System,
    directory: &'a Path,
    import: MachineRef<ImportState>,
}

impl Importer<'_> {
    async fn run(
        &self,
        import: Import,
        events: Events,
        counters: Counters,
    ) -> Result<Results, RunError> {
        match self.import.state().await {
            Ok(seen) => {
                if let Some(outcome) = seen.context.outcome {
                    return self.read_before(outcome, seen.position).await;
                }
            }
            Err(SendError::NotFound { .. }) => {
                self.import.create(import).await.map_err(|error| self.import_failed(&error))?;
            }
            Err(error) => return Err(self.import_failed(&error)),
        }
        let read = self.read(events, counters).await?;
        let tally = Tally::of(&**self.system.journal()).await;
        let tally = tally.map_err(|error| self.unreadable(error))?;
        let outcome = Outcome {
            applications: read.applications,
            events: read.events,
            journaled: read.count.accepted + read.count.journaled_before,
            refused: read.count.refused,
            machines: tally.loans.clone(),
        };
        if read.broken.is_none() {
            let finish = self.import.send(ImportEvent::Finish(outcome.clone()));
            finish.await.map_err(|error| self.import_failed(&error))?;
        }
        Ok(Results {
            read_before: false,
            outcome,
            accepted: read.count.accepted,
            journaled_before: read.count.journaled_before,
            tally,
            broken: read.broken,
        })
    }

    /// The log was read to its end before: compares what was written down then, at `finished`,
    /// with what the journal holds.
    async fn read_before(&self, outcome: Outcome, finished: Position) -> Result<Results, RunError> {
        let split = Tally::split(&**self.system.journal(), finished).await;
        let (before, tally) = split.map_err(|error| self.unreadable(error))?;
        if before.loans != outcome.machines {
            return Err(RunError::Disagrees {
                directory: self.directory.to_owned(),
                written: by_state(&outcome.machines),
                found: by_state(&before.loans),
            });
        }
        Ok(Results {
            read_before: true,
            accepted: 0,
            journaled_before: outcome.journaled,
            outcome,
            tally,
            broken: None,
        })
    }

    /// Reads the events and sends each down its application's lane, until there are no more or
    /// the log is broken; then waits until the lanes are through.
    async fn read(&self, events: Events, counters: Counters) -> Result<Read, RunError> {
        let _shown = counters.clone().show();
        let mut tasks = JoinSet::new();
        let mut lanes = Vec::with_capacity(LANES);
        for _ in 0..LANES {
            let (lane, waiting) = mpsc::channel(LANE_EVENTS_MAX);
            let task = Lane::new(self.system.clone(), counters.events_done.clone());
            tasks.spawn(task.run(waiting));
            lanes.push(lane);
        }
        let (hand, mut handed) = mpsc::channel(BATCHES_MAX);
        let reader = tokio::task::spawn_blocking(move || hand_over(events, &hand));

        let mut read = Read::default();
        'reading: while let Some(handed) = handed.recv().await {
            let batch = match handed {
                Handed::Events(batch) => batch,
                Handed::Broken(error) => {
                    read.broken = Some(error);
                    break;
                }
            };
            counters.events_read.fetch_add(batch.len() as u64, Ordering::Relaxed);
            for event in batch {
                read.events += 1;
                read.applications += u64::from(event.ordinal == 1);
                // A lane that takes nothing more has ended with an error, to be heard below.
                if lane_of(&lanes, &event).send(event).await.is_err() {
                    break 'reading;
                }
            }
        }
        // The reader sees that nobody listens, the lanes that there is nothing more to come.
        drop((handed, lanes));
        while let Some(lane) = tasks.join_next().await {
            read.count.merge(
                unpanicked(lane).map_err(|error| RunError::Lane {
                    directory: self.directory.to_owned(),
                    error,
                })?,
            );
        }
        unpanicked(reader.await);
        Ok(read)
    }

    fn import_failed(&self, error: &dyn std::error::Error) -> RunError {
        RunError::Import { directory: self.directory.to_owned(), error: error.to_string() }
    }

    fn unreadable(&self, error: ReadError) -> RunError {
        DataError::Read { directory: self.directory.to_owned(), error }.into()
    }
}

/// Hands the events over in batches, in order; after an error, or when nobody listens, no more.
fn hand_over(mut events: Events, hand: &Sender<Handed>) {
    loop {
        let mut batch = Vec::with_capacity(BATCH_EVENTS);
        let mut broken = None;
        while batch.len() < BATCH_EVENTS && broken.is_none() {
            match events.next() {
                Some(Ok(event)) => batch.push(event),
                Some(Err(error)) => broken = Some(error),
                None => break,
            }
        }
        let is_last = batch.len() < BATCH_EVENTS;
        if hand.blocking_send(Handed::Events(batch)).is_err() {
            return;
        }
        if let Some(error) = broken {
            // Nobody listens only where something worse has happened.
            let _ = hand.blocking_send(Handed::Broken(error));
            return;
        }
        if is_last {
            return;
        }
    }
}

fn lane_of<'a>(lanes: &'a [Sender<LogEvent>], event: &LogEvent) -> &'a Sender<LogEvent> {
    let mut hasher = DefaultHasher::new();
    event.reading.application.hash(&mut hasher);
    // There are few lanes, so the lower bits of the hash do.
    &lanes[hasher.finish() as usize % lanes.len()]
}

/// What a task returned. A panic in it goes on in here.
pub(crate) fn unpanicked<T>(joined: Result<T, JoinError>) -> T {
    joined.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

fn by_state(machines: &BTreeMap<String, u64>) -> String {
    let states: Vec<String> =
        machines.iter().map(|(state, count)| format!("{} {state}", grouped(*count))).collect();
    if states.is_empty() { "no application".to_owned() } else { states.join(", ") }
}

/// The name of the file at this path, so that one log is named alike wherever it lies.
fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or(path, |name| name.to_str().unwrap_or(path)).to_owned()
}
