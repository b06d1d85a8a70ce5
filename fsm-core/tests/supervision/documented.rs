//! What the `supervisor` manual page and "Supervisor Behaviour" in OTP's design principles say, a
//! case for each rule. A case is a set of members, what happens, and what must be done about it.

use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::supervision::{
    Act, Backoff, Exit, Intensity, MemberId, Restart, SetOptions, Strategy, Tree,
};

use Restart::{Permanent, Temporary, Transient};
use Strategy::{OneForAll, OneForOne, RestForOne};

struct Case {
    /// Where the rule stands.
    rule: &'static str,
    strategy: Strategy,
    restarts_max: u16,
    members: &'static [(&'static str, Restart)],
    /// What happens, a second after the other: `x!` fails, `x.` finishes, `stop x`, `start x`,
    /// `remove x`, and `later`, which is five seconds of nothing.
    happens: &'static str,
    /// What is done about the last of it.
    done: &'static str,
}

const ABC: &[(&str, Restart)] = &[("a", Permanent), ("b", Permanent), ("c", Permanent)];
const MIXED: &[(&str, Restart)] = &[("a", Permanent), ("b", Temporary), ("c", Transient)];

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case {
        rule: "one_for_one: only that child process is affected",
        strategy: OneForOne, restarts_max: 3, members: ABC, happens: "b!", done: "+b",
    },
    Case {
        rule: "one_for_all: all other child processes are terminated and then all are restarted; \
               terminated in reversed start order, from right to left",
        strategy: OneForAll, restarts_max: 3, members: ABC, happens: "b!", done: "-c -a +a +b +c",
    },
    Case {
        rule: "rest_for_one: the rest, those after the terminated one in start order, are \
               terminated; then it and all after it are restarted",
        strategy: RestForOne, restarts_max: 3, members: ABC, happens: "b!", done: "-c +b +c",
    },
    Case {
        rule: "rest_for_one: those before are not affected",
        strategy: RestForOne, restarts_max: 3, members: ABC, happens: "c!", done: "+c",
    },
    Case {
        rule: "a permanent child process is always restarted",
        strategy: OneForOne, restarts_max: 3, members: ABC, happens: "a.", done: "+a",
    },
    Case {
        rule: "a transient child process is restarted only if it terminates abnormally: it does",
        strategy: OneForOne, restarts_max: 3, members: MIXED, happens: "c!", done: "+c",
    },
    Case {
        rule: "a transient child process is restarted only if it terminates abnormally: it does \
               not",
        strategy: OneForAll, restarts_max: 3, members: MIXED, happens: "c.", done: "",
    },
    Case {
        rule: "a temporary child process is never restarted",
        strategy: OneForAll, restarts_max: 3, members: MIXED, happens: "b!", done: "",
    },
    Case {
        rule: "a temporary child process is never restarted, even when the strategy is \
               one_for_all and a sibling's death causes it to be terminated",
        strategy: OneForAll, restarts_max: 3, members: MIXED, happens: "a!", done: "-c -b +a +c",
    },
    Case {
        rule: "the same when the strategy is rest_for_one",
        strategy: RestForOne, restarts_max: 3, members: MIXED, happens: "a!", done: "-c -b +a +c",
    },
    Case {
        rule: "the specification of a temporary child is deleted when it terminates",
        strategy: OneForAll, restarts_max: 3, members: MIXED, happens: "b! a!", done: "-c +a +c",
    },
    Case {
        rule: "a transient child that has finished is kept, and is among all child processes when \
               all are restarted",
        strategy: OneForAll, restarts_max: 3, members: MIXED, happens: "c. a!",
        done: "-b +a +c",
    },
    Case {
        rule: "if more than MaxR restarts occur within MaxT seconds, the supervisor terminates all \
               child processes and then itself: MaxR do not suffice",
        strategy: OneForOne, restarts_max: 2, members: ABC, happens: "a! b!", done: "+b",
    },
    Case {
        rule: "one more does; the child that ended is not terminated again",
        strategy: OneForOne, restarts_max: 2, members: ABC, happens: "a! b! b!",
        done: "-c -a gave up",
    },
    Case {
        rule: "a restart of many children is one restart",
        strategy: OneForAll, restarts_max: 2, members: ABC, happens: "a! b!",
        done: "-c -a +a +b +c",
    },
    Case {
        rule: "with MaxR 0 there is no restart",
        strategy: OneForOne, restarts_max: 0, members: ABC, happens: "c!", done: "-b -a gave up",
    },
    Case {
        rule: "what lies longer back than MaxT seconds does not count",
        strategy: OneForOne, restarts_max: 2, members: ABC, happens: "a! b! later b!", done: "+b",
    },
    Case {
        rule: "children that are not to be restarted do not count",
        strategy: OneForOne, restarts_max: 1, members: MIXED, happens: "b! c. a!", done: "+a",
    },
    Case {
        rule: "terminate_child: the process is terminated and the specification is kept",
        strategy: OneForOne, restarts_max: 3, members: ABC, happens: "stop b", done: "-b",
    },
    Case {
        rule: "terminate_child: the child process can later be restarted by the supervisor",
        strategy: OneForAll, restarts_max: 3, members: ABC, happens: "stop b a!",
        done: "-c +a +b +c",
    },
    Case {
        rule: "terminate_child: it can also be restarted by calling restart_child",
        strategy: OneForOne, restarts_max: 3, members: ABC, happens: "stop b start b", done: "+b",
    },
    Case {
        rule: "restart_child: the child process must not be running",
        strategy: OneForOne, restarts_max: 3, members: ABC, happens: "start b", done: "",
    },
    Case {
        rule: "terminate_child: if the child is temporary, the specification is deleted",
        strategy: OneForOne, restarts_max: 3, members: MIXED, happens: "stop b start b",
        done: "not found",
    },
    Case {
        rule: "delete_child: what is deleted is restarted no more",
        strategy: OneForAll, restarts_max: 3, members: ABC, happens: "remove b a!",
        done: "-c +a +c",
    },
    Case {
        rule: "the exit of a child that was terminated is not acted upon",
        strategy: OneForAll, restarts_max: 3, members: ABC, happens: "stop b b!", done: "",
    },
];

