//! Random trees, ends, stops, starts and pauses against the naive model.

use std::collections::HashMap;
use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::supervision::{
    Act, Backoff, Exit, GaveUp, Intensity, MemberId, Restart, SetOptions, Strategy, Tree,
};
use proptest::prelude::{Just, ProptestConfig, any, prop, prop_oneof, proptest};
use proptest::strategy::Strategy as Values;

use crate::naive::{BACKOFF_CAP, BACKOFF_RESET, Child, Children};

/// All names that there can be. The first are the sets'.
const NAMES: [&str; 11] = ["root", "s1", "s2", "s3", "s4", "a", "b", "c", "d", "e", "f"];
const SETS: usize = 5;
const WITHIN: u64 = 400;

#[derive(Clone, Debug)]
enum Step {
    AddSet { set: usize, parent: usize, strategy: Strategy, restarts_max: u16, delay: u64 },
    Add { member: usize, set: usize, restart: Restart, delay: u64 },
    Exited { member: usize, failed: bool },
    Stop { target: usize },
    Start { target: usize },
    Remove { target: usize },
    Pause { millis: u64 },
}

fn strategy() -> impl Values<Value = Strategy> {
    prop_oneof![Just(Strategy::OneForOne), Just(Strategy::OneForAll), Just(Strategy::RestForOne)]
}

fn restart() -> impl Values<Value = Restart> {
    prop_oneof![
        3 => Just(Restart::Permanent),
        1 => Just(Restart::Transient),
        1 => Just(Restart::Temporary),
    ]
}

fn delay() -> impl Values<Value = u64> {
    prop_oneof![2 => Just(0u64), 1 => Just(10), 1 => Just(100)]
}

fn step() -> impl Values<Value = Step> {
    let (set, member, any_name) = (0..SETS, SETS..NAMES.len(), 0..NAMES.len());
    prop_oneof![
        2 => (1..SETS, set.clone(), strategy(), 0..4u16, delay()).prop_map(
            |(set, parent, strategy, restarts_max, delay)| {
                Step::AddSet { set, parent, strategy, restarts_max, delay }
            }
        ),
        6 => (member.clone(), set, restart(), delay())
            .prop_map(|(member, set, restart, delay)| Step::Add { member, set, restart, delay }),
        12 => (member, any::<bool>())
            .prop_map(|(member, failed)| Step::Exited { member, failed }),
        1 => any_name.clone().prop_map(|target| Step::Stop { target }),
        4 => any_name.clone().prop_map(|target| Step::Start { target }),
        1 => any_name.prop_map(|target| Step::Remove { target }),
        4 => prop_oneof![1..50u64, 50..700u64].prop_map(|millis| Step::Pause { millis }),
    ]
}

/// The tree and the model, side by side.
struct Pair {
    tree: Tree,
    ids: HashMap<&'static str, MemberId>,
    model: Child,
    /// The chain of sets that gave up, if the root has.
    gave_up: Option<Vec<String>>,
    now: u64,
}

