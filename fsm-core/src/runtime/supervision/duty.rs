//! What the supervisor's task does to members: starts them, stops them, and hears how they ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::errand::{Errand, Step};
use super::exit::Exit;
use super::member::Run;
use super::notice::What;
use super::report::Ended;
use super::tree::MemberId;
use super::ward::{Live, Phase};
use super::warden::Warden;
use crate::machine::Timestamp;
use crate::runtime::panic::panic_message;

/// Whether a step is done.
enum Done {
    Yes,
    /// The member has to end first.
    NotYet,
}

impl Warden {
    /// Goes on with an errand until it is done or has to wait.
    pub(super) fn carry_out(&mut self, id: u64, mut errand: Errand, now: Timestamp) {
        while let Some(step) = errand.steps.front() {
            match step.clone() {
                Step::Stop(member) => match self.stop(member, &mut errand, now) {
                    Done::Yes => {}
                    Done::NotYet => return self.errands.put_back(id, errand),
                },
                Step::Start { member, run, at } => self.schedule(member, run, at),
                Step::GaveUp { path, why } => self.tell_of(path, What::GaveUp(why)),
            }
            errand.steps.pop_front();
        }
        for member in self.errands.finish(errand) {
            self.retire(member);
        }
    }

    fn stop(&mut self, member: MemberId, errand: &mut Errand, now: Timestamp) -> Done {
        let Some(ward) = self.wards.get_mut(&member) else { return Done::Yes };
        match ward.live {
            Some(Live { phase: Phase::Running, .. }) => self.ask_to_stop(member, now),
            Some(_) => {}
            None => {
                // It may be a start that waits for its time.
                if let Some(alarm) = ward.alarm.take() {
                    self.timetable.cancel(alarm);
                }
                // Others may have asked for the same stop, and want to hear the same.
                let ended = ward.ended.clone().unwrap_or(Ended::Before);
                errand.report.push(Arc::clone(&ward.path), ended);
                self.publish(member);
                return Done::Yes;
            }
        }
        Done::NotYet
    }

    fn ask_to_stop(&mut self, member: MemberId, now: Timestamp) {
        let Some(ward) = self.wards.get_mut(&member) else { return };
        if ward.stop_within.is_zero() {
            return self.abort(member, now);
        }
        ward.enter(Phase::Stopping);
        ward.alarm = Some(self.timetable.enter(now.saturating_add(ward.stop_within), member));
        let asked = Arc::clone(&ward.member);
        self.publish(member);
        self.call(member, || asked.stop());
    }

    fn schedule(&mut self, member: MemberId, run: u64, at: Timestamp) {
        // A start that was taken back since need not be made.
        if let Some(ward) = self.wards.get_mut(&member).filter(|ward| ward.is_planned(run)) {
            ward.alarm = Some(self.timetable.enter(at, member));
            ward.ended = None;
        }
    }

    /// The time has come that a member waited for.
    pub(super) fn alarm(&mut self, member: MemberId, now: Timestamp) {
        let Some(ward) = self.wards.get_mut(&member) else { return };
        ward.alarm = None;
        match ward.live.map(|live| live.phase) {
            None => self.start(member),
            Some(Phase::Stopping) => self.abort(member, now),
            Some(Phase::Aborting) => self.settle(member, Ended::Abandoned),
            Some(Phase::Running) => {}
        }
    }

    fn start(&mut self, member: MemberId) {
        let Some(ward) = self.wards.get_mut(&member) else { return };
        let Some((number, restarts)) = ward.begin() else { return };
        let started = Arc::clone(&ward.member);
        let run = Run::new(Arc::clone(&self.exits), member, number, restarts);
        self.publish(member);
        self.tell(member, What::Started);
        // The member's own state is its own affair; ours is not lent to it.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| started.start(run))) {
            let message = format!("its start panicked: {}", panic_message(&*panic));
            self.run_ended(member, number, Exit::failed(message));
        }
    }

    fn abort(&mut self, member: MemberId, now: Timestamp) {
        let Some(ward) = self.wards.get_mut(&member) else { return };
        ward.enter(Phase::Aborting);
        if let Some(alarm) = ward.alarm.take() {
            self.timetable.cancel(alarm);
        }
        ward.alarm = Some(self.timetable.enter(now.saturating_add(self.abort_within), member));
        let aborted = Arc::clone(&ward.member);
        self.publish(member);
        self.call(member, || aborted.abort());
    }

    /// Aborts everything that still runs, the last added first.
    pub(super) fn abort_all(&mut self, now: Timestamp) {
        let runs = |phase| matches!(phase, Phase::Running | Phase::Stopping);
        let live = self
            .wards
            .iter()
            .rev()
            .filter(|(_, ward)| ward.live.is_some_and(|live| runs(live.phase)));
        let live: Vec<_> = live.map(|(&member, _)| member).collect();
        live.into_iter().for_each(|member| self.abort(member, now));
    }

    /// A run has ended.
    pub(super) fn run_ended(&mut self, member: MemberId, run: u64, exit: Exit) {
        let Some(ward) = self.wards.get_mut(&member) else { return };
        // A run that was left behind is nobody's any more.
        let Some(live) = ward.live.filter(|live| live.run == run) else { return };
        let by_itself = live.phase == Phase::Running && ward.is_planned(run);
        if !by_itself {
            let ended = match (live.phase, exit) {
                (Phase::Aborting, _) => Ended::Aborted,
                (_, Exit::Finished) => Ended::InOrder,
                (_, Exit::Failed(why)) => Ended::Failed { why },
            };
            return self.settle(member, ended);
        }
        let now = self.clock.now();
        ward.live = None;
        ward.unplan();
        if let Exit::Failed(why) = &exit {
            ward.fail(now, Arc::clone(why));
        }
        self.tell(member, What::Exited(exit.clone()));
        let acts = self.tree.exited(member, exit, now);
        self.decide(acts, None);
        self.publish(member);
        self.retire(member);
    }

    /// A run has ended, or was left behind, that was to be stopped.
    fn settle(&mut self, member: MemberId, ended: Ended) {
        let Some(ward) = self.wards.get_mut(&member) else { return };
        ward.live = None;
        if let Some(alarm) = ward.alarm.take() {
            self.timetable.cancel(alarm);
        }
        match &ended {
            Ended::Failed { why } => ward.fail(self.clock.now(), Arc::clone(why)),
            Ended::Aborted | Ended::Abandoned => {
                ward.fail(self.clock.now(), format!("it {ended}").into());
            }
            Ended::InOrder | Ended::Before => {}
        }
        ward.ended = Some(ended.clone());
        if let Some(closing) = &mut self.closing {
            closing.report.push(Arc::clone(&ward.path), ended.clone());
        }
        self.publish(member);
        self.tell(member, What::Stopped(ended));
        self.errands.wake(member);
    }

    /// Lets go of a member that the tree has forgotten, once it has ended.
    pub(super) fn retire(&mut self, member: MemberId) {
        let Some(ward) = self.wards.get(&member) else { return };
        let idle = ward.live.is_none() && ward.alarm.is_none() && self.errands.is_idle(member);
        if idle && !self.tree.contains(member) {
            self.tell(member, What::Removed);
            self.wards.remove(&member);
        }
    }

    /// A call to a member, which may panic.
    fn call(&self, member: MemberId, call: impl FnOnce()) {
        // The member's own state is its own affair; ours is not lent to it.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
            self.tell(member, What::Panicked { message: panic_message(&*panic) });
        }
    }
}
