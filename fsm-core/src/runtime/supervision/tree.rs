//! The rules of supervision as a data structure: no clock, no tasks.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::error::SupervisionError;
use super::exit::{Cause, Exit, GaveUp};
use super::node::{Node, Set};
use super::options::{ROOT, SetOptions};
use super::policy::{Restart, Strategy};
use crate::machine::Timestamp;
use crate::runtime::backoff::Backoff;
use crate::runtime::random::Random;

/// How deep sets may stand in sets. What is decided walks down the tree by recursion; nobody has
/// been seen to need more than five.
const DEPTH_MAX: usize = 32;

/// How many members and sets a tree may have, unless said otherwise: some hundred bytes each.
const MEMBERS_MAX: usize = 100_000;

/// A member or a set of a [`Tree`]. A number is never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(u64);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Stop this member, and go on when it has ended. If its start still waits for its time, take
    /// it back instead.
    Stop(MemberId),
    /// Start this member at this time, or at once if the time has come. What follows does not wait
    /// for it; of members with the same time, the earlier act is done first.
    Start {
        /// The member; never a set.
        member: MemberId,
        /// The time.
        at: Timestamp,
    },
    /// Tell that this set gave up. Its members' stops stand before it. What its parent does about
    /// it stands behind it; behind the root's there is nothing.
    GaveUp {
        /// The set.
        set: MemberId,
        /// Why.
        why: Arc<GaveUp>,
    },
}

/// Sets with their members, and what is to be done when one of them ends. Pure: the time is an
/// argument, and randomness comes from a seed.
///
/// Its answers are to be carried out in their order. It takes them for done as soon as they are
/// given: an end that is reported for a member that it holds for stopped is ignored, as OTP ignores
/// the exit of a process that it has just stopped.
///
/// The rules are those of OTP's `supervisor`; the [module](super) lists them.
///
/// ```
/// use fsm_core::Timestamp;
/// use fsm_core::runtime::supervision::{
///     Act, Backoff, Exit, Restart, SetOptions, Strategy, Tree,
/// };
///
/// let mut tree = Tree::new(SetOptions::new());
/// let feeds = tree.add_set("feeds", SetOptions::new().strategy(Strategy::RestForOne))?;
/// let now = Timestamp::EPOCH;
/// let (socket, _) = tree.add(feeds, "socket", Restart::Permanent, Backoff::none(), now)?;
/// let (parser, _) = tree.add(feeds, "parser", Restart::Permanent, Backoff::none(), now)?;
///
/// let acts = tree.exited(socket, Exit::failed("reset by peer"), now);
/// assert_eq!(acts, [
///     Act::Stop(parser),
///     Act::Start { member: socket, at: now },
///     Act::Start { member: parser, at: now },
/// ]);
/// # Ok::<(), fsm_core::runtime::supervision::SupervisionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: HashMap<MemberId, Node>,
    sets: HashMap<Arc<str>, MemberId>,
    root: MemberId,
    next: u64,
    members_max: usize,
    random: Random,
    gave_up: Option<Arc<GaveUp>>,
}

impl Tree {
    /// A tree with a root of this kind (whose parent and backoff mean nothing) and nothing in it.
    #[must_use]
    pub fn new(root: SetOptions) -> Self {
        let id = MemberId(0);
        let name: Arc<str> = ROOT.into();
        let mut node = Node::set(name.clone(), &root);
        node.up = Some(Timestamp::EPOCH);
        Self {
            nodes: HashMap::from([(id, node)]),
            sets: HashMap::from([(name, id)]),
            root: id,
            next: 1,
            members_max: MEMBERS_MAX,
            random: Random::seeded(0),
            gave_up: None,
        }
    }

