//! What an event log of the bank says, word by word: its activities and their lifecycle steps.
//!
//! These are the log's words. What they mean to an application is the machine's matter: see
//! [`crate::loan`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// What happened, as the log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Activity {
    /// `A_SUBMITTED`: the customer applied.
    Submitted,
    /// `A_PARTLYSUBMITTED`: the application was filed.
    PartlySubmitted,
    /// `A_PREACCEPTED`: worth a closer look.
    PreAccepted,
    /// `A_ACCEPTED`: complete, and a loan can be offered.
    Accepted,
    /// `A_FINALIZED`: an offer was made final.
    Finalized,
    /// `A_APPROVED`, `A_REGISTERED` or `A_ACTIVATED`.
    Reached(Milestone),
    /// `A_DECLINED`: the bank said no.
    Declined,
    /// `A_CANCELLED`: the customer went away.
    Cancelled,
    /// `O_...`: a step of an offer.
    Offer(OfferStep),
    /// `W_...`: a step of a piece of work.
    Work(WorkItem, WorkStep),
}

/// What must all happen, in any order, before a loan is paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Milestone {
    /// `A_APPROVED`.
    Approved,
    /// `A_REGISTERED`.
    Registered,
    /// `A_ACTIVATED`.
    Activated,
}

/// A step of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OfferStep {
    /// `O_SELECTED`: the customer is to get an offer.
    Selected,
    /// `O_CREATED`: it was written.
    Created,
    /// `O_SENT`: it went out.
    Sent,
    /// `O_SENT_BACK`: the customer answered.
    SentBack,
    /// `O_ACCEPTED`: the answer was yes, and the bank agreed.
    Accepted,
    /// `O_DECLINED`: the bank took it back.
    Declined,
    /// `O_CANCELLED`: it lapsed, or another took its place.
    Cancelled,
}

/// A piece of work that somebody at the bank does on an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WorkItem {
    /// `W_Afhandelen leads`: following up a lead.
    FollowLead,
    /// `W_Beoordelen fraude`: looking into fraud.
    AssessFraud,
    /// `W_Completeren aanvraag`: completing the application.
    CompleteApplication,
    /// `W_Nabellen incomplete dossiers`: calling about a file with gaps.
    CallForDocuments,
    /// `W_Nabellen offertes`: calling about an offer.
    CallAboutOffer,
    /// `W_Valideren aanvraag`: validating the application.
    Validate,
    /// `W_Wijzigen contractgegevens`: changing the contract's data.
    ChangeContract,
}

/// Where a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WorkStep {
    /// `SCHEDULE`: it is to be done.
    Schedule,
    /// `START`: somebody began.
    Start,
    /// `COMPLETE`: that sitting is over.
    Complete,
}

/// The log names something that the bank does not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownActivity {
    /// No activity has this name.
    #[error("no activity is called `{name}`; the known ones are {known}", known = known_names())]
    Name {
        /// The name.
        name: String,
    },
    /// The activity exists, but not with this lifecycle step.
    #[error("`{name}` has no lifecycle step `{lifecycle}`; it has {known}")]
    Lifecycle {
        /// The activity.
        name: &'static str,
        /// The step.
        lifecycle: String,
        /// The steps that it has.
        known: &'static str,
    },
}

/// Every activity with its name in the log; of a piece of work, the first step stands for all.
const NAMES: [(&str, Activity); 24] = [
    ("A_SUBMITTED", Activity::Submitted),
    ("A_PARTLYSUBMITTED", Activity::PartlySubmitted),
    ("A_PREACCEPTED", Activity::PreAccepted),
    ("A_ACCEPTED", Activity::Accepted),
    ("A_FINALIZED", Activity::Finalized),
    ("A_APPROVED", Activity::Reached(Milestone::Approved)),
    ("A_REGISTERED", Activity::Reached(Milestone::Registered)),
    ("A_ACTIVATED", Activity::Reached(Milestone::Activated)),
    ("A_DECLINED", Activity::Declined),
    ("A_CANCELLED", Activity::Cancelled),
    ("O_SELECTED", Activity::Offer(OfferStep::Selected)),
    ("O_CREATED", Activity::Offer(OfferStep::Created)),
    ("O_SENT", Activity::Offer(OfferStep::Sent)),
    ("O_SENT_BACK", Activity::Offer(OfferStep::SentBack)),
    ("O_ACCEPTED", Activity::Offer(OfferStep::Accepted)),
    ("O_DECLINED", Activity::Offer(OfferStep::Declined)),
    ("O_CANCELLED", Activity::Offer(OfferStep::Cancelled)),
    ("W_Afhandelen leads", Activity::Work(WorkItem::FollowLead, WorkStep::Schedule)),
    ("W_Beoordelen fraude", Activity::Work(WorkItem::AssessFraud, WorkStep::Schedule)),
    ("W_Completeren aanvraag", Activity::Work(WorkItem::CompleteApplication, WorkStep::Schedule)),
    (
        "W_Nabellen incomplete dossiers",
        Activity::Work(WorkItem::CallForDocuments, WorkStep::Schedule),
    ),
    ("W_Nabellen offertes", Activity::Work(WorkItem::CallAboutOffer, WorkStep::Schedule)),
    ("W_Valideren aanvraag", Activity::Work(WorkItem::Validate, WorkStep::Schedule)),
    ("W_Wijzigen contractgegevens", Activity::Work(WorkItem::ChangeContract, WorkStep::Schedule)),
];

