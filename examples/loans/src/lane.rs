//! A lane: the task that tells some of the applications what the log says, one event at a time.
//!
//! All events of an application go down the same lane, so that they stay in order; there are many
//! lanes, so that many applications wait for the journal together.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fsm_core::journal::MachineId;
use fsm_core::runtime::Happened;
use fsm_core::{MachineRef, SendError, System, Timestamp};
use tokio::sync::mpsc::Receiver;

use crate::activity::Activity;
use crate::application::{self, Application};
use crate::import::{Reason, Refusals};
use crate::loan::{Loan, LoanEvent};
use crate::source::LogEvent;

/// What a lane has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneCount {
    /// Events journaled.
    pub accepted: u64,
    /// Events that were in the journal before.
    pub journaled_before: u64,
    /// Events refused.
    pub refused: Refusals,
}

/// An application could not be told what the log says, for no reason of its own.
#[derive(Debug, thiserror::Error)]
#[error("cannot journal `{activity}` of application `{application}` (line {line}): {trouble}")]
pub struct LaneError {
    /// The application.
    pub application: MachineId,
    /// What was to be journaled.
    pub activity: Activity,
    /// The line of the log.
    pub line: u64,
    /// What went wrong.
    pub trouble: Trouble,
}

/// What keeps an event from being journaled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The journal, or the machine itself.
    #[error(transparent)]
    Send(Box<dyn Error + Send + Sync>),
    /// The journal has the event at this place of the application's life, at another time.
    #[error(
        "the journal has event {ordinal} of this application at {journaled}, and the log at \
         {time}, so it was made from another log: this one needs another directory"
    )]
    OtherLog {
        /// The event's ordinal.
        ordinal: u32,
        /// Its time in the log.
        time: Timestamp,
        /// Its time in the journal.
        journaled: Timestamp,
    },
}

/// The applications of one lane, and how far each is.
pub(crate) struct Lane {
    system: System,
    /// Raised by each event that is done with.
    done: Arc<AtomicU64>,
    loans: HashMap<MachineId, Known>,
    count: LaneCount,
}

/// An application that the lane has met.
struct Known {
    loan: MachineRef<Loan>,
    before: Before,
}

/// What the journal had of an application when the lane met it. The ordinals up to `read_to` are
/// done with, and are not sent again.
enum Before {
    Nothing,
    /// Every event from the first.
    All {
        read_to: u32,
        first: Timestamp,
        last: Timestamp,
    },
    /// Those at these ordinals; the others were refused.
    Some {
        read_to: u32,
        read_from: u32,
        times: HashMap<u32, Timestamp>,
    },
}

/// What became of an event.
enum Told {
    Accepted,
    JournaledBefore,
    Refused(Reason),
}

impl Lane {
    pub(crate) fn new(system: System, done: Arc<AtomicU64>) -> Self {
        Self { system, done, loans: HashMap::new(), count: LaneCount::default() }
    }

    /// Takes events until there are no more, or one cannot be journaled.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the event at hand may or may not have been journaled.
    pub(crate) async fn run(
        mut self,
        mut events: Receiver<LogEvent>,
    ) -> Result<LaneCount, Box<LaneError>> {
        while let Some(event) = events.recv().await {
            let (activity, line) = (event.reading.activity, event.reading.line);
            let application = event.reading.application.clone();
            match self.tell(event).await {
                Ok(Told::Accepted) => self.count.accepted += 1,
                Ok(Told::JournaledBefore) => self.count.journaled_before += 1,
                Ok(Told::Refused(reason)) => self.count.refused.add(reason, activity),
                Err(trouble) => {
                    return Err(Box::new(LaneError { application, activity, line, trouble }));
                }
            }
            // Only the progress bar looks at it: no order with anything else is needed.
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        Ok(self.count)
    }

    /// Tells the application of the event, unless it has heard of it before.
    async fn tell(&mut self, event: LogEvent) -> Result<Told, Trouble> {
        let LogEvent { reading, ordinal } = event;
        let Known { loan, before } = match self.loans.entry(reading.application) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let loan = self.system.machine(unknown.key().clone());
                let before = Before::of(&loan).await?;
                unknown.insert(Known { loan, before })
            }
        };
        let (activity, time) = (reading.activity, reading.time);
        if let Some(told) = before.told(ordinal, activity, time)? {
            return Ok(told);
        }
        let entry = application::Entry { ordinal, resource: reading.resource };
        match LoanEvent::of(activity, entry) {
            Ok(event) => outcome(loan.send(event).at(time).await),
            Err(entry) => {
                let (amount, registered) = (reading.amount, reading.registered);
                let context = Application::new(amount, registered, time, entry);
                outcome(loan.create(context).at(time).await)
            }
        }
    }
}