    /// Draws the jitter from this seed; from 0 unless said.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.random = Random::seeded(seed);
        self
    }

    /// Takes at most this many members and sets, the root included; 100,000 unless said.
    #[must_use]
    pub const fn members_max(mut self, members: usize) -> Self {
        self.members_max = members;
        self
    }

    /// The root.
    #[must_use]
    pub const fn root(&self) -> MemberId {
        self.root
    }

    /// Adds a set, as the last member of its parent. It is stopped if its parent is.
    ///
    /// # Errors
    ///
    /// If there is no such parent, the name is taken, or there is no room.
    pub fn add_set(
        &mut self,
        name: impl Into<Arc<str>>,
        options: SetOptions,
    ) -> Result<MemberId, SupervisionError> {
        let name = name.into();
        let parent = self
            .set_named(&options.parent)
            .ok_or_else(|| SupervisionError::NoSet { name: options.parent.clone() })?;
        if let Some(&taken) = self.sets.get(&name) {
            let holder = self.node(taken).parent.unwrap_or(self.root);
            return Err(SupervisionError::Taken { name, set: self.node(holder).name.clone() });
        }
        let mut node = Node::set(Arc::clone(&name), &options);
        node.up = self.node(parent).up;
        let set = self.insert(parent, node)?;
        self.sets.insert(name, set);
        Ok(set)
    }

    /// Adds a member, as the last of its set, and starts it: at once, or with its set if that waits
    /// for its restart. In a set that is stopped it is not started. OTP: `start_child`.
    ///
    /// # Errors
    ///
    /// If there is no such set, the name is taken in it, or there is no room.
    pub fn add(
        &mut self,
        set: MemberId,
        name: impl Into<Arc<str>>,
        restart: Restart,
        backoff: Backoff,
        now: Timestamp,
    ) -> Result<(MemberId, Vec<Act>), SupervisionError> {
        let holder = self.nodes.get(&set).filter(|node| node.set.is_some());
        let up = holder.ok_or_else(|| SupervisionError::NoSet { name: set.to_string().into() })?.up;
        let member = self.insert(set, Node::member(name.into(), restart, backoff))?;
        let mut acts = Vec::new();
        if let Some(up) = up {
            self.bring_up(member, up.max(now), &mut acts);
        }
        Ok((member, acts))
    }

    /// A member has ended by itself.
    ///
    /// Nothing is done for a set, or for a member that is stopped: who has it stopped has decided
    /// already what becomes of it.
    pub fn exited(&mut self, member: MemberId, exit: Exit, now: Timestamp) -> Vec<Act> {
        let mut acts = Vec::new();
        let known = self.nodes.get(&member).filter(|node| node.up.is_some() && node.set.is_none());
        let Some(node) = known else { return acts };
        let restarts = match node.restart {
            Restart::Permanent => true,
            Restart::Transient => matches!(exit, Exit::Failed(_)),
            Restart::Temporary => false,
        };
        if restarts {
            self.restart(member, exit.into(), now, &mut acts);
        } else {
            self.lay_down(member);
        }
        acts
    }

    /// Stops a member, or a set with its members in reverse start order. It stays in its set unless
    /// it is temporary, and is started again by [`start`](Self::start) or when its set is
    /// restarted. OTP: `terminate_child`.
    pub fn stop(&mut self, member: MemberId) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.nodes.contains_key(&member) {
            self.take_down(member, &mut acts);
        }
        acts
    }

    /// Starts what is stopped: a member, or a set with its members in start order. Earlier failures
    /// and restarts are forgotten. The root that gave up is released by it. What is not stopped is
    /// left as it is, also if it waits for its restart. OTP: `restart_child`.
    ///
    /// # Errors
    ///
    /// If there is no such member, or the set that it is in is stopped itself.
    pub fn start(
        &mut self,
        member: MemberId,
        now: Timestamp,
    ) -> Result<Vec<Act>, SupervisionError> {
        let gone = || SupervisionError::Gone { name: member.to_string().into() };
        let node = self.nodes.get(&member).ok_or_else(gone)?;
        let mut acts = Vec::new();
        if node.up.is_some() {
            return Ok(acts);
        }
        let mut at = now;
        if let Some(parent) = node.parent {
            let holder = self.node(parent);
            at = now.max(holder.up.ok_or_else(|| self.stopped(parent))?);
        } else {
            self.gave_up = None;
        }
        self.forgive(member);
        self.bring_up(member, at, &mut acts);
        Ok(acts)
    }

    /// Stops a member, or a set with its members, and takes it out of its set. OTP:
    /// `terminate_child` and `delete_child`.
    ///
    /// # Errors
    ///
    /// If it is the root.
    pub fn remove(&mut self, member: MemberId) -> Result<Vec<Act>, SupervisionError> {
        if member == self.root {
            return Err(SupervisionError::Root);
        }
        let acts = self.stop(member);
        if self.contains(member) {
            self.forget(member);
        }
        Ok(acts)
    }

    /// Why the root gave up, if it has.
    #[must_use]
    pub const fn gave_up(&self) -> Option<&Arc<GaveUp>> {
        self.gave_up.as_ref()
    }

    /// Whether it is a member or a set.
    #[must_use]
    pub fn contains(&self, member: MemberId) -> bool {
        self.nodes.contains_key(&member)
    }

    /// Since when a member or a set runs, or from when on it is to run; none if it is stopped.
    #[must_use]
    pub fn up(&self, member: MemberId) -> Option<Timestamp> {
        self.nodes.get(&member)?.up
    }

    /// The set of this name.
    #[must_use]
    pub fn set_named(&self, name: &str) -> Option<MemberId> {
        self.sets.get(name).copied()
    }

    /// The member of this name in a set.
    #[must_use]
    pub fn find(&self, set: MemberId, name: &str) -> Option<MemberId> {
        self.nodes.get(&set)?.set.as_ref()?.names.get(name).copied()
    }

    /// The members of a set, in start order.
    pub fn members(&self, set: MemberId) -> impl DoubleEndedIterator<Item = MemberId> {
        let set = self.nodes.get(&set).and_then(|node| node.set.as_ref());
        set.into_iter().flat_map(|set| set.members.iter().copied())
    }

    /// The names of the sets below the root that lead to it, and its own, as in `edge/feeds/ari`.
    #[must_use]
    pub fn path(&self, member: MemberId) -> Option<String> {
        let node = self.nodes.get(&member)?;
        match node.parent.filter(|&parent| parent != self.root) {
            Some(parent) => Some(self.path(parent)? + "/" + &node.name),
            None => Some(node.name.to_string()),
        }
    }
}