impl Activity {
    /// The activity that a log calls `name`, at the step it calls `lifecycle`.
    ///
    /// # Errors
    ///
    /// [`UnknownActivity`], which names the known ones.
    ///
    /// ```
    /// use loans::activity::{Activity, OfferStep};
    ///
    /// let sent = Activity::parse("O_SENT", "COMPLETE")?;
    /// assert_eq!(sent, Activity::Offer(OfferStep::Sent));
    /// assert!(Activity::parse("O_LOST", "COMPLETE").is_err());
    /// # Ok::<(), loans::activity::UnknownActivity>(())
    /// ```
    pub fn parse(name: &str, lifecycle: &str) -> Result<Self, UnknownActivity> {
        let Some(&(name, activity)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(UnknownActivity::Name { name: name.to_owned() });
        };
        let unknown =
            |known| UnknownActivity::Lifecycle { name, lifecycle: lifecycle.to_owned(), known };
        let step = WorkStep::parse(lifecycle);
        match (activity, step) {
            (Self::Work(item, _), Some(step)) => Ok(Self::Work(item, step)),
            (Self::Work(..), None) => Err(unknown("SCHEDULE, START and COMPLETE")),
            (other, Some(WorkStep::Complete)) => Ok(other),
            _ => Err(unknown("COMPLETE only")),
        }
    }

    /// What the log calls it, without the lifecycle step.
    #[must_use]
    pub fn name(self) -> &'static str {
        let first = match self {
            Self::Work(item, _) => Self::Work(item, WorkStep::Schedule),
            other => other,
        };
        // Every value is in the table; a test goes through all of them.
        NAMES.iter().find(|(_, known)| *known == first).map_or("?", |(name, _)| name)
    }
}

impl Milestone {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Approved, Self::Registered, Self::Activated];
}

impl WorkItem {
    /// All of them, in the order of their names in the log.
    pub const ALL: [Self; 7] = [
        Self::FollowLead,
        Self::AssessFraud,
        Self::CompleteApplication,
        Self::CallForDocuments,
        Self::CallAboutOffer,
        Self::Validate,
        Self::ChangeContract,
    ];
}

impl WorkStep {
    /// XES writes lifecycle steps in either case.
    fn parse(text: &str) -> Option<Self> {
        [Self::Schedule, Self::Start, Self::Complete]
            .into_iter()
            .find(|step| text.eq_ignore_ascii_case(step.name()))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Schedule => "SCHEDULE",
            Self::Start => "START",
            Self::Complete => "COMPLETE",
        }
    }
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(_, step) => write!(f, "{} {}", self.name(), step.name()),
            _ => f.write_str(self.name()),
        }
    }
}

fn known_names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_and_written() {
        for (name, activity) in NAMES {
            assert_eq!(activity.name(), name);
            assert_eq!(Activity::parse(name, "complete").unwrap().name(), name);
        }
        for item in WorkItem::ALL {
            let work = Activity::Work(item, WorkStep::Start);
            assert_eq!(Activity::parse(work.name(), "START"), Ok(work));
            assert!(work.to_string().ends_with(" START"));
        }
    }

    #[test]
    fn only_work_has_more_than_one_step() {
        let refused = Activity::parse("O_SENT", "START").unwrap_err().to_string();
        assert_eq!(refused, "`O_SENT` has no lifecycle step `START`; it has COMPLETE only");
        let refused = Activity::parse("W_Afhandelen leads", "").unwrap_err().to_string();
        assert!(refused.ends_with("SCHEDULE, START and COMPLETE"), "{refused}");
    }
}
