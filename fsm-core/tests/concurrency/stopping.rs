//! A shutdown among sends: each is answered once, by what it did or by the event itself.

use fsm_core::journal::Journal;
use fsm_core::{SendError, System};
use tokio::task::yield_now;

use crate::account::{Account, deposit};
use crate::schedules::{World, begin, in_every_order, settled};

#[test]
fn what_was_sent_before_the_end_is_done_and_what_comes_later_is_given_back() {
    in_every_order(&[2, 1, 1, 1, 3], async |order| {
        let world = World::new(System::builder()).await;
        let (mut sent, mut created, mut ended) = (Vec::new(), None, None);
        for actor in order {
            match actor {
                0 => {
                    let amount = sent.len() as i64;
                    sent.push((ended.is_none(), world.deposit("a", amount, |_| ()).await));
                }
                1 => {
                    let account = world.account("new");
                    let creating = async move { account.create(Account::default()).await };
                    created = Some((ended.is_none(), begin(creating).await));
                }
                2 => {
                    let system = world.system.clone();
                    ended = Some(begin(async move { system.shutdown().await }).await);
                }
                3 => world.journal.release_one().await,
                _ => yield_now().await,
            }
        }
        world.journal.release_all();
        let mut records = 2;
        for (amount, (in_time, sent)) in sent.into_iter().enumerate() {
            // Until services have ended, which may send, what comes is still taken.
            match settled(sent).await {
                Ok(_) => records += 1,
                Err(SendError::ShuttingDown { given }) => {
                    assert!(!in_time);
                    assert_eq!(given, deposit(amount as i64));
                }
                Err(error) => panic!("{error}"),
            }
        }
        let (in_time, created) = created.unwrap();
        match settled(created).await {
            Ok(_) => records += 1,
            Err(SendError::ShuttingDown { .. }) => assert!(!in_time),
            Err(error) => panic!("{error}"),
        }
        settled(ended.unwrap()).await.unwrap();
        assert_eq!(world.journal.memory().head().0, records);
    });
}
