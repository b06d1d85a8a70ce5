//! What the handles ask of the supervisor's task.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::error::SupervisionError;
use super::member::Member;
use super::options::{SetOptions, Supervision};
use super::report::Report;
use super::status::{MemberState, SetState};
use super::tree::MemberId;
use crate::machine::Timestamp;

/// Where the answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, SupervisionError>>;

/// What makes the handle of a member or of a set.
#[derive(Clone, Debug)]
pub(super) struct Place<S> {
    pub(super) id: MemberId,
    pub(super) path: Arc<str>,
    pub(super) state: watch::Receiver<S>,
}

#[derive(Debug)]
pub(super) enum Command {
    AddSet {
        name: Arc<str>,
        options: SetOptions,
        reply: Reply<Place<SetState>>,
    },
    Add {
        name: Arc<str>,
        supervision: Supervision,
        member: Arc<dyn Member>,
        reply: Reply<Place<MemberState>>,
    },
    FindSet {
        name: Arc<str>,
        reply: Reply<Place<SetState>>,
    },
    Find {
        set: Arc<str>,
        name: Arc<str>,
        reply: Reply<Place<MemberState>>,
    },
    Start {
        id: MemberId,
        path: Arc<str>,
        reply: Reply<()>,
    },
    /// The first answer says whether it is done, the second when.
    Stop {
        id: MemberId,
        path: Arc<str>,
        remove: bool,
        reply: Reply<oneshot::Receiver<Report>>,
    },
    Shutdown {
        deadline: Timestamp,
    },
}
