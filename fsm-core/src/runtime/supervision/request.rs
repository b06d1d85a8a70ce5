//! What the supervisor's task answers to its handles.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::command::{Command, Place};
use super::error::SupervisionError;
use super::member::Member;
use super::options::{SetOptions, Supervision};
use super::report::Report;
use super::status::{MemberState, SetState};
use super::tree::{Act, MemberId};
use super::ward::Ward;
use super::warden::Warden;

/// How many decisions may be under way before no more are taken from handles. Each waits for a
/// member to end; the failures of members are not counted against it, since each member has one
/// run.
const ERRANDS_MAX: usize = 1_024;

impl Warden {
    /// Does what a handle asks, and answers. What can be done at once is done before the answer.
    pub(super) fn obey(&mut self, command: Command) {
        // Whoever has dropped the other end does not want the answer.
        match command {
            Command::AddSet { name, options, reply } => {
                let _ = reply.send(self.open().and_then(|()| self.add_set(name, options)));
            }
            Command::Add { name, supervision, member, reply } => {
                let added = self.open().and_then(|()| self.add(name, &supervision, member));
                let _ = reply.send(added);
            }
            Command::FindSet { name, reply } => {
                let _ = reply.send(self.set_named(&name).and_then(|set| self.set_place(set)));
            }
            Command::Find { set, name, reply } => {
                let _ = reply.send(self.find(&set, &name));
            }
            Command::Start { id, path, reply } => {
                let _ = reply.send(self.room().and_then(|()| self.start_again(id, path)));
            }
            Command::Stop { id, path, remove, reply } => {
                let _ = reply.send(self.room().and_then(|()| self.end(id, path, remove)));
            }
            Command::Shutdown { deadline } => self.close(Some(deadline)),
        }
    }

    /// The handle's makings of a set.
    pub(super) fn set_place(&mut self, set: MemberId) -> Result<Place<SetState>, SupervisionError> {
        let gone = || SupervisionError::Gone { name: set.to_string().into() };
        let path: Arc<str> = self.tree.path(set).ok_or_else(gone)?.into();
        let status = self.set_status(set);
        let state = self
            .sets
            .entry(set)
            .or_insert_with(|| watch::Sender::new(SetState { status, last_give_up: None }));
        Ok(Place { id: set, path, state: state.subscribe() })
    }

    fn add_set(
        &mut self,
        name: Arc<str>,
        options: SetOptions,
    ) -> Result<Place<SetState>, SupervisionError> {
        let set = self.tree.add_set(name, options)?;
        self.set_place(set)
    }

    fn add(
        &mut self,
        name: Arc<str>,
        supervision: &Supervision,
        member: Arc<dyn Member>,
    ) -> Result<Place<MemberState>, SupervisionError> {
        let set = self.set_named(&supervision.set)?;
        let (restart, backoff) = (supervision.restart, supervision.backoff);
        let (id, acts) = self.tree.add(set, name, restart, backoff, self.clock.now())?;
        let path = self.tree.path(id).unwrap_or_default().into();
        self.wards.insert(id, Ward::new(path, member, supervision.stop_within));
        self.decide(acts, None);
        self.publish(id);
        self.work();
        self.member_place(id)
    }

    fn find(&self, set: &str, name: &str) -> Result<Place<MemberState>, SupervisionError> {
        let holder = self.set_named(set)?;
        let gone = || SupervisionError::Gone { name: format!("{set}/{name}").into() };
        self.member_place(self.tree.find(holder, name).ok_or_else(gone)?)
    }

    fn start_again(&mut self, id: MemberId, path: Arc<str>) -> Result<(), SupervisionError> {
        let acts = self.tree.start(id, self.clock.now()).map_err(|error| match error {
            SupervisionError::Gone { .. } => SupervisionError::Gone { name: path },
            other => other,
        })?;
        self.decide(acts, None);
        self.publish_sets();
        self.work();
        Ok(())
    }

    fn end(
        &mut self,
        id: MemberId,
        path: Arc<str>,
        remove: bool,
    ) -> Result<oneshot::Receiver<Report>, SupervisionError> {
        if !self.tree.contains(id) {
            return Err(SupervisionError::Gone { name: path });
        }
        let ending = self.still_ending(id);
        let mut acts = if remove { self.tree.remove(id)? } else { self.tree.stop(id) };
        acts.splice(0..0, ending.into_iter().map(Act::Stop));
        let (done, when_done) = oneshot::channel();
        self.decide(acts, Some(done));
        if self.sets.contains_key(&id) {
            self.publish_sets();
            let Self { sets, tree, .. } = self;
            sets.retain(|&set, _| tree.contains(set));
        }
        self.work();
        if remove {
            // What did not run had not to be stopped, and nothing else lets go of it.
            let forgotten = self.wards.keys().filter(|&&member| !self.tree.contains(member));
            let forgotten: Vec<_> = forgotten.copied().collect();
            forgotten.into_iter().for_each(|member| self.retire(member));
        }
        Ok(when_done)
    }

    /// The members in it that the tree holds for stopped, and that have not ended yet.
    fn still_ending(&self, id: MemberId) -> Vec<MemberId> {
        let mut ending: Vec<_> =
            self.tree.members(id).rev().flat_map(|member| self.still_ending(member)).collect();
        let live = self.wards.get(&id).is_some_and(|ward| ward.live.is_some());
        if live && self.tree.up(id).is_none() {
            ending.push(id);
        }
        ending
    }

    fn member_place(&self, id: MemberId) -> Result<Place<MemberState>, SupervisionError> {
        let gone = || SupervisionError::Gone { name: id.to_string().into() };
        let ward = self.wards.get(&id).ok_or_else(gone)?;
        Ok(Place { id, path: Arc::clone(&ward.path), state: ward.watch() })
    }

    fn set_named(&self, name: &str) -> Result<MemberId, SupervisionError> {
        self.tree.set_named(name).ok_or_else(|| SupervisionError::NoSet { name: name.into() })
    }

    const fn open(&self) -> Result<(), SupervisionError> {
        if self.closing.is_some() { Err(SupervisionError::ShuttingDown) } else { Ok(()) }
    }

    fn room(&self) -> Result<(), SupervisionError> {
        self.open()?;
        let under_way = self.errands.len();
        if under_way >= ERRANDS_MAX { Err(SupervisionError::Busy { under_way }) } else { Ok(()) }
    }
}
