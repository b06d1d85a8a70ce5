//! An application for a loan: what is known of it, whatever state it is in.

use std::collections::BTreeMap;

use fsm_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::activity::{Milestone, OfferStep, WorkItem, WorkStep};

/// The context of a [`Loan`](crate::loan::Loan).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// What the customer asked for, in euros.
    pub amount: u64,
    /// When the bank registered it, if the log says so.
    pub registered: Option<Timestamp>,
    /// When the customer submitted it.
    pub submitted: Timestamp,
    /// Who took it in, if the log says so.
    pub submitted_to: Option<String>,
    /// The ordinal of the log's event that submitted it.
    pub read_from: u32,
    /// The ordinal of the log's last event that is in here. A log that is read again goes on
    /// behind it.
    pub read_to: u32,
    /// Who did something on it last, if the log says so.
    pub handled_by: Option<String>,
    /// What has been reached, and when.
    pub milestones: BTreeMap<Milestone, Timestamp>,
    /// How often each step of an offer was taken.
    pub offers: BTreeMap<OfferStep, u32>,
    /// How much work of each kind was done.
    pub work: BTreeMap<WorkItem, Work>,
}

/// How often a kind of work was scheduled, started and completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Put on somebody's list.
    pub scheduled: u32,
    /// Sittings begun.
    pub started: u32,
    /// Sittings over.
    pub completed: u32,
}

/// Where in the log an event stands, and who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its ordinal among the application's events in the log, from 1.
    pub ordinal: u32,
    /// Who did it, if the log says so.
    pub resource: Option<String>,
}

impl Application {
    /// An application as it is submitted.
    #[must_use]
    pub fn new(
        amount: u64,
        registered: Option<Timestamp>,
        submitted: Timestamp,
        entry: Entry,
    ) -> Self {
        Self {
            amount,
            registered,
            submitted,
            submitted_to: entry.resource,
            read_from: entry.ordinal,
            read_to: entry.ordinal,
            handled_by: None,
            milestones: BTreeMap::new(),
            offers: BTreeMap::new(),
            work: BTreeMap::new(),
        }
    }

    /// Whether the milestone has not been reached yet.
    pub(crate) fn misses(&self, milestone: &Milestone) -> bool {
        !self.milestones.contains_key(milestone)
    }

    /// Whether the milestone is the only one that has not been reached yet.
    pub(crate) fn misses_only(&self, milestone: &Milestone) -> bool {
        Milestone::ALL.iter().all(|other| self.misses(other) == (other == milestone))
    }

    /// Notes that the log has been read to here.
    pub(crate) fn note(&mut self, entry: Entry) {
        self.read_to = entry.ordinal;
        if entry.resource.is_some() {
            self.handled_by = entry.resource;
        }
    }

    pub(crate) fn reach(&mut self, milestone: Milestone, time: Timestamp, entry: Entry) {
        self.milestones.insert(milestone, time);
        self.note(entry);
    }

    pub(crate) fn offer(&mut self, step: OfferStep, entry: Entry) {
        *self.offers.entry(step).or_default() += 1;
        self.note(entry);
    }

    pub(crate) fn work(&mut self, item: WorkItem, step: WorkStep, entry: Entry) {
        let work = self.work.entry(item).or_default();
        match step {
            WorkStep::Schedule => work.scheduled += 1,
            WorkStep::Start => work.started += 1,
            WorkStep::Complete => work.completed += 1,
        }
        self.note(entry);
    }
}
