//! What a supervisor tells of its work, for logs and alarms.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error::RecvError};

use super::exit::{Exit, GaveUp};
use super::report::Ended;
use crate::machine::Timestamp;

/// Something that happened to a member or a set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// To which member or set, as in `edge/feeds/ari`.
    pub path: Arc<str>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The member was started.
    Started,
    /// The member has ended by itself.
    Exited(Exit),
    /// The member is to be started, but not before this time.
    Restarting {
        /// The time.
        at: Timestamp,
    },
    /// The member was stopped, and this is how it ended.
    Stopped(Ended),
    /// A call of the member's [`stop`](super::Member::stop) or [`abort`](super::Member::abort)
    /// panicked.
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The set gave up.
    GaveUp(Arc<GaveUp>),
    /// The member is supervised no longer.
    Removed,
}

/// The notices from now on: [`Supervisor::notices`](super::Supervisor::notices).
#[derive(Debug)]
pub struct Notices {
    /// None if the supervisor had ended before.
    receiver: Option<broadcast::Receiver<Notice>>,
}

/// Notices were missed: this reader was too far behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{notices} notices were missed: read faster, or look at the members' status")]
#[non_exhaustive]
pub struct Missed {
    /// How many.
    pub notices: u64,
}

impl Notices {
    pub(super) const fn new(receiver: Option<broadcast::Receiver<Notice>>) -> Self {
        Self { receiver }
    }

    /// The next notice; none when the supervisor has ended.
    ///
    /// # Errors
    ///
    /// [`Missed`] if the reader is so far behind that the oldest are gone; the next call answers
    /// the oldest that is left.
    ///
    /// # Cancel safety
    ///
    /// A dropped call has taken nothing.
    pub async fn next(&mut self) -> Option<Result<Notice, Missed>> {
        match self.receiver.as_mut()?.recv().await {
            Ok(notice) => Some(Ok(notice)),
            Err(RecvError::Lagged(notices)) => Some(Err(Missed { notices })),
            Err(RecvError::Closed) => None,
        }
    }
}