impl Pair {
    fn new(strategy: Strategy, restarts_max: u16) -> Self {
        let tree = Tree::new(options(strategy, restarts_max, 0));
        let mut model = Child::new("root", Restart::Permanent, 0);
        model.children = Some(Children::new(strategy, restarts_max.into(), WITHIN));
        model.up = Some(0);
        Self { ids: HashMap::from([("root", tree.root())]), tree, model, gave_up: None, now: 0 }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::AddSet { set, parent, strategy, restarts_max, delay } => {
                let (set, parent) = (NAMES[set], NAMES[parent]);
                let options = options(strategy, restarts_max, delay).parent(parent);
                let added = self.tree.add_set(set, options);
                let mut child = Child::new(set, Restart::Permanent, delay);
                child.children = Some(Children::new(strategy, restarts_max.into(), WITHIN));
                let room = self.model.find(parent).is_some() && self.model.find(set).is_none();
                assert_eq!(added.is_ok(), room, "{added:?}");
                if let Ok(id) = added {
                    self.ids.insert(set, id);
                    let holder = self.model.find_mut(parent).unwrap();
                    child.up = holder.up;
                    holder.children.as_mut().unwrap().list.push(child);
                }
            }
            Step::Add { member, set, restart, delay } => {
                self.add(NAMES[member], NAMES[set], restart, delay);
            }
            Step::Exited { member, failed } => {
                let name = NAMES[member];
                let exit = if failed { Exit::failed("failed") } else { Exit::Finished };
                let Some(&id) = self.ids.get(name) else { return };
                let acts = self.tree.exited(id, exit, at(self.now));
                let mut done = vec![];
                if let Some(chain) = self.model.exited(name, failed, self.now, &mut done) {
                    self.gave_up = Some(chain);
                }
                self.agree(&acts, &done);
            }
            Step::Stop { target } => self.stop(NAMES[target], false),
            Step::Remove { target } => self.stop(NAMES[target], true),
            Step::Start { target } => self.start(NAMES[target]),
            Step::Pause { millis } => self.now += millis,
        }
        for name in NAMES {
            let up = self.ids.get(name).and_then(|&id| self.tree.up(id));
            let expected = self.model.find(name).and_then(|child| child.up);
            assert_eq!(up, expected.map(at), "`{name}` is up");
        }
        let chain = |why: &GaveUp| why.chain().map(|why| why.set.to_string()).collect();
        assert_eq!(self.tree.gave_up().map(|why| chain(why)), self.gave_up);
    }

    fn add(&mut self, name: &'static str, set: &str, restart: Restart, delay: u64) {
        if self.model.find(name).is_some() {
            return;
        }
        let Some(holder) = self.model.find_mut(set) else { return };
        let added = self.tree.add(self.ids[set], name, restart, backoff(delay), at(self.now));
        let (id, acts) = added.unwrap();
        self.ids.insert(name, id);
        let (mut child, mut done) = (Child::new(name, restart, delay), vec![]);
        if let Some(up) = holder.up {
            child.start(up.max(self.now), &mut done);
        }
        holder.children.as_mut().unwrap().list.push(child);
        self.agree(&acts, &done);
    }

    fn stop(&mut self, name: &str, remove: bool) {
        let Some(&id) = self.ids.get(name) else { return };
        let mut done = vec![];
        if let Some(holder) = self.model.holder_of(name) {
            let list = &mut holder.children.as_mut().unwrap().list;
            let index = list.iter().position(|child| child.name == name).unwrap();
            if list[index].stop(&mut done) || remove {
                list.remove(index);
            }
        } else if name == "root" && !remove {
            self.model.stop(&mut done);
        }
        let acts = if remove { self.tree.remove(id) } else { Ok(self.tree.stop(id)) };
        assert_eq!(acts.is_err(), name == "root" && remove);
        self.agree(&acts.unwrap_or_default(), &done);
    }

    fn start(&mut self, name: &str) {
        let Some(&id) = self.ids.get(name) else { return };
        let acts = self.tree.start(id, at(self.now));
        let (now, mut done) = (self.now, vec![]);
        let holder_up = match self.model.holder_of(name) {
            Some(holder) => holder.up,
            None => (name == "root").then_some(0),
        };
        if let Some(child) = self.model.find_mut(name) {
            assert_eq!(acts.is_ok(), child.up.is_some() || holder_up.is_some(), "{acts:?}");
            if let (None, Some(holder_up)) = (child.up, holder_up) {
                child.forgive();
                child.start(now.max(holder_up), &mut done);
                self.gave_up = None;
            }
        } else {
            assert!(acts.is_err(), "{acts:?}");
        }
        self.agree(&acts.unwrap_or_default(), &done);
    }

    fn agree(&self, acts: &[Act], done: &[String]) {
        let name = |id| self.ids.iter().find(|(_, known)| **known == id).unwrap().0;
        let words: Vec<_> = acts
            .iter()
            .map(|act| match act {
                Act::Stop(member) => format!("-{}", name(*member)),
                Act::Start { member, at } => format!("+{}@{}", name(*member), at.micros() / 1_000),
                Act::GaveUp { set, .. } => format!("!{}", name(*set)),
            })
            .collect();
        assert_eq!(words, done);
    }
}

fn at(millis: u64) -> Timestamp {
    Timestamp::EPOCH.saturating_add(Duration::from_millis(millis))
}

fn backoff(delay: u64) -> Backoff {
    Backoff::new(Duration::from_millis(delay))
        .factor(2.0)
        .cap(Duration::from_millis(BACKOFF_CAP))
        .jitter(0.0)
        .reset_after(Duration::from_millis(BACKOFF_RESET))
}

fn options(strategy: Strategy, restarts_max: u16, delay: u64) -> SetOptions {
    let within = Duration::from_millis(WITHIN);
    SetOptions::new()
        .strategy(strategy)
        .intensity(Intensity { restarts_max, within })
        .backoff(backoff(delay))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_does_what_the_naive_model_does(
        strategy in strategy(),
        restarts_max in 0..5u16,
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut pair = Pair::new(strategy, restarts_max);
        for step in steps {
            pair.take(step);
        }
    }
}
