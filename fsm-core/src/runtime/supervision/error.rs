//! Why a call to the supervisor was not carried out.

use std::sync::Arc;

use super::exit::GaveUp;

/// Why a call was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SupervisionError {
    /// There is no tokio runtime here.
    #[error(
        "a supervisor needs a tokio runtime: start it inside `#[tokio::main]` or \
         `Runtime::block_on`"
    )]
    NoRuntime,
    /// There is no set of this name.
    #[error("there is no set `{name}`: add it with `set` first")]
    NoSet {
        /// The name.
        name: Arc<str>,
    },
    /// The name is taken: by a set, whose names hold for the whole tree, or by a member of the same
    /// set.
    #[error("`{name}` is already in `{set}`: give it another name, or remove that one first")]
    Taken {
        /// The name.
        name: Arc<str>,
        /// The set that has it.
        set: Arc<str>,
    },
    /// There are as many members and sets as there may be.
    #[error("there are {members_max} members and sets, and there may not be more: raise the limit")]
    TooMany {
        /// How many there may be.
        members_max: usize,
    },
    /// The set would stand too deep in other sets.
    #[error("`{name}` would stand more than {depth_max} sets deep: put it nearer to the root")]
    TooDeep {
        /// The name of what was to be added.
        name: Arc<str>,
        /// How deep the deepest may stand.
        depth_max: usize,
    },
    /// What was meant is no member or set any more.
    #[error("`{name}` is supervised no longer: it was removed, or was temporary and has ended")]
    Gone {
        /// The path of what was meant.
        name: Arc<str>,
    },
    /// It cannot be started, since its set is stopped.
    #[error("`{set}` is stopped, so its members cannot be started: start the set")]
    SetStopped {
        /// The set's name.
        set: Arc<str>,
    },
    /// It cannot be started, since the root has given up.
    #[error("the root has given up: start it again to release it")]
    GivenUp(#[source] Arc<GaveUp>),
    /// The root cannot be removed.
    #[error("the root cannot be removed: stop it, or shut the supervisor down")]
    Root,
    /// Too many stops are under way to begin another.
    #[error("{under_way} stops and starts are under way: nothing was done, try again later")]
    Busy {
        /// How many.
        under_way: usize,
    },
    /// The supervisor's task is gone, with its tokio runtime.
    #[error("the supervisor is gone, and how its members ended is unknown")]
    Lost,
    /// The supervisor has ended, or is ending: nothing was done, or it is being undone.
    #[error("the supervisor is shutting down")]
    ShuttingDown,
}
