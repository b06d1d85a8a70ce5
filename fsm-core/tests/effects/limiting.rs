//! Random schedules against a model of the lines in which effects wait: the attempts that run are
//! exactly those whose turn it is. So there are never more than the limit, never fewer while one
//! waits, and who came first is served first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use fsm_core::runtime::PerformOptions;
use fsm_core::runtime::effects::Backoff;
use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

use crate::desk::{End, Mail, Office, key, settle};

const ATTEMPTS_MAX: u32 = 3;

#[derive(Clone, Debug)]
enum Step {
    Ask,
    End(usize, End),
    Advance { seconds: u64 },
    CutOff(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![
        Just(End::Done),
        Just(End::Permanent("refused")),
        Just(End::Retry("busy")),
        Just(End::Panic("boom")),
    ];
    prop_oneof![
        4 => Just(Step::Ask),
        4 => (any::<usize>(), end).prop_map(|(which, end)| Step::End(which, end)),
        2 => (0_u64..5).prop_map(|seconds| Step::Advance { seconds }),
        1 => any::<usize>().prop_map(Step::CutOff),
    ]
}

/// Who is where. An effect is in one of the four at a time.
#[derive(Debug, Default)]
struct Model {
    running_max: usize,
    under_way_max: usize,
    now: u64,
    attempts: BTreeMap<usize, u32>,
    new: VecDeque<usize>,
    waiting: VecDeque<usize>,
    running: BTreeSet<usize>,
    /// When it wakes, and which in the order of going to rest.
    resting: BTreeMap<(u64, usize), usize>,
    rests: usize,
}

impl Model {
    fn ask(&mut self, effect: usize) {
        self.attempts.insert(effect, 0);
        self.new.push_back(effect);
        self.serve();
    }

    fn end(&mut self, effect: usize, end: End) {
        self.running.remove(&effect);
        let may_retry = matches!(end, End::Retry(_) | End::Panic(_));
        if may_retry && self.attempts[&effect] < ATTEMPTS_MAX {
            self.rests += 1;
            // One second after the first failure, two after the second.
            let wakes = self.now + u64::from(self.attempts[&effect]);
            self.resting.insert((wakes, self.rests), effect);
        } else {
            self.attempts.remove(&effect);
        }
        self.serve();
    }

    fn advance(&mut self, seconds: u64) {
        self.now += seconds;
        while let Some(first) = self.resting.first_entry() {
            if first.key().0 > self.now {
                break;
            }
            self.waiting.push_back(first.remove());
        }
        self.serve();
    }

    fn cut_off(&mut self, effect: usize) {
        self.attempts.remove(&effect);
        self.running.remove(&effect);
        self.waiting.retain(|other| *other != effect);
        self.new.retain(|other| *other != effect);
        self.resting.retain(|_, other| *other != effect);
        self.serve();
    }

    fn serve(&mut self) {
        loop {
            let under_way = self.running.len() + self.waiting.len() + self.resting.len();
            if self.running.len() < self.running_max
                && let Some(effect) = self.waiting.pop_front()
            {
                *self.attempts.get_mut(&effect).unwrap() += 1;
                self.running.insert(effect);
            } else if under_way < self.under_way_max
                && let Some(effect) = self.new.pop_front()
            {
                self.waiting.push_back(effect);
            } else {
                return;
            }
        }
    }
}

/// What a shard does for one machine.
fn ask(office: &Office, effect: usize) -> JoinHandle<()> {
    let room = office.workers.room();
    tokio::spawn(async move {
        let room = room.await.expect("nobody stops the workers");
        let (_, verdict) = room.begin(key(effect), Mail::To("a")).await;
        assert!(verdict.is_some());
    })
}

async fn follow(mut model: Model, steps: Vec<Step>) {
    let second = Duration::from_secs(1);
    let options = PerformOptions::new()
        .running_max(model.running_max)
        .under_way_max(model.under_way_max)
        .attempts_max(ATTEMPTS_MAX)
        .attempt_timeout(1_000_000 * second)
        .backoff(Backoff::new(second).cap(2 * second).jitter(0.0));
    let office = Office::open(options);
    let mut tasks = Vec::new();
    for step in steps {
        match step {
            Step::Ask => {
                model.ask(tasks.len());
                tasks.push(ask(&office, tasks.len()));
                settle().await;
            }
            Step::End(which, end) => {
                let effect = model.running.iter().nth(which % model.running.len().max(1)).copied();
                if let Some(effect) = effect {
                    model.end(effect, end);
                    office.end(effect, end).await;
                }
            }
            Step::Advance { seconds } => {
                model.advance(seconds);
                office.advance(Duration::from_secs(seconds)).await;
            }
            Step::CutOff(which) => {
                let effect = model.attempts.keys().nth(which % model.attempts.len().max(1));
                if let Some(effect) = effect.copied() {
                    model.cut_off(effect);
                    tasks[effect].abort();
                    settle().await;
                }
            }
        }
        assert_eq!(BTreeSet::from_iter(office.running()), model.running, "{model:?}");
        let statistics = office.workers.statistics();
        assert_eq!(statistics.running, model.running.len());
        let begun = model.attempts.values().filter(|attempts| **attempts > 0).count();
        assert_eq!(statistics.under_way, begun);
    }
    for (effect, task) in tasks.iter().enumerate() {
        assert_eq!(task.is_finished(), !model.attempts.contains_key(&effect), "{effect}");
    }
}

proptest! {
    #[test]
    fn those_run_whose_turn_it_is(
        running_max in 1_usize..4,
        more in 0_usize..4,
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let under_way_max = running_max + more;
        let model = Model { running_max, under_way_max, ..Model::default() };
        Builder::new_current_thread().build().unwrap().block_on(follow(model, steps));
    }
}
