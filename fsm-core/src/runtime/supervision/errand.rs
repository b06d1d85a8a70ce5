//! Decisions under way: what the tree answered, carried out step by step.
//!
//! Stopping takes time, and meanwhile more may be decided. Decisions about different members are
//! carried out side by side, so that a service which is slow to stop holds up nobody but those
//! whose restart waits for it. Decisions that share a member are carried out in the order in which
//! they were made.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::exit::GaveUp;
use super::report::Report;
use super::tree::MemberId;
use crate::machine::Timestamp;

/// An act of the tree, with the number of the run that a start begins.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Stop(MemberId),
    Start { member: MemberId, run: u64, at: Timestamp },
    GaveUp { path: Arc<str>, why: Arc<GaveUp> },
}

/// The steps of one decision that are still to be done.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) steps: VecDeque<Step>,
    pub(super) report: Report,
    reply: Option<oneshot::Sender<Report>>,
    members: BTreeSet<MemberId>,
    /// For how many of the members another errand must be done before.
    ahead: usize,
}

/// All decisions under way.
#[derive(Debug, Default)]
pub(super) struct Errands {
    open: HashMap<u64, Errand>,
    /// For each member the errands that it has steps in, the oldest first.
    lines: HashMap<MemberId, VecDeque<u64>>,
    /// Those that can go on.
    ready: VecDeque<u64>,
    made: u64,
}

impl Errands {
    /// Adds one; who asked for it hears when it is done.
    pub(super) fn add(&mut self, steps: VecDeque<Step>, reply: Option<oneshot::Sender<Report>>) {
        self.made += 1;
        let id = self.made;
        let members: BTreeSet<_> = steps.iter().filter_map(Step::member).collect();
        let mut ahead = 0;
        for &member in &members {
            let line = self.lines.entry(member).or_default();
            ahead += usize::from(!line.is_empty());
            line.push_back(id);
        }
        self.open.insert(id, Errand { steps, report: Report::default(), reply, members, ahead });
        if ahead == 0 {
            self.ready.push_back(id);
        }
    }

    /// How many are under way.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Takes one that can go on out; [`put_back`](Self::put_back) or [`finish`](Self::finish)
    /// follows.
    pub(super) fn take_ready(&mut self) -> Option<(u64, Errand)> {
        loop {
            let id = self.ready.pop_front()?;
            // It may have been told twice that it can go on, and be done since.
            if let Some(errand) = self.open.remove(&id) {
                return Some((id, errand));
            }
        }
    }

    /// Puts one back that waits for a member to end.
    pub(super) fn put_back(&mut self, id: u64, errand: Errand) {
        self.open.insert(id, errand);
    }

    /// Ends one, and answers whose members no errand waits for any more.
    pub(super) fn finish(&mut self, errand: Errand) -> Vec<MemberId> {
        let mut idle = Vec::new();
        for member in errand.members {
            let Some(line) = self.lines.get_mut(&member) else { continue };
            line.pop_front();
            let Some(next) = line.front() else {
                self.lines.remove(&member);
                idle.push(member);
                continue;
            };
            if let Some(waiting) = self.open.get_mut(next) {
                waiting.ahead -= 1;
                if waiting.ahead == 0 {
                    self.ready.push_back(*next);
                }
            }
        }
        if let Some(reply) = errand.reply {
            // Who asked may have stopped waiting for the answer.
            let _ = reply.send(errand.report);
        }
        idle
    }

    /// A member has ended: the errand whose turn it is with it can go on.
    pub(super) fn wake(&mut self, member: MemberId) {
        let first = self.lines.get(&member).and_then(VecDeque::front);
        if let Some(&id) = first
            && self.open.get(&id).is_some_and(|errand| errand.ahead == 0)
        {
            self.ready.push_back(id);
        }
    }

    pub(super) fn is_idle(&self, member: MemberId) -> bool {
        !self.lines.contains_key(&member)
    }
}

impl Step {
    pub(super) const fn member(&self) -> Option<MemberId> {
        match self {
            Self::Stop(member) | Self::Start { member, .. } => Some(*member),
            Self::GaveUp { .. } => None,
        }
    }
}
