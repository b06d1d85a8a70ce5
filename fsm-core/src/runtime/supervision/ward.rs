//! A member as the supervisor's task keeps it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::exit::GaveUp;
use super::member::Member;
use super::report::Ended;
use super::status::{Failure, MemberState, Status};
use super::timetable::Alarm;
use crate::machine::Timestamp;

#[derive(Debug)]
pub(super) struct Ward {
    pub(super) path: Arc<str>,
    pub(super) member: Arc<dyn Member>,
    pub(super) stop_within: Duration,
    /// The run that the tree holds for the member's, begun or to be begun; none if the tree holds
    /// it for stopped. The tree is ahead of what is done.
    planned: Option<Planned>,
    runs: u64,
    /// The run that goes on.
    pub(super) live: Option<Live>,
    /// When to start the planned run, or to lose patience with the one that goes on.
    pub(super) alarm: Option<Alarm>,
    /// How the last run ended, if it was stopped and no other was scheduled since.
    pub(super) ended: Option<Ended>,
    starts: u64,
    last_failure: Option<Failure>,
    state: watch::Sender<MemberState>,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    run: u64,
    at: Timestamp,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    pub(super) run: u64,
    pub(super) phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    Stopping,
    Aborting,
}

impl Ward {
    pub(super) fn new(path: Arc<str>, member: Arc<dyn Member>, stop_within: Duration) -> Self {
        let state = MemberState { status: Status::Stopped, starts: 0, last_failure: None };
        Self {
            path,
            member,
            stop_within,
            planned: None,
            runs: 0,
            live: None,
            alarm: None,
            ended: None,
            starts: 0,
            last_failure: None,
            state: watch::Sender::new(state),
        }
    }

    /// Notes that the tree wants it started, and numbers the run.
    pub(super) const fn plan(&mut self, at: Timestamp) -> u64 {
        self.runs += 1;
        self.planned = Some(Planned { run: self.runs, at });
        self.runs
    }

    /// Notes that the tree holds it for stopped.
    pub(super) const fn unplan(&mut self) {
        self.planned = None;
    }

    /// Whether this is the run that the tree means.
    pub(super) fn is_planned(&self, run: u64) -> bool {
        self.planned.is_some_and(|planned| planned.run == run)
    }

    /// The run goes on from here. Answers its number, and how often the member was started before;
    /// none if the tree has it stopped meanwhile.
    pub(super) fn begin(&mut self) -> Option<(u64, u64)> {
        let run = self.planned?.run;
        self.live = Some(Live { run, phase: Phase::Running });
        self.starts += 1;
        Some((run, self.starts - 1))
    }

    pub(super) const fn enter(&mut self, phase: Phase) {
        if let Some(live) = &mut self.live {
            live.phase = phase;
        }
    }

    pub(super) fn fail(&mut self, at: Timestamp, why: Arc<str>) {
        self.last_failure = Some(Failure { at, why });
    }

    /// Shows the handles how it is.
    pub(super) fn publish(&self, gave_up: Option<&Arc<GaveUp>>) {
        let status = match (self.live, self.planned) {
            (Some(Live { phase: Phase::Running, .. }), _) => Status::Running,
            (Some(_), _) => Status::Stopping,
            (None, Some(Planned { at, .. })) => Status::Restarting { at },
            (None, None) => match gave_up {
                Some(why) => Status::GaveUp { why: Arc::clone(why) },
                None => Status::Stopped,
            },
        };
        let state =
            MemberState { status, starts: self.starts, last_failure: self.last_failure.clone() };
        self.state.send_if_modified(|shown| {
            let changed = *shown != state;
            *shown = state;
            changed
        });
    }

    pub(super) fn watch(&self) -> watch::Receiver<MemberState> {
        self.state.subscribe()
    }
}