impl LaneCount {
    /// Counts all of `other`, too.
    pub(crate) fn merge(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.journaled_before += other.journaled_before;
        self.refused.merge(other.refused);
    }
}

impl Before {
    async fn of(loan: &MachineRef<Loan>) -> Result<Self, Trouble> {
        let now = match loan.state().await {
            Ok(now) => now,
            Err(SendError::NotFound { .. }) => return Ok(Self::Nothing),
            Err(error) => return Err(error.into()),
        };
        let Application { read_from, read_to, submitted, .. } = now.context;
        if read_from == 1 && now.sequence.0 == u64::from(read_to) {
            return Ok(Self::All { read_to, first: submitted, last: now.time });
        }
        let mut times = HashMap::from([(read_from, submitted)]);
        for line in loan.history().await? {
            if let Happened::Transition { event: Some(event), .. } = line.happened {
                times.insert(event.entry().ordinal, line.time);
            }
        }
        Ok(Self::Some { read_to, read_from, times })
    }

    /// What became of the event at `ordinal`, if the journal says so. A log that has another time
    /// for an event than the journal is another log, whose ordinals mean nothing here.
    fn told(
        &self,
        ordinal: u32,
        activity: Activity,
        time: Timestamp,
    ) -> Result<Option<Told>, Trouble> {
        let journaled = match self {
            Self::Nothing => return Ok(None),
            Self::All { read_to, .. } | Self::Some { read_to, .. } if ordinal > *read_to => {
                return Ok(None);
            }
            Self::All { first, .. } if ordinal == 1 => *first,
            Self::All { read_to, last, .. } if ordinal == *read_to => *last,
            // Nothing is kept of those in between.
            Self::All { .. } => time,
            Self::Some { read_from, times, .. } => match times.get(&ordinal) {
                Some(journaled) => *journaled,
                None if ordinal < *read_from => {
                    return Ok(Some(Told::Refused(Reason::NotSubmitted)));
                }
                None if activity == Activity::Submitted => {
                    return Ok(Some(Told::Refused(Reason::SubmittedAgain)));
                }
                None => return Ok(Some(Told::Refused(Reason::OutOfPlace))),
            },
        };
        if journaled != time {
            return Err(Trouble::OtherLog { ordinal, time, journaled });
        }
        Ok(Some(Told::JournaledBefore))
    }
}

/// What an answer means. Only what is the application's own matter is a refusal; anything else
/// ends the run.
fn outcome<A, T>(answer: Result<A, SendError<T>>) -> Result<Told, Trouble>
where
    T: fmt::Debug + Send + Sync + 'static,
{
    let reason = match answer {
        Ok(_) => return Ok(Told::Accepted),
        Err(SendError::Rejected { .. }) => Reason::OutOfPlace,
        Err(SendError::Completed { .. }) => Reason::AfterDecision,
        Err(SendError::NotFound { .. }) => Reason::NotSubmitted,
        Err(SendError::AlreadyExists { .. }) => Reason::SubmittedAgain,
        Err(error) => return Err(error.into()),
    };
    Ok(Told::Refused(reason))
}

impl<T: fmt::Debug + Send + Sync + 'static> From<SendError<T>> for Trouble {
    fn from(error: SendError<T>) -> Self {
        Self::Send(Box::new(error))
    }
}
