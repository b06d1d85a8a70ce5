//! The supervisor's task: it owns the tree, and carries out what the tree decides.

use std::collections::{BTreeMap, VecDeque};
use std::future;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task;

use super::command::Command;
use super::errand::{Errands, Step};
use super::member::{Exits, RunExit};
use super::notice::{Notice, What};
use super::report::Report;
use super::status::{SetState, SetStatus};
use super::timetable::Timetable;
use super::tree::{Act, MemberId, Tree};
use super::ward::Ward;
use crate::journal::Pending;
use crate::machine::Timestamp;
use crate::runtime::clock::Clock;

/// How much is carried out before others come to run on the thread: a millisecond's worth.
const WORK_MAX: usize = 1_024;

#[derive(Debug)]
pub(super) struct Warden {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tree: Tree,
    pub(super) wards: BTreeMap<MemberId, Ward>,
    pub(super) sets: BTreeMap<MemberId, watch::Sender<SetState>>,
    pub(super) errands: Errands,
    pub(super) timetable: Timetable,
    pub(super) exits: Arc<Exits>,
    notices: broadcast::Sender<Notice>,
    pub(super) abort_within: Duration,
    pub(super) closing: Option<Closing>,
}

/// The end of the supervisor.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// When what still runs is aborted; none if it has been, or if nobody set one.
    deadline: Option<Timestamp>,
    pub(super) report: Report,
}

impl Warden {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        tree: Tree,
        notices: broadcast::Sender<Notice>,
        abort_within: Duration,
    ) -> Self {
        Self {
            clock,
            tree,
            wards: BTreeMap::new(),
            sets: BTreeMap::new(),
            errands: Errands::default(),
            timetable: Timetable::default(),
            exits: Arc::default(),
            notices,
            abort_within,
            closing: None,
        }
    }

    /// Works until it is told to end and everything has ended, or until nobody holds a handle any
    /// more, which tells it to end.
    pub(super) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        ended: watch::Sender<Option<Report>>,
    ) {
        let exits = Arc::clone(&self.exits);
        let mut has_handles = true;
        let mut sleep: Option<(Timestamp, Pending<'static, ()>)> = None;
        loop {
            let has_more = self.work();
            if let Some(closing) = &mut self.closing
                && self.errands.len() == 0
            {
                ended.send_replace(Some(mem::take(&mut closing.report)));
                return;
            }
            let wake = self.next_wake();
            if sleep.as_ref().map(|(time, _)| *time) != wake {
                sleep = wake.map(|time| (time, self.clock.sleep_until(time)));
            }
            // In this order, so that a supervisor with the same seed does the same again.
            tokio::select! {
                biased;
                command = commands.recv(), if has_handles => match command {
                    Some(command) => self.obey(command),
                    None => {
                        has_handles = false;
                        self.close(None);
                    }
                },
                () = exits.bell.notified() => {}
                () = slept(&mut sleep) => sleep = None,
                () = task::yield_now(), if has_more => {}
            }
        }
    }

    /// Carries out what can be carried out now, or a good part of it; answers whether there is
    /// more.
    pub(super) fn work(&mut self) -> bool {
        for RunExit { member, run, exit } in self.exits.take() {
            self.run_ended(member, run, exit);
        }
        for _ in 0..WORK_MAX {
            let now = self.clock.now();
            if let Some((id, errand)) = self.errands.take_ready() {
                self.carry_out(id, errand, now);
            } else if let Some(member) = self.timetable.take_due(now) {
                self.alarm(member, now);
            } else if let Some(closing) = &mut self.closing
                && closing.deadline.is_some_and(|deadline| deadline <= now)
            {
                closing.deadline = None;
                self.abort_all(now);
            } else {
                return false;
            }
        }
        true
    }

    fn next_wake(&self) -> Option<Timestamp> {
        let deadline = self.closing.as_ref().and_then(|closing| closing.deadline);
        self.timetable.next().into_iter().chain(deadline).min()
    }

    /// Stops everything, and ends when that is done. Where there are two deadlines the earlier one
    /// holds.
    pub(super) fn close(&mut self, deadline: Option<Timestamp>) {
        if let Some(closing) = &mut self.closing {
            closing.deadline = closing.deadline.into_iter().chain(deadline).min();
            return;
        }
        self.closing = Some(Closing { deadline, report: Report::default() });
        let acts = self.tree.stop(self.tree.root());
        self.decide(acts, None);
    }

    /// Takes on what the tree decided. Whoever asked for it hears when it is done.
    pub(super) fn decide(&mut self, acts: Vec<Act>, reply: Option<oneshot::Sender<Report>>) {
        if acts.is_empty() && reply.is_none() {
            return;
        }
        let now = self.clock.now();
        let mut steps = VecDeque::with_capacity(acts.len());
        let mut gave_up = false;
        for act in acts {
            gave_up |= matches!(act, Act::GaveUp { .. });
            steps.push_back(self.plan(act, now));
        }
        for member in steps.iter().filter_map(Step::member) {
            self.publish(member);
        }
        self.errands.add(steps, reply);
        if gave_up {
            self.publish_sets();
        }
    }

    fn plan(&mut self, act: Act, now: Timestamp) -> Step {
        match act {
            Act::Stop(member) => {
                self.wards.entry(member).and_modify(Ward::unplan);
                Step::Stop(member)
            }
            Act::Start { member, at } => {
                if at > now {
                    self.tell(member, What::Restarting { at });
                }
                // Each member of the tree that is no set has a ward.
                let run = self.wards.get_mut(&member).map_or(0, |ward| ward.plan(at));
                Step::Start { member, run, at }
            }
            Act::GaveUp { set, why } => {
                if let Some(state) = self.sets.get(&set) {
                    state.send_modify(|state| state.last_give_up = Some(Arc::clone(&why)));
                }
                let path = self.tree.path(set).unwrap_or_default().into();
                Step::GaveUp { path, why }
            }
        }
    }

    /// Shows a member's handles how it is.
    pub(super) fn publish(&self, member: MemberId) {
        if let Some(ward) = self.wards.get(&member) {
            ward.publish(self.tree.gave_up());
        }
    }

    /// Shows the sets' handles how they are; and all members' if the root has given up, since that
    /// says something of those, too, that were stopped before.
    pub(super) fn publish_sets(&self) {
        for (&set, state) in &self.sets {
            let status = self.set_status(set);
            state.send_if_modified(|state| {
                mem::replace(&mut state.status, status.clone()) != status
            });
        }
        if self.tree.gave_up().is_some() {
            self.wards.keys().for_each(|&member| self.publish(member));
        }
    }

    pub(super) fn set_status(&self, set: MemberId) -> SetStatus {
        match (self.tree.up(set), self.tree.gave_up()) {
            (Some(_), _) => SetStatus::Up,
            (None, Some(why)) => SetStatus::GaveUp { why: Arc::clone(why) },
            (None, None) => SetStatus::Stopped,
        }
    }

    /// Tells those who listen what happened to a member.
    pub(super) fn tell(&self, member: MemberId, what: What) {
        if let Some(ward) = self.wards.get(&member) {
            self.tell_of(Arc::clone(&ward.path), what);
        }
    }

    pub(super) fn tell_of(&self, path: Arc<str>, what: What) {
        // An error means that nobody listens.
        let _ = self.notices.send(Notice { at: self.clock.now(), path, what });
    }
}

/// Waits for what the sleep waits for; for ever if there is none.
async fn slept(sleep: &mut Option<(Timestamp, Pending<'static, ()>)>) {
    match sleep {
        Some((_, sleep)) => sleep.await,
        None => future::pending().await,
    }
}