impl Tree {
    /// Restarts a member that ended, under its set's strategy; or has its set give up, which is
    /// then the member that ended, and so on up.
    fn restart(&mut self, member: MemberId, cause: Cause, now: Timestamp, acts: &mut Vec<Act>) {
        let (mut ended, mut cause) = (member, cause);
        self.node_mut(ended).up = None;
        while let Some((parent, set)) = self.holder_mut(ended) {
            if set.may_restart(now) {
                return self.apply_strategy(parent, ended, now, acts);
            }
            let intensity = set.intensity;
            let member = self.node(ended).name.clone();
            let set = self.node(parent).name.clone();
            let why = Arc::new(GaveUp { set, intensity, member, cause });
            self.take_down(parent, acts);
            acts.push(Act::GaveUp { set: parent, why: Arc::clone(&why) });
            (ended, cause) = (parent, Cause::GaveUp(why));
        }
        if let Cause::GaveUp(why) = cause {
            self.gave_up = Some(why);
        }
    }

    fn apply_strategy(
        &mut self,
        parent: MemberId,
        ended: MemberId,
        now: Timestamp,
        acts: &mut Vec<Act>,
    ) {
        let strategy = self.node(parent).set.as_ref().map(|set| set.strategy);
        let mut affected: Vec<_> = match strategy.unwrap_or_default() {
            Strategy::OneForOne => vec![ended],
            Strategy::OneForAll => self.members(parent).collect(),
            Strategy::RestForOne => self.members(parent).filter(|&id| id >= ended).collect(),
        };
        let fraction = self.random.fraction();
        let mut at = self.node_mut(ended).fail(now, fraction);
        // They start together, so all wait for whoever has to wait longest.
        at = affected.iter().filter_map(|&member| self.latest(member)).fold(at, Ord::max);
        self.node_mut(ended).restarts_at(at);
        for &other in affected.iter().rev().filter(|&&member| member != ended) {
            self.take_down(other, acts);
        }
        affected.retain(|member| self.nodes.contains_key(member));
        for member in affected {
            self.bring_up(member, at, acts);
        }
    }

