//! Looking at all of a journal: whether it holds what it must, and nothing else.

use std::collections::BTreeMap;
use std::fmt;

use fastrand::Rng;
use fsm_core::Timestamp;
use fsm_core::journal::{AppendError, Journal, Position, Registered, Sequence};
use fsm_persist::{OpenError, SledJournal};

use crate::orders;
use crate::workload::schema;

/// What a journal must not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It was not damaged, and does not open.
    Refused(String),
    /// It opened, and cannot be read.
    Unreadable(String),
    /// It opened without records that were acknowledged.
    Lost { acknowledged: u64, found: u64 },
    /// It gave out what was never written, or half a batch.
    Wrong(String),
    /// It did not answer.
    Hung,
    /// A panic came out of it, or the process died.
    Died(String),
    /// It took orders that it could not keep, or did not take those it could.
    Misled(String),
}

/// What reading everything came to.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    /// How many records it says it has.
    pub(crate) records: u64,
    /// What could not be read, and why: of the log, and of the machines' histories.
    pub(crate) errors: Vec<String>,
}

impl Fault {
    pub(crate) const fn sort(&self) -> &'static str {
        match self {
            Self::Refused(_) => "does not open",
            Self::Unreadable(_) => "cannot be read",
            Self::Lost { .. } => "lost",
            Self::Wrong(_) => "wrong data",
            Self::Hung => "hung",
            Self::Died(_) => "died",
            Self::Misled(_) => "misled",
        }
    }

    /// Reads the line that a process wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (sort, rest) = line.strip_prefix("FAULT ")?.split_once(' ')?;
        let why = rest.to_owned();
        Some(match sort {
            "does-not-open" => Self::Refused(why),
            "unreadable" => Self::Unreadable(why),
            "lost" => {
                let (acknowledged, found) = rest.split_once(' ')?;
                let acknowledged = acknowledged.parse().ok()?;
                Self::Lost { acknowledged, found: found.parse().ok()? }
            }
            "wrong" => Self::Wrong(why),
            "hung" => Self::Hung,
            "died" => Self::Died(why),
            "misled" => Self::Misled(why),
            _ => return None,
        })
    }

    /// How many acknowledged records it costs: one at least that cannot be had any more.
    pub(crate) const fn lost(&self) -> u64 {
        match self {
            Self::Lost { acknowledged, found } => *acknowledged - *found,
            Self::Refused(_) | Self::Unreadable(_) => 1,
            _ => 0,
        }
    }

    /// Whether it is damage that was not told.
    pub(crate) const fn undetected(&self) -> u64 {
        matches!(self, Self::Lost { .. } | Self::Wrong(_)) as u64
    }
}

/// As a line of a process, which [`Fault::parse`] reads.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "FAULT does-not-open {why}"),
            Self::Unreadable(why) => write!(f, "FAULT unreadable {why}"),
            Self::Lost { acknowledged, found } => write!(f, "FAULT lost {acknowledged} {found}"),
            Self::Wrong(why) => write!(f, "FAULT wrong {why}"),
            Self::Hung => write!(f, "FAULT hung "),
            Self::Died(why) => write!(f, "FAULT died {why}"),
            Self::Misled(why) => write!(f, "FAULT misled {why}"),
        }
    }
}

/// Registers the schema; the numbers are the same in every journal.
pub(crate) async fn register(journal: &SledJournal) -> Result<Registered, String> {
    // The workload writes to three spaces.
    for name in ["one", "two"] {
        if journal.spaces().find(name).is_none() {
            let created = journal.spaces().create(name, BTreeMap::new(), Timestamp::EPOCH).await;
            created.map_err(|error| error.to_string())?;
        }
    }
    let registered = journal.register(&schema()).await.map_err(|error| error.to_string())?;
    assert_eq!(registered, orders::KIND);
    Ok(registered)
}

