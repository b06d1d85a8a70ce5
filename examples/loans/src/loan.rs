//! The machine: what may happen to an application for a loan, and when.
//!
//! `A_SUBMITTED` creates it. The other `A_` activities take it from state to state; offers (`O_`)
//! and work (`W_`) are noted in the [`Application`] wherever it stands, until it is closed.

use fsm_core::Fsm;
use serde::{Deserialize, Serialize};

use crate::activity::{Activity, Milestone, OfferStep, WorkItem, WorkStep};
use crate::application::{Application, Entry};

/// Where an application for a loan stands.
#[derive(Fsm, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[fsm(event = LoanEvent, context = Application)]
#[on(Offer { step, entry } => _ / offer(step, entry))]
#[on(Work { item, step, entry } => _ / work(item, step, entry))]
pub enum Loan {
    /// The customer has applied.
    #[fsm(initial)]
    #[on(PartlySubmit(entry) => PartlySubmitted / note(entry))]
    Submitted,

    /// The application has been filed.
    #[on(PreAccept(entry) => PreAccepted / note(entry))]
    #[on(Decline(entry) => Declined / note(entry))]
    #[on(Cancel(entry) => Cancelled / note(entry))]
    PartlySubmitted,

    /// It is worth a closer look, and its papers are being completed.
    #[on(Accept(entry) => Accepted / note(entry))]
    #[on(Decline(entry) => Declined / note(entry))]
    #[on(Cancel(entry) => Cancelled / note(entry))]
    PreAccepted,

    /// It is complete, and an offer is being prepared.
    #[on(Finalize(entry) => Finalized / note(entry))]
    #[on(Decline(entry) => Declined / note(entry))]
    #[on(Cancel(entry) => Cancelled / note(entry))]
    Accepted,

    /// The offer is with the customer. The loan is paid out once it has been approved, registered
    /// and activated, in whatever order.
    #[on(Reach { milestone, entry } if misses_only(milestone)
        => Activated / reach(milestone, now, entry))]
    #[on(Reach { milestone, entry } if misses(milestone) => _ / reach(milestone, now, entry))]
    #[on(Decline(entry) => Declined / note(entry))]
    #[on(Cancel(entry) => Cancelled / note(entry))]
    Finalized,

    /// The loan is paid out.
    #[fsm(final)]
    Activated,

    /// The bank said no.
    #[fsm(final)]
    Declined,

    /// The customer went away.
    #[fsm(final)]
    Cancelled,
}

/// What may happen to an application once it is submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoanEvent {
    /// It is filed.
    PartlySubmit(Entry),
    /// It is found worth a closer look.
    PreAccept(Entry),
    /// It is found complete.
    Accept(Entry),
    /// An offer is made final.
    Finalize(Entry),
    /// It is approved, registered or activated.
    Reach {
        /// Which of the three.
        milestone: Milestone,
        /// Where the log says so.
        entry: Entry,
    },
    /// The bank says no.
    Decline(Entry),
    /// The customer goes away.
    Cancel(Entry),
    /// Something happens to an offer.
    Offer {
        /// What.
        step: OfferStep,
        /// Where the log says so.
        entry: Entry,
    },
    /// Somebody works on it.
    Work {
        /// What has to be done.
        item: WorkItem,
        /// How far that is.
        step: WorkStep,
        /// Where the log says so.
        entry: Entry,
    },
}

impl LoanEvent {
    /// The event that an activity is to an application.
    ///
    /// # Errors
    ///
    /// The entry, if it is the submission: that one is the creation of the machine, and no event
    /// of it.
    pub fn of(activity: Activity, entry: Entry) -> Result<Self, Entry> {
        Ok(match activity {
            Activity::Submitted => return Err(entry),
            Activity::PartlySubmitted => Self::PartlySubmit(entry),
            Activity::PreAccepted => Self::PreAccept(entry),
            Activity::Accepted => Self::Accept(entry),
            Activity::Finalized => Self::Finalize(entry),
            Activity::Reached(milestone) => Self::Reach { milestone, entry },
            Activity::Declined => Self::Decline(entry),
            Activity::Cancelled => Self::Cancel(entry),
            Activity::Offer(step) => Self::Offer { step, entry },
            Activity::Work(item, step) => Self::Work { item, step, entry },
        })
    }

    /// The activity that the log calls it.
    #[must_use]
    pub const fn activity(&self) -> Activity {
        match self {
            Self::PartlySubmit(_) => Activity::PartlySubmitted,
            Self::PreAccept(_) => Activity::PreAccepted,
            Self::Accept(_) => Activity::Accepted,
            Self::Finalize(_) => Activity::Finalized,
            Self::Reach { milestone, .. } => Activity::Reached(*milestone),
            Self::Decline(_) => Activity::Declined,
            Self::Cancel(_) => Activity::Cancelled,
            Self::Offer { step, .. } => Activity::Offer(*step),
            Self::Work { item, step, .. } => Activity::Work(*item, *step),
        }
    }

    /// Where the log says so.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        match self {
            Self::PartlySubmit(entry)
            | Self::PreAccept(entry)
            | Self::Accept(entry)
            | Self::Finalize(entry)
            | Self::Reach { entry, .. }
            | Self::Decline(entry)
            | Self::Cancel(entry)
            | Self::Offer { entry, .. }
            | Self::Work { entry, .. } => entry,
        }
    }
}
