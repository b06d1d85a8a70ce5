//! The rules against what OTP's own `supervisor` did: `otp/recorded.txt`, by `otp/record.escript`.

use std::collections::HashMap;
use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::supervision::{
    Act, Backoff, Exit, Intensity, MemberId, Restart, SetOptions, Strategy, Tree,
};

const RECORDED: &str = include_str!("otp/recorded.txt");

/// A tree, and what it answered since the last `=`, in the words of the recording.
struct Replay {
    tree: Tree,
    ids: HashMap<String, MemberId>,
    done: String,
}

impl Replay {
    fn new() -> Self {
        Self { tree: Tree::new(SetOptions::new()), ids: HashMap::new(), done: String::new() }
    }

    /// One line of the recording.
    fn step(&mut self, line: &str) {
        let now = Timestamp::EPOCH;
        let words: Vec<_> = line.split(' ').collect();
        let acts = match words[..] {
            ["set", name, "in", parent, strategy, restarts_max] => {
                self.add_set(name, parent, strategy, restarts_max);
                vec![]
            }
            ["member", name, "in", set, restart] => {
                let set = self.tree.set_named(set).unwrap();
                let added = self.tree.add(set, name, restart_of(restart), Backoff::none(), now);
                let (id, acts) = added.unwrap();
                self.ids.insert(name.into(), id);
                acts
            }
            ["fail", name] => self.tree.exited(self.ids[name], Exit::failed("failed"), now),
            ["finish", name] => self.tree.exited(self.ids[name], Exit::Finished, now),
            ["stop", name] => self.tree.stop(self.ids[name]),
            ["start", name] => self.tree.start(self.ids[name], now).unwrap(),
            ["remove", name] => self.tree.remove(self.ids[name]).unwrap(),
            _ => panic!("a line that is no step: {line}"),
        };
        for act in acts {
            self.note(&act);
        }
    }

    fn add_set(&mut self, name: &str, parent: &str, strategy: &str, restarts_max: &str) {
        let strategy = match strategy {
            "one_for_one" => Strategy::OneForOne,
            "one_for_all" => Strategy::OneForAll,
            "rest_for_one" => Strategy::RestForOne,
            _ => panic!("no strategy: {strategy}"),
        };
        let restarts_max = restarts_max.parse().unwrap();
        let options = SetOptions::new()
            .strategy(strategy)
            .intensity(Intensity { restarts_max, within: Duration::from_hours(1) })
            .backoff(Backoff::none());
        if parent == "none" {
            self.tree = Tree::new(options);
        } else {
            let id = self.tree.add_set(name, options.parent(parent)).unwrap();
            self.ids.insert(name.into(), id);
        }
    }

    fn note(&mut self, act: &Act) {
        let name = |id| self.ids.iter().find(|(_, known)| **known == id).unwrap().0;
        match act {
            Act::Stop(member) => self.done += &format!(" -{}", name(*member)),
            Act::Start { member, .. } => self.done += &format!(" +{}", name(*member)),
            Act::GaveUp { set, .. } if *set == self.tree.root() => self.done += " gave up",
            // OTP's supervisors die in silence; what their parent does is recorded.
            Act::GaveUp { .. } => {}
        }
    }
}

fn restart_of(word: &str) -> Restart {
    match word {
        "permanent" => Restart::Permanent,
        "transient" => Restart::Transient,
        "temporary" => Restart::Temporary,
        _ => panic!("no restart: {word}"),
    }
}

#[test]
fn the_tree_does_what_otp_did() {
    let mut compared = 0;
    let mut replay = Replay::new();
    let mut scenario = "";
    for line in RECORDED.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with("scenario") {
            (scenario, replay) = (line, Replay::new());
        } else if let Some(recorded) = line.strip_prefix('=') {
            let done = std::mem::take(&mut replay.done);
            assert_eq!(done, recorded, "{scenario}");
            compared += 1;
        } else {
            replay.step(line);
        }
    }
    assert!(compared > 500, "only {compared} steps were compared");
}
