//! A model of the rules that a reader can check by eye: supervisors as owned lists of children, as
//! the `supervisor` manual page tells it, without ids and without a thought to cost.

use fsm_core::runtime::supervision::{Restart, Strategy};

/// What `model.rs` gives the tree too, in milliseconds.
pub(crate) const BACKOFF_CAP: u64 = 300;
pub(crate) const BACKOFF_RESET: u64 = 500;

#[derive(Clone, Debug)]
pub(crate) struct Child {
    pub(crate) name: String,
    pub(crate) restart: Restart,
    pub(crate) first_delay: u64,
    pub(crate) up: Option<u64>,
    pub(crate) children: Option<Children>,
    failures: u32,
    calm_since: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Children {
    pub(crate) strategy: Strategy,
    pub(crate) restarts_max: usize,
    pub(crate) within: u64,
    pub(crate) list: Vec<Child>,
    restarts: Vec<u64>,
}

impl Children {
    pub(crate) fn new(strategy: Strategy, restarts_max: usize, within: u64) -> Self {
        Self { strategy, restarts_max, within, list: vec![], restarts: vec![] }
    }
}

impl Child {
    pub(crate) fn new(name: &str, restart: Restart, first_delay: u64) -> Self {
        Self {
            name: name.into(),
            restart,
            first_delay,
            up: None,
            children: None,
            failures: 0,
            calm_since: 0,
        }
    }

    pub(crate) fn list(&self) -> &[Self] {
        self.children.as_ref().map_or(&[], |children| &children.list)
    }

    fn list_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Self> {
        self.children.iter_mut().flat_map(|children| &mut children.list)
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.list().iter().find_map(|child| child.find(name))
    }

    pub(crate) fn find_mut(&mut self, name: &str) -> Option<&mut Self> {
        if self.name == name {
            return Some(self);
        }
        self.list_mut().find_map(|child| child.find_mut(name))
    }

    pub(crate) fn holder_of(&mut self, name: &str) -> Option<&mut Self> {
        if self.list().iter().any(|child| child.name == name) {
            return Some(self);
        }
        self.list_mut().find_map(|child| child.holder_of(name))
    }

    /// Stops it; answers whether it leaves its supervisor.
    pub(crate) fn stop(&mut self, done: &mut Vec<String>) -> bool {
        let ran = self.up.take().is_some();
        let Some(children) = &mut self.children else {
            if ran {
                done.push(format!("-{}", self.name));
            }
            return ran && self.restart == Restart::Temporary;
        };
        stop_from(children, 0, done);
        false
    }

    pub(crate) fn start(&mut self, at: u64, done: &mut Vec<String>) {
        self.up = Some(at);
        match &mut self.children {
            None => done.push(format!("+{}@{at}", self.name)),
            Some(children) => {
                children.restarts.clear();
                children.list.iter_mut().for_each(|child| child.start(at, done));
            }
        }
    }

    pub(crate) fn forgive(&mut self) {
        self.failures = 0;
        self.list_mut().for_each(Self::forgive);
    }

    fn latest(&self) -> u64 {
        let below = self.list().iter().map(Self::latest).max();
        self.up.max(below).unwrap_or(0)
    }

    /// When it may be started again after it failed now.
    fn delayed(&mut self, now: u64) -> u64 {
        if now.saturating_sub(self.calm_since) >= BACKOFF_RESET {
            self.failures = 0;
        }
        self.failures += 1;
        let doubled = (1..self.failures).fold(self.first_delay, |delay, _| delay * 2);
        now + doubled.min(BACKOFF_CAP)
    }

    /// A worker below this supervisor has ended. Answers the chain of names if this one gave up.
    pub(crate) fn exited(
        &mut self,
        worker: &str,
        failed: bool,
        now: u64,
        done: &mut Vec<String>,
    ) -> Option<Vec<String>> {
        let children = self.children.as_mut()?;
        let list = &mut children.list;
        let ended = list.iter().position(|child| child.find(worker).is_some())?;
        let child = &mut list[ended];
        let mut chain = Vec::new();
        if child.children.is_some() {
            chain = child.exited(worker, failed, now, done)?;
        } else {
            child.up.take()?;
            match child.restart {
                Restart::Permanent => {}
                Restart::Transient if failed => {}
                Restart::Transient => return None,
                Restart::Temporary => {
                    list.remove(ended);
                    return None;
                }
            }
        }
        children.restarts.push(now);
        let recent = children.restarts.iter().filter(|time| now - **time <= children.within);
        if recent.count() > children.restarts_max {
            self.stop(done);
            done.push(format!("!{}", self.name));
            chain.insert(0, self.name.clone());
            return Some(chain);
        }
        restart(children, ended, now, done);
        None
    }
}

/// Stops the children from this one on, the last first, and drops those who leave.
fn stop_from(children: &mut Children, first: usize, done: &mut Vec<String>) {
    for index in (first..children.list.len()).rev() {
        if children.list[index].stop(done) {
            children.list.remove(index);
        }
    }
}

fn restart(children: &mut Children, ended: usize, now: u64, done: &mut Vec<String>) {
    let first = if children.strategy == Strategy::OneForAll { 0 } else { ended };
    let alone = children.strategy == Strategy::OneForOne;
    let last = if alone { ended } else { children.list.len() - 1 };
    let own = children.list[ended].delayed(now);
    let at = children.list[first..=last].iter().map(Child::latest).fold(own, u64::max);
    children.list[ended].calm_since = at;
    if alone {
        return children.list[ended].start(at, done);
    }
    stop_from(children, first, done);
    children.list[first..].iter_mut().for_each(|child| child.start(at, done));
}
