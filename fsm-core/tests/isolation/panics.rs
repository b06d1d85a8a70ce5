//! Whatever panics, it is one machine's event that is lost, or one attempt of one effect.

use std::time::Duration;

use fsm_core::SendError;
use fsm_core::journal::{Journal, MemoryJournal};
use fsm_core::runtime::effects::Backoff;
use fsm_core::runtime::{Builder, ManualClock, PerformOptions, Watch};
use futures_util::FutureExt;
use futures_util::future::join_all;
use futures_util::poll;

use crate::account::lamp::{Lamp, Switch, hang};
use crate::account::{BLOWS, Event, State, Unreadable, add, entries, open};
use crate::alarm::{self, mount};
use crate::disk::Disk;
use crate::shop::{self, Carrier};
use crate::stage::{health, one_shard, pass, records, rest};

/// The sequences that somebody who watches has seen by now.
fn seen<F: fsm_core::Machine>(watch: &mut Watch<F>) -> Vec<u64> {
    let next = || watch.next().now_or_never()?;
    std::iter::from_fn(next).map(|seen| seen.unwrap().sequence.0).collect()
}

#[tokio::test]
async fn a_panic_takes_nothing_from_those_who_share_its_batch() {
    for blow in BLOWS {
        let what = format!("{blow:?}");
        let disk = Disk::new();
        let system = one_shard(disk.clone()).start().await.unwrap();
        let (panicking, neighbour) = (open(&system, "a").await, open(&system, "b").await);
        let lamp = hang(&system, "c").await;
        let (mut watch_a, mut watch_b) =
            (panicking.watch().await.unwrap(), neighbour.watch().await.unwrap());
        let mut watch_c = lamp.watch().await.unwrap();
        let (head, calls) = (disk.head().0, disk.called());

        disk.hold();
        neighbour.cast(add(1)).unwrap();
        panicking.cast(add(1)).unwrap();
        // In the queue once it is polled, on one thread, and not looked at before the test awaits.
        let mut blown = Box::pin(panicking.send(blow).into_future());
        assert!(poll!(&mut blown).is_pending());
        neighbour.cast(add(2)).unwrap();
        lamp.cast(Switch::Press).unwrap();
        panicking.cast(add(2)).unwrap();
        rest().await;
        assert_eq!(disk.called(), calls + 1, "{what}: one batch has them all");
        disk.release();

        let error = blown.await.unwrap_err();
        assert!(
            matches!(error, SendError::Crashed { .. } | SendError::Unanswered),
            "{what}: {error}"
        );
        assert_eq!(entries(&neighbour).await, [1, 2], "{what}");
        assert_eq!(entries(&panicking).await, [1, 2], "{what}: it goes on from its journal");
        assert_eq!(lamp.state().await.unwrap().state, Lamp::On, "{what}");
        assert_eq!(health(&system, "account").crashes, 1, "{what}");
        let mut records = records(&disk, head + 1).await;
        records.sort();
        let expected = [("a", 2), ("a", 3), ("b", 2), ("b", 3), ("c", 2)];
        assert_eq!(records, expected.map(|(id, sequence)| (id.to_owned(), sequence)), "{what}");
        assert_eq!(seen(&mut watch_a), [2, 3], "{what}");
        assert_eq!(seen(&mut watch_b), [2, 3], "{what}");
        assert_eq!(seen(&mut watch_c), [2], "{what}");
    }
}

