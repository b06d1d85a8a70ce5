//! Random commands and restarts against a model that a reader can check by eye.

use std::collections::BTreeMap;

use fsm_core::SendError;
use fsm_core::journal::MemoryJournal;
use proptest::prelude::*;

use crate::account::{Account, Event, State, system};

#[derive(Clone, Debug)]
enum Step {
    Create(usize),
    Send(usize, Event),
    Cast(usize, Event),
    Stop(usize),
    Restart,
}

/// What the model knows of an account.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    balance: i64,
    frozen: bool,
    ended: bool,
    records: u64,
}

impl Known {
    /// Whether the event is taken.
    fn take(&mut self, event: &Event) -> bool {
        if self.ended {
            return false;
        }
        let taken = match event {
            Event::Close => {
                self.ended = true;
                true
            }
            Event::Thaw => std::mem::take(&mut self.frozen),
            _ if self.frozen => false,
            Event::Deposit { amount } => {
                self.balance += amount;
                true
            }
            Event::Withdraw { amount } if self.balance >= *amount => {
                self.balance -= amount;
                true
            }
            Event::Freeze { .. } => {
                self.frozen = true;
                true
            }
            Event::Withdraw { .. } | Event::Panic | Event::PanicInGuard => false,
            Event::Look => return true,
        };
        self.records += u64::from(taken);
        taken
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..100i64).prop_map(|amount| Event::Deposit { amount }),
        4 => (0..100i64).prop_map(|amount| Event::Withdraw { amount }),
        1 => Just(Event::Look),
        1 => Just(Event::Panic),
        1 => Just(Event::PanicInGuard),
        1 => Just(Event::Freeze { why: "model".into() }),
        2 => Just(Event::Thaw),
        1 => Just(Event::Close),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..4usize).prop_map(Step::Create),
        8 => (0..4usize, event()).prop_map(|(id, event)| Step::Send(id, event)),
        8 => (0..4usize, event()).prop_map(|(id, event)| Step::Cast(id, event)),
        1 => (0..4usize).prop_map(Step::Stop),
        1 => Just(Step::Restart),
    ]
}

async fn check(steps: Vec<Step>) {
    let journal = MemoryJournal::new();
    let mut running = system(journal.clone()).await;
    let mut model: BTreeMap<usize, Known> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Create(id) => {
                let account = running.machine::<State>(id.to_string());
                let created = account.create(Account::default()).await;
                assert_eq!(created.is_ok(), !model.contains_key(&id));
                model.entry(id).or_insert(Known { records: 1, ..Known::default() });
            }
            Step::Send(id, event) => {
                let taken = model.get_mut(&id).is_some_and(|known| known.take(&event));
                let sent = running.machine::<State>(id.to_string()).send(event.clone()).await;
                assert_eq!(sent.is_ok(), taken, "{event:?}: {sent:?}");
            }
            Step::Cast(id, event) => {
                if let Some(known) = model.get_mut(&id) {
                    known.take(&event);
                }
                running.machine::<State>(id.to_string()).cast(event).unwrap();
            }
            Step::Stop(id) => {
                let stopped = running.machine::<State>(id.to_string()).stop().await;
                let known = model.get_mut(&id).filter(|known| !known.ended);
                assert_eq!(stopped.is_ok(), known.is_some());
                if let Some(known) = known {
                    known.ended = true;
                    known.records += 1;
                }
            }
            Step::Restart => {
                running.shutdown().await.unwrap();
                running = system(journal.clone()).await;
            }
        }
    }
    running.shutdown().await.unwrap();
    let after = system(journal).await;
    for id in 0..4usize {
        let seen = after.machine::<State>(id.to_string()).state().await;
        match (seen, model.get(&id)) {
            (Ok(seen), Some(known)) => {
                let found = Known {
                    balance: seen.context.balance,
                    frozen: matches!(seen.state, State::Frozen { .. }),
                    ended: seen.completed,
                    records: seen.sequence.0,
                };
                // A closed account no longer knows whether it was frozen.
                let closed = seen.state == State::Closed;
                assert_eq!(found, Known { frozen: known.frozen && !closed, ..known.clone() });
            }
            (Err(SendError::NotFound { .. }), None) => {}
            (seen, known) => panic!("{seen:?} and {known:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_system_does_what_the_model_does(steps in prop::collection::vec(step(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(steps));
    }
}
