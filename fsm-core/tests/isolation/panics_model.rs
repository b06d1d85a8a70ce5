//! Panics at random, beside a model that knows of none: who panics loses that event.

use std::time::Duration;

use fsm_core::SendError;
use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::{Intensity, MachineOptions};
use futures_util::future::join_all;
use proptest::prelude::*;

use crate::account::lamp::{Switch, hang};
use crate::account::{BLOWS, Event, State, add, entries, open};
use crate::stage::one_shard;

const MACHINES: usize = 4;

/// What is sent at once: to whom, and an amount or a way to panic.
type Burst = Vec<(usize, Result<i64, usize>)>;

fn bursts() -> impl Strategy<Value = Vec<Burst>> {
    let what = prop_oneof![3 => (0i64..100).prop_map(Ok), 1 => (0..BLOWS.len()).prop_map(Err)];
    let burst = proptest::collection::vec((0..MACHINES, what), 1..12);
    proptest::collection::vec(burst, 1..8)
}

async fn play(bursts: &[Burst]) {
    let intensity = Intensity { restarts_max: u16::MAX, within: Duration::from_secs(60) };
    let options = MachineOptions::default().intensity(intensity);
    let builder = one_shard(MemoryJournal::new()).machines::<State>(options);
    let system = builder.start().await.unwrap();
    let ids = ["a", "b", "c", "d"];
    let accounts = join_all(ids.iter().map(|id| open(&system, id))).await;
    let lamp = hang(&system, "lamp").await;
    let mut model: [Vec<i64>; MACHINES] = Default::default();
    let mut blown = 0;
    for (pressed, burst) in (2..).zip(bursts) {
        let sends = burst.iter().map(|(to, what)| {
            let event = match what {
                Ok(amount) => add(*amount),
                Err(blow) => Event::clone(&BLOWS[*blow]),
            };
            let account = &accounts[*to];
            async move { account.send(event).await }
        });
        let (answers, lit) = tokio::join!(join_all(sends), lamp.send(Switch::Press));
        assert_eq!(lit.unwrap().sequence.0, pressed);
        for ((to, what), answer) in burst.iter().zip(answers) {
            match (what, answer) {
                (Ok(amount), Ok(done)) => {
                    model[*to].push(*amount);
                    assert_eq!(done.sequence.0, 1 + model[*to].len() as u64);
                }
                (Err(_), Err(SendError::Crashed { .. } | SendError::Unanswered)) => blown += 1,
                (what, answer) => panic!("{what:?} was answered {answer:?}"),
            }
        }
    }
    for (account, expected) in accounts.iter().zip(&model) {
        assert_eq!(&entries(account).await, expected);
    }
    assert_eq!(crate::stage::health(&system, "account").crashes, blown);
}

proptest! {
    #[test]
    fn who_panics_loses_that_event_and_nobody_loses_another(bursts in bursts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(&bursts));
    }
}
