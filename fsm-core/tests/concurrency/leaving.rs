//! A machine that leaves memory among sends: nobody notices.

use std::num::NonZeroUsize;
use std::time::Duration;

use fsm_core::System;
use fsm_core::runtime::{Builder, MachineOptions};
use tokio::task::yield_now;

use crate::account::State;
use crate::schedules::{World, in_every_order, settled};

const IDLE: Duration = Duration::from_secs(60);

/// Sends to two machines while time passes and commits come late. `times` says how often `a`, `b`
/// are sent something, the time passes, a commit is let go, and a task runs.
fn nobody_notices(builder: impl Fn() -> Builder, times: [usize; 5]) {
    in_every_order(&times, async |order| {
        let world = World::new(builder()).await;
        let (mut sent, mut amounts) = (Vec::new(), [Vec::new(), Vec::new()]);
        for actor in order {
            match actor {
                0 | 1 => {
                    let amount = sent.len() as i64;
                    amounts[actor].push(amount);
                    sent.push(world.deposit(["a", "b"][actor], amount, |_| ()).await);
                }
                2 => world.clock.advance(IDLE),
                3 => world.journal.release_one().await,
                _ => yield_now().await,
            }
        }
        world.journal.release_all();
        for sent in sent {
            settled(sent).await.unwrap();
        }
        assert_eq!([world.deposits("a").await, world.deposits("b").await], amounts);
    });
}

#[test]
fn a_machine_that_was_idle_for_too_long_takes_the_next_event_as_before() {
    let options = MachineOptions::default().passivate_after(IDLE);
    nobody_notices(|| System::builder().machines::<State>(options.clone()), [2, 0, 1, 1, 5]);
}

#[test]
fn a_machine_that_is_one_too_many_takes_the_next_event_as_before() {
    let options = MachineOptions::default().machines_max(NonZeroUsize::MIN);
    nobody_notices(|| System::builder().machines::<State>(options.clone()), [2, 1, 0, 1, 5]);
}
