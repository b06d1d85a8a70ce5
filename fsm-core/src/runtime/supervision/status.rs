//! How members and sets are.

use std::sync::Arc;

use super::exit::GaveUp;
use crate::machine::Timestamp;

/// How a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Running,
    /// It was asked to end, or is being aborted, and has not ended yet.
    Stopping,
    /// It does not run, and is to be started.
    Restarting {
        /// Not before this time.
        at: Timestamp,
    },
    /// It does not run: it has finished, or was stopped, or its set was.
    Stopped,
    /// It does not run, since the root gave up. Starting the root starts it.
    GaveUp {
        /// Why.
        why: Arc<GaveUp>,
    },
}

/// How a set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetStatus {
    /// It keeps its members running, or waits for its own restart.
    Up,
    /// It was stopped, and its members with it.
    Stopped,
    /// It does not run, since the root gave up; it may be the root itself. Starting the root starts
    /// it.
    GaveUp {
        /// Why.
        why: Arc<GaveUp>,
    },
}

/// A failure of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// When it was seen.
    pub at: Timestamp,
    /// The error or the panic, in words; or that the member had to be aborted.
    pub why: Arc<str>,
}

/// What the handles of a member see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MemberState {
    pub(super) status: Status,
    pub(super) starts: u64,
    pub(super) last_failure: Option<Failure>,
}

/// What the handles of a set see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetState {
    pub(super) status: SetStatus,
    pub(super) last_give_up: Option<Arc<GaveUp>>,
}