fn run(case: &Case) -> String {
    let within = Duration::from_secs(5);
    let options = SetOptions::new()
        .strategy(case.strategy)
        .intensity(Intensity { restarts_max: case.restarts_max, within });
    let mut tree = Tree::new(options);
    let mut now = Timestamp::EPOCH;
    let mut ids = Vec::new();
    for &(name, restart) in case.members {
        let (id, _) = tree.add(tree.root(), name, restart, Backoff::none(), now).unwrap();
        ids.push((id, name));
    }
    let id_of = |name: &str| ids.iter().find(|(_, known)| *known == name).unwrap().0;
    let mut words = case.happens.split(' ');
    let mut done = String::new();
    while let Some(word) = words.next() {
        now = now.saturating_add(Duration::from_secs(1));
        let mut next = || id_of(words.next().unwrap());
        let acts = match word {
            "later" => {
                now = now.saturating_add(Duration::from_secs(4));
                continue;
            }
            "stop" => Ok(tree.stop(next())),
            "start" => tree.start(next(), now),
            "remove" => tree.remove(next()),
            _ if word.ends_with('!') => {
                Ok(tree.exited(id_of(word.trim_end_matches('!')), Exit::failed("failed"), now))
            }
            _ => Ok(tree.exited(id_of(word.trim_end_matches('.')), Exit::Finished, now)),
        };
        let words = |acts: Vec<Act>| acts.iter().map(|act| tell(act, &ids)).collect::<Vec<_>>();
        done = acts.map_or_else(|_| "not found".into(), |acts| words(acts).join(" "));
    }
    done
}

fn tell(act: &Act, ids: &[(MemberId, &str)]) -> String {
    let name = |id| ids.iter().find(|(known, _)| *known == id).unwrap().1;
    match act {
        Act::Stop(member) => format!("-{}", name(*member)),
        Act::Start { member, .. } => format!("+{}", name(*member)),
        Act::GaveUp { .. } => "gave up".into(),
    }
}

#[test]
fn every_documented_rule_holds() {
    let faults: Vec<_> = CASES
        .iter()
        .map(|case| (case.rule, case.done, run(case)))
        .filter(|(_, expected, done)| done != expected)
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