/// Appends the batch that comes next; says how many records there are then.
pub(crate) async fn append_next(journal: &SledJournal, records: u64) -> Result<u64, AppendError> {
    let committed = journal.append(orders::batch_behind(records)).await?;
    assert_eq!(committed.first, Position(records + 1));
    Ok(records + u64::from(committed.count))
}

/// How many records a page has.
const PAGE: usize = 700;

/// Reads everything, and compares it with what was written. Wrong data, half a batch or fewer
/// records than were acknowledged are a fault; what cannot be read is told.
pub(crate) async fn examine(
    journal: &SledJournal,
    acknowledged: u64,
    random: &mut Rng,
) -> Result<Examined, Fault> {
    let records = journal.head().0;
    if records < acknowledged {
        return Err(Fault::Lost { acknowledged, found: records });
    }
    if !orders::is_end(records) {
        return Err(Fault::Wrong(format!("it ends within a batch, at {records}")));
    }
    let mut examined = Examined { records, errors: Vec::new() };
    let mut from = 1;
    while from <= records {
        match journal.read_all(Position(from), PAGE).await {
            Ok(page) => {
                for (record, position) in page.iter().zip(from..) {
                    compare(record, position)?;
                }
                let expected = (records + 1 - from).min(PAGE as u64);
                if page.len() as u64 != expected {
                    let why = format!("{} records at {from}, {expected} are due", page.len());
                    return Err(Fault::Wrong(why));
                }
                from += expected;
            }
            Err(error) => {
                examined.errors.push(error.to_string());
                // What is behind the damage must be right as well, where it can be had.
                from += 97;
            }
        }
    }
    examine_histories(journal, records, random, &mut examined).await?;
    Ok(examined)
}

/// Reads some of the histories, each machine's by itself.
async fn examine_histories(
    journal: &SledJournal,
    records: u64,
    random: &mut Rng,
    examined: &mut Examined,
) -> Result<(), Fault> {
    let mut machines = orders::histories(records);
    random.shuffle(&mut machines);
    let looked_at = if random.u8(..16) == 0 { machines.len() } else { 12 };
    for (machine, positions) in machines.into_iter().take(looked_at) {
        match journal.read(&machine, Sequence(1), usize::MAX).await {
            Ok(history) => {
                for (record, &position) in history.iter().zip(&positions) {
                    compare(record, position)?;
                }
                if history.len() != positions.len() {
                    let (found, due) = (history.len(), positions.len());
                    return Err(Fault::Wrong(format!("{machine} has {found} records, not {due}")));
                }
            }
            Err(error) => examined.errors.push(error.to_string()),
        }
    }
    Ok(())
}

fn compare(record: &fsm_core::journal::Record, position: u64) -> Result<(), Fault> {
    if record.position != Position(position) {
        return Err(Fault::Wrong(format!("{:?} at {position}", record.position)));
    }
    orders::difference(record).map_or(Ok(()), |difference| Err(Fault::Wrong(difference)))
}

/// As [`examine`], where nothing may be damaged.
pub(crate) async fn examine_whole(
    journal: &SledJournal,
    acknowledged: u64,
    random: &mut Rng,
) -> Result<u64, Fault> {
    let examined = examine(journal, acknowledged, random).await?;
    match examined.errors.into_iter().next() {
        None => Ok(examined.records),
        Some(error) => Err(Fault::Unreadable(error)),
    }
}

/// What kind of refusal it is.
pub(crate) const fn sort_of(error: &OpenError) -> &'static str {
    match error {
        OpenError::NotAJournal { .. } => "not a journal",
        OpenError::ReadOnly { .. } => "read-only",
        OpenError::Locked { .. } => "locked",
        OpenError::Newer { .. } => "newer",
        OpenError::Damaged { .. } => "damaged",
        OpenError::Behind { .. } => "behind",
        OpenError::Io { .. } => "io",
        OpenError::Storage { .. } => "storage",
        _ => "another",
    }
}
