//! A place in the tree: a member, or a set with its members.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::options::SetOptions;
use super::policy::{Intensity, Restart, Strategy};
use super::tree::MemberId;
use crate::machine::Timestamp;
use crate::runtime::backoff::Backoff;

/// A member, which may be a set.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) name: Arc<str>,
    /// None for the root only.
    pub(super) parent: Option<MemberId>,
    /// How many sets it stands in.
    pub(super) depth: usize,
    pub(super) restart: Restart,
    /// Since when it runs, or from when on it is to run; none if it is stopped.
    pub(super) up: Option<Timestamp>,
    pub(super) set: Option<Set>,
    backoff: Backoff,
    /// How often it failed without a calm time in between.
    failures: u32,
    /// When the restart after its last failure was due.
    calm_since: Timestamp,
}

/// What makes a member a set.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    /// Ids are given in rising order, so this is the start order.
    pub(super) members: BTreeSet<MemberId>,
    pub(super) names: HashMap<Arc<str>, MemberId>,
    restarts: VecDeque<Timestamp>,
}

impl Node {
    pub(super) const fn member(name: Arc<str>, restart: Restart, backoff: Backoff) -> Self {
        Self {
            name,
            parent: None,
            depth: 0,
            restart,
            up: None,
            set: None,
            backoff,
            failures: 0,
            calm_since: Timestamp::EPOCH,
        }
    }

    pub(super) fn set(name: Arc<str>, options: &SetOptions) -> Self {
        let set = Set {
            strategy: options.strategy,
            intensity: options.intensity,
            members: BTreeSet::new(),
            names: HashMap::new(),
            restarts: VecDeque::new(),
        };
        Self { set: Some(set), ..Self::member(name, Restart::Permanent, options.backoff) }
    }

    /// Notes a failure, and answers when the member may be started again. The fraction, from 0 to
    /// 1, says how much of the jitter is used.
    pub(super) fn fail(&mut self, now: Timestamp, fraction: f64) -> Timestamp {
        let calm = now.since(self.calm_since);
        self.failures =
            if self.backoff.is_reset_after(calm) { 1 } else { self.failures.saturating_add(1) };
        now.saturating_add(self.backoff.delay_with_jitter(self.failures, fraction))
    }

    /// Notes when the restart after its failure is due.
    pub(super) const fn restarts_at(&mut self, at: Timestamp) {
        self.calm_since = at;
    }

    /// Forgets earlier failures.
    pub(super) const fn forgive(&mut self) {
        self.failures = 0;
    }
}

impl Set {
    /// Notes that a member is to be restarted, and answers whether the set may do it.
    pub(super) fn may_restart(&mut self, now: Timestamp) -> bool {
        let within = self.intensity.within;
        // A clock that was set back leaves times behind that are to come. They count.
        while self.restarts.front().is_some_and(|&earliest| now.since(earliest) > within) {
            self.restarts.pop_front();
        }
        self.restarts.push_back(now);
        self.restarts.len() <= usize::from(self.intensity.restarts_max)
    }

    /// Forgets earlier restarts, as a supervisor of OTP does that is started anew.
    pub(super) fn forgive(&mut self) {
        self.restarts.clear();
    }
}
