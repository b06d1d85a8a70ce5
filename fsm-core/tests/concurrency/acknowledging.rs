//! Acknowledgements come in the order of the commits, and none before its own.

use std::sync::{Arc, Mutex};

use fsm_core::System;
use fsm_core::journal::Journal;
use tokio::task::yield_now;

use crate::schedules::{World, in_every_order, settled};

#[test]
fn acknowledgements_come_in_the_order_of_the_commits() {
    in_every_order(&[2, 1, 2, 3], async |order| {
        let world = World::new(System::builder()).await;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut sent = Vec::new();
        for actor in order {
            let name = match actor {
                0 => "a",
                1 => "b",
                2 => {
                    world.journal.release_one().await;
                    continue;
                }
                _ => {
                    yield_now().await;
                    continue;
                }
            };
            let (heard, memory) = (Arc::clone(&heard), world.journal.memory());
            let amount = sent.len() as i64;
            let hear = move |sent: &crate::schedules::Sent| {
                let position = sent.as_ref().unwrap().position;
                assert!(position <= memory.head(), "it was not durable");
                heard.lock().unwrap().push(position);
            };
            sent.push((name, amount, world.deposit(name, amount, hear).await));
        }
        world.journal.release_all();
        let mut amounts = [Vec::new(), Vec::new()];
        for (name, amount, sent) in sent {
            settled(sent).await.unwrap();
            amounts[usize::from(name == "b")].push(amount);
        }
        let heard = heard.lock().unwrap().clone();
        assert!(heard.is_sorted(), "{heard:?}");
        let found = [world.deposits("a").await, world.deposits("b").await];
        assert_eq!(found, amounts, "each sender's order is kept");
    });
}
