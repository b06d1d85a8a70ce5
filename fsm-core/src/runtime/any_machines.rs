//! The machines of one kind, as their shard sees them: without their type.

use std::task::{Context, Poll};

use super::gathering::Gathering;
use crate::journal::{AppendError, Position};
use crate::machine::Timestamp;

/// A kind's machines on a shard, as the shard sees them.
pub(super) trait AnyMachines: Send {
    /// Begins with the shard's oldest batch that is under way or being gathered.
    fn begin(&mut self, oldest: u64);

    /// Takes a turn's worth of commands.
    fn run(&mut self, gathering: &mut Gathering, now: Timestamp) -> Turn;

    /// Ready when a machine was read back, or an effect has come to its end.
    fn poll(&mut self, cx: &mut Context<'_>, gathering: &mut Gathering, now: Timestamp)
    -> Poll<()>;

    /// When something is due next.
    fn next_due(&self) -> Option<Timestamp>;

    /// The oldest batch under way is durable; its first record is at `first`.
    fn committed(&mut self, first: Position);

    /// The oldest batch under way failed.
    fn failed(&mut self, error: &AppendError);

    /// The batch being gathered has failed before it was handed over.
    fn abandon(&mut self, gathered: u64, error: &AppendError);

    /// Whether nothing is queued, being read or held back.
    fn is_idle(&self) -> bool;
}

/// How a kind's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// There are no commands left.
    Done,
    /// There may be more, for the next turn.
    More,
    /// There may be more, but not before something else makes progress: a commit, or a machine
    /// that is being read.
    Blocked,
}