    /// The latest time from when on it or something in it is to run.
    fn latest(&self, member: MemberId) -> Option<Timestamp> {
        let within = self.members(member).filter_map(|member| self.latest(member)).max();
        self.node(member).up.max(within)
    }

    fn take_down(&mut self, member: MemberId, acts: &mut Vec<Act>) {
        if self.node(member).set.is_none() {
            if self.node(member).up.is_some() {
                acts.push(Act::Stop(member));
                self.lay_down(member);
            }
            return;
        }
        let members: Vec<_> = self.members(member).rev().collect();
        for member in members {
            self.take_down(member, acts);
        }
        self.node_mut(member).up = None;
    }

    fn bring_up(&mut self, member: MemberId, at: Timestamp, acts: &mut Vec<Act>) {
        let node = self.node_mut(member);
        node.up = Some(at);
        let Some(set) = &mut node.set else {
            acts.push(Act::Start { member, at });
            return;
        };
        set.forgive();
        let members: Vec<_> = set.members.iter().copied().collect();
        for member in members {
            self.bring_up(member, at, acts);
        }
    }

    /// Notes that a member is stopped.
    fn lay_down(&mut self, member: MemberId) {
        let node = self.node_mut(member);
        node.up = None;
        if node.restart == Restart::Temporary {
            self.forget(member);
        }
    }

    fn forgive(&mut self, member: MemberId) {
        self.node_mut(member).forgive();
        let members: Vec<_> = self.members(member).collect();
        members.into_iter().for_each(|member| self.forgive(member));
    }

    fn stopped(&self, set: MemberId) -> SupervisionError {
        match &self.gave_up {
            Some(why) => SupervisionError::GivenUp(Arc::clone(why)),
            None => SupervisionError::SetStopped { set: self.node(set).name.clone() },
        }
    }

    fn insert(&mut self, parent: MemberId, mut node: Node) -> Result<MemberId, SupervisionError> {
        let name = Arc::clone(&node.name);
        let depth = self.node(parent).depth + 1;
        if depth > DEPTH_MAX {
            return Err(SupervisionError::TooDeep { name, depth_max: DEPTH_MAX });
        }
        if self.nodes.len() >= self.members_max {
            return Err(SupervisionError::TooMany { members_max: self.members_max });
        }
        let id = MemberId(self.next);
        let holder = self.node_mut(parent);
        let set_name = Arc::clone(&holder.name);
        let Some(set) = &mut holder.set else {
            return Err(SupervisionError::NoSet { name: set_name });
        };
        if set.names.contains_key(&name) {
            return Err(SupervisionError::Taken { name, set: set_name });
        }
        set.names.insert(name, id);
        set.members.insert(id);
        (node.parent, node.depth) = (Some(parent), depth);
        self.nodes.insert(id, node);
        self.next += 1;
        Ok(id)
    }

    fn forget(&mut self, member: MemberId) {
        let members: Vec<_> = self.members(member).collect();
        members.into_iter().for_each(|member| self.forget(member));
        let name = Arc::clone(&self.node(member).name);
        if let Some((_, set)) = self.holder_mut(member) {
            set.members.remove(&member);
            set.names.remove(&name);
        }
        if self.nodes.remove(&member).is_some_and(|node| node.set.is_some()) {
            self.sets.remove(&name);
        }
    }

    /// The set that a member is in.
    fn holder_mut(&mut self, member: MemberId) -> Option<(MemberId, &mut Set)> {
        let parent = self.nodes.get(&member)?.parent?;
        let set = self.nodes.get_mut(&parent)?.set.as_mut()?;
        Some((parent, set))
    }

    fn node(&self, id: MemberId) -> &Node {
        // Only ids that were looked up, or that stand in the tree, come here.
        &self.nodes[&id]
    }

    fn node_mut(&mut self, id: MemberId) -> &mut Node {
        match self.nodes.get_mut(&id) {
            Some(node) => node,
            None => unreachable!("{id} was looked up before"),
        }
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "member {}", self.0)
    }
}
