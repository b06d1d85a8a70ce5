//! The machine of a log: whether it has been read to its end, and what came of it.
//!
//! It lives in the same journal as the applications, under the log's digest, so that a log that
//! has been read before is recognised, whatever it is called today.

use std::collections::BTreeMap;
use std::fmt;

use fsm_core::Fsm;
use serde::{Deserialize, Serialize};

use crate::activity::Activity;

/// How far a log has been read.
#[derive(Fsm, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[fsm(event = ImportEvent, context = Import)]
pub enum ImportState {
    /// It is being read, or the reading was broken off.
    #[fsm(initial)]
    #[on(Finish(outcome) => Finished / finish(outcome))]
    Reading,

    /// Everything in it is in the journal, or has been refused.
    #[fsm(final)]
    Finished,
}

/// What happens to the reading of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportEvent {
    /// Its end has been reached.
    Finish(Outcome),
}

/// What is known of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The name of its file when it was first read, without the directory.
    pub log: String,
    /// Its size.
    pub bytes: u64,
    /// What came of it, once it has been read to its end.
    pub outcome: Option<Outcome>,
}

/// What came of a log that has been read to its end. It does not depend on how often the reading
/// was broken off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many applications it is about.
    pub applications: u64,
    /// How many events are in it.
    pub events: u64,
    /// How many of them are in the journal.
    pub journaled: u64,
    /// How many were refused, why, and what they were.
    pub refused: Refusals,
    /// The machines of the journal by state at that time, to be compared with it later.
    pub machines: BTreeMap<String, u64>,
}

/// Events that were refused: how many, why, and what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// By reason, and within a reason by activity.
    pub by_reason: BTreeMap<Reason, BTreeMap<Activity, u64>>,
}

/// Why an event was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The application was closed before.
    AfterDecision,
    /// The application is in a state in which this does not happen.
    OutOfPlace,
    /// The application has not been submitted yet.
    NotSubmitted,
    /// The application was submitted before.
    SubmittedAgain,
}

impl Import {
    /// A log before its first event has been read.
    #[must_use]
    pub const fn new(log: String, bytes: u64) -> Self {
        Self { log, bytes, outcome: None }
    }

    pub(crate) fn finish(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Refusals {
    /// Counts one more.
    pub fn add(&mut self, reason: Reason, activity: Activity) {
        *self.by_reason.entry(reason).or_default().entry(activity).or_default() += 1;
    }

    /// Counts all of `other`, too.
    pub fn merge(&mut self, other: Self) {
        for (reason, activities) in other.by_reason {
            let into = self.by_reason.entry(reason).or_default();
            for (activity, count) in activities {
                *into.entry(activity).or_default() += count;
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason.values().flat_map(BTreeMap::values).sum()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AfterDecision => "after the decision",
            Self::OutOfPlace => "out of place in the application's state",
            Self::NotSubmitted => "before the application was submitted",
            Self::SubmittedAgain => "submitted before",
        })
    }
}
