//! Members that end, are stopped and started at random, in trees with every strategy: whatever
//! happens in which order, no member runs twice, and everything comes to rest.

use std::sync::Arc;
use std::time::Duration;

use fsm_core::runtime::supervision::{
    Ended, Exit, MemberRef, Restart, SetOptions, SetRef, Status, Strategy,
};
use proptest::prelude::{Just, ProptestConfig, any, prop, prop_oneof, proptest};
use proptest::strategy::Strategy as Values;

use crate::stage::{Machine, Stage, eager, patient, steady};

const MEMBERS: usize = 9;

#[derive(Clone, Debug)]
enum Step {
    /// A member ends, whether or not it was asked to.
    End {
        member: usize,
        failed: bool,
    },
    Stop {
        member: usize,
    },
    Start {
        member: usize,
    },
    StopSet {
        set: usize,
    },
    StartSet {
        set: usize,
    },
    Advance {
        millis: u64,
    },
    /// The supervisor's task comes to run.
    Settle,
}

fn step() -> impl Values<Value = Step> {
    prop_oneof![
        8 => (0..MEMBERS, any::<bool>()).prop_map(|(member, failed)| Step::End { member, failed }),
        1 => (0..MEMBERS).prop_map(|member| Step::Stop { member }),
        2 => (0..MEMBERS).prop_map(|member| Step::Start { member }),
        1 => (0..3usize).prop_map(|set| Step::StopSet { set }),
        2 => (0..3usize).prop_map(|set| Step::StartSet { set }),
        2 => (0..200u64).prop_map(|millis| Step::Advance { millis }),
        4 => Just(Step::Settle),
    ]
}

struct Play {
    stage: Stage,
    sets: Vec<SetRef>,
    members: Vec<MemberRef>,
    /// They panic when they are started twice.
    machines: Vec<Machine>,
}

impl Play {
    async fn open() -> Self {
        let stage = Stage::new();
        let (mut sets, mut members, mut machines) = (vec![], vec![], vec![]);
        let strategies = [Strategy::OneForAll, Strategy::RestForOne, Strategy::OneForOne];
        for (index, strategy) in strategies.into_iter().enumerate() {
            let options = SetOptions::new().strategy(strategy).intensity(patient());
            let parent = if index == 0 { "root".to_owned() } else { (index - 1).to_string() };
            sets.push(
                stage.supervisor.set(index.to_string(), options.parent(parent)).await.unwrap(),
            );
        }
        for index in 0..MEMBERS {
            let restart = if index % 4 == 3 { Restart::Transient } else { Restart::Permanent };
            let policy = if index % 2 == 0 { eager() } else { steady() };
            let policy = policy.restart(restart).within((index % 3).to_string());
            let machine = if index % 3 == 0 { Machine::default() } else { Machine::slow() };
            let attached = Arc::new(machine.clone());
            let member = stage.supervisor.attach(format!("m{index}"), policy, attached);
            members.push(member.await.unwrap());
            machines.push(machine);
        }
        Self { stage, sets, members, machines }
    }

    async fn take(&self, step: Step) {
        match step {
            Step::End { member, failed } => {
                let exit = if failed { Exit::failed("failed") } else { Exit::Finished };
                self.machines[member].end(exit);
            }
            Step::Stop { member } => {
                let member = self.members[member].clone();
                tokio::spawn(async move { member.stop().await });
            }
            Step::Start { member } => drop(self.members[member].start().await),
            Step::StopSet { set } => {
                let set = self.sets[set].clone();
                tokio::spawn(async move { set.stop().await });
            }
            Step::StartSet { set } => drop(self.sets[set].start().await),
            Step::Advance { millis } => self.stage.advance(millis),
            Step::Settle => settle().await,
        }
    }

    /// Lets everything end that was asked to, and everything start that waits.
    async fn rest(&self) {
        for _ in 0..4 * MEMBERS {
            settle().await;
            for (member, machine) in self.members.iter().zip(&self.machines) {
                if member.status() == Status::Stopping {
                    machine.end(Exit::Finished);
                }
            }
        }
        self.stage.clock.advance(Duration::from_secs(3_600));
        settle().await;
    }
}

async fn settle() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

async fn check(steps: Vec<Step>) {
    let play = Play::open().await;
    for step in steps {
        play.take(step).await;
    }
    play.rest().await;
    for (member, machine) in play.members.iter().zip(&play.machines) {
        let expected = if machine.runs() { Status::Running } else { Status::Stopped };
        assert_eq!(member.status(), expected, "{member:?}: {:?}", machine.asked());
    }
    let running = play.machines.iter().filter(|machine| machine.runs()).count();
    let supervisor = play.stage.supervisor.clone();
    let shutdown = tokio::spawn(async move { supervisor.shutdown(Duration::MAX).await });
    play.rest().await;
    let report = shutdown.await.unwrap().unwrap();
    assert_eq!(report.iter().filter(|(_, ended)| **ended == Ended::InOrder).count(), running);
    assert!(report.is_clean(), "{report}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn everything_comes_to_rest(steps in prop::collection::vec(step(), 0..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(check(steps));
    }
}