#[tokio::test]
async fn a_context_that_panics_while_it_is_shown_is_that_machines_trouble() {
    let system = one_shard(MemoryJournal::new()).start().await.unwrap();
    let (brittle, neighbour) = (open(&system, "a").await, open(&system, "b").await);
    brittle.send(Event::Turn { brittle: true }).await.unwrap();
    for round in 1..=5 {
        let (asked, told) = tokio::join!(brittle.state(), neighbour.send(add(round)));
        assert!(matches!(asked, Err(SendError::Unanswered)), "{asked:?}");
        assert_eq!(told.unwrap().sequence.0, 1 + round as u64);
    }
    brittle.send(Event::Turn { brittle: false }).await.unwrap();
    assert_eq!(brittle.state().await.unwrap().sequence.0, 3);
    assert_eq!(entries(&neighbour).await, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_machine_that_cannot_be_read_back_is_quarantined_alone() {
    let journal = MemoryJournal::new();
    let system = one_shard(journal.clone()).start().await.unwrap();
    let (panicking, neighbour) = (open(&system, "a").await, open(&system, "b").await);
    panicking.send(Event::Read(Unreadable)).await.unwrap();
    neighbour.send(add(1)).await.unwrap();
    system.shutdown().await.unwrap();

    let system = one_shard(journal.clone()).start().await.unwrap();
    let (panicking, neighbour) = (system.machine::<State>("a"), system.machine::<State>("b"));
    let (refused, told) = tokio::join!(panicking.send(add(1)), neighbour.send(add(2)));
    let SendError::Quarantined { why } = refused.unwrap_err() else { panic!("it was taken") };
    assert!(why.contains("`Deserialize` gives up"), "{why}");
    told.unwrap();
    assert_eq!(entries(&neighbour).await, [1, 2]);
    let health = health(&system, "account");
    assert_eq!((health.quarantined, &*health.quarantines[0].0), (1, "a"));
}

/// Alarms, all due at one instant, at which one of them is also sent what panics.
#[tokio::test]
async fn a_panic_when_it_is_due_leaves_the_others_their_time() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let system = one_shard(journal.clone()).clock(clock.clone()).start().await.unwrap();
    let ids: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    let alarms = join_all(ids.iter().map(|id| mount(&system, id))).await;
    for alarm in &alarms {
        alarm.send(alarm::Event::Set).await.unwrap();
    }
    // Behind its timer, so that the one is taken and the other panics.
    alarms[7].send_after(alarm::Event::Burst, Duration::from_secs(60)).await.unwrap();
    let head = journal.head();
    pass(&clock, 60).await;

    for alarm in &alarms {
        assert_eq!(alarm.state().await.unwrap().state, alarm::State::Rung);
    }
    let mut rung = records(&journal, head.0 + 1).await;
    assert_eq!(rung.len(), 50, "once each");
    rung.sort();
    rung.dedup();
    assert_eq!(rung.len(), 50, "once each");
    assert!(health(&system, "alarm").crashes >= 1);
    alarms[7].send(alarm::Event::Touch).await.unwrap();
}

fn with_carrier(builder: Builder, carrier: &Carrier, clock: &ManualClock) -> Builder {
    let options = PerformOptions::new()
        .attempts_max(3)
        .backoff(Backoff::new(Duration::from_secs(1)).cap(Duration::from_secs(1)));
    builder.clock(clock.clone()).perform::<shop::State>(carrier.clone(), options)
}

#[tokio::test]
async fn a_handler_that_panics_fails_that_effect() {
    let (carrier, clock) = (Carrier::new(), ManualClock::default());
    carrier.panic_over("bad");
    let builder = with_carrier(one_shard(MemoryJournal::new()), &carrier, &clock);
    let system = builder.start().await.unwrap();
    let bad = shop::open(&system, "bad").await;
    let good = [shop::open(&system, "x").await, shop::open(&system, "y").await];
    for _ in 0..3 {
        bad.send(shop::Event::Order).await.unwrap();
        for shop in &good {
            shop.send(shop::Event::Order).await.unwrap();
        }
    }
    rest().await;
    let mut shipped = carrier.shipped();
    shipped.sort();
    assert_eq!(shipped.len(), 6);
    shipped.dedup();
    assert_eq!(shipped.len(), 6, "nothing of theirs is repeated");
    for shop in &good {
        assert_eq!(shop.state().await.unwrap().context.shipped, 3);
    }
    assert!(system.health().is_good(), "it is to be tried again");

    bad.send(shop::Event::Greet).await.unwrap();
    pass(&clock, 60).await;
    assert_eq!(system.health().dead_letters, 3);
    let seen = bad.state().await.unwrap().context;
    assert_eq!((seen.greeted, seen.shipped), (1, 0));
    assert_eq!(health(&system, "shop").crashes, 0, "the machine itself is well");
}
