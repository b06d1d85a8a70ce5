//! A send that is called back when its time is over: it is either begun or called back.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fsm_core::{SendError, System};
use tokio::task::yield_now;

use crate::account::deposit;
use crate::schedules::{World, begin, in_every_order, settled};
use crate::withdrawal::Withdrawal;

const LIMIT: Duration = Duration::from_secs(1);

#[test]
fn an_event_is_taken_if_and_only_if_its_sender_is_told_that_it_may_be() {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&outcomes);
    in_every_order(&[1, 1, 1, 6], move |order| {
        let seen = Arc::clone(&seen);
        async move {
            let outcome = sent_in(order).await;
            seen.lock().unwrap().insert(outcome);
        }
    });
    let outcomes = outcomes.lock().unwrap().clone();
    assert!(outcomes.into_iter().eq(["called back", "done", "too late"]));
}

/// Sends to a machine that has to be read first, so that there is time to call the event back.
async fn sent_in(order: Vec<usize>) -> &'static str {
    let mut world = World::new(System::builder()).await;
    world.restart().await;
    let (mut limited, mut other) = (None, None);
    for actor in order {
        match actor {
            0 => {
                let account = world.account("a");
                let sending = async move { account.send(deposit(1)).timeout(LIMIT).await };
                limited = Some(begin(sending).await);
            }
            1 => other = Some(world.deposit("a", 2, |_| ()).await),
            2 => world.clock.advance(LIMIT),
            _ => yield_now().await,
        }
    }
    // What is over by now is over before the commits.
    for _ in 0..20 {
        yield_now().await;
    }
    world.journal.release_all();
    let (outcome, may_be_taken) = match settled(limited.unwrap()).await {
        Ok(_) => ("done", true),
        Err(SendError::Timeout { may_be_applied: true }) => ("too late", true),
        Err(SendError::Timeout { may_be_applied: false }) => ("called back", false),
        Err(error) => panic!("{error}"),
    };
    settled(other.unwrap()).await.unwrap();
    assert_eq!(world.deposits("a").await.contains(&1), may_be_taken);
    outcome
}

/// The same between two threads: of a begin and a withdrawal one happens, and only one.
#[test]
fn a_command_is_either_begun_or_called_back() {
    crate::sync::in_every_order(|| {
        let withdrawal = Arc::new(Withdrawal::default());
        let shard = loom::thread::spawn({
            let withdrawal = Arc::clone(&withdrawal);
            move || withdrawal.begin()
        });
        let is_withdrawn = withdrawal.withdraw();
        let is_begun = shard.join().unwrap();
        assert!(is_begun != is_withdrawn);
        assert!(!withdrawal.begin() && !withdrawal.withdraw(), "it is decided");
    });
}
