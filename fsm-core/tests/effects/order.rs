//! First come, first served, across machines and shards.

use fsm_core::runtime::PerformOptions;
use fsm_core::runtime::effects::NoRoom;
use futures_util::poll;

use crate::desk::{End, Mail, Office, key, settle};

#[tokio::test]
async fn who_asked_first_begins_first() {
    let office = Office::open(PerformOptions::new().running_max(1));
    let _running = office.begin(0);
    settle().await;
    // They ask in this order, and wait on tasks of their own, begun in another.
    let mut rooms = Vec::new();
    for machine in 1..=5 {
        let mut room = office.workers.room();
        assert!(poll!(&mut room).is_pending());
        rooms.push((machine, room));
    }
    for (machine, room) in rooms.into_iter().rev() {
        tokio::spawn(async move {
            room.await.unwrap().begin(key(machine), Mail::To("a")).await;
        });
    }
    settle().await;
    for machine in 0..5 {
        assert_eq!(office.running(), [machine]);
        office.end(machine, End::Done).await;
    }
    assert_eq!(office.running(), [5]);
}

#[tokio::test]
async fn nobody_overtakes_those_who_wait() {
    let office = Office::open(PerformOptions::new().running_max(1));
    let _running = office.begin(0);
    settle().await;
    let mut room = office.workers.room();
    assert!(poll!(&mut room).is_pending());
    office.end(0, End::Done).await;

    // The slot is free, and it is not for whoever happens to come by.
    let refused = office.workers.begin(key(2), Mail::To("b")).unwrap_err();
    assert_eq!(refused, NoRoom::Full { key: key(2), effect: Mail::To("b") });
    assert_eq!(
        refused.to_string(),
        "there is no room for effect order/2/2/0 now: wait for `Workers::room`"
    );
    let _first = room.await.unwrap().begin(key(1), Mail::To("a"));
    settle().await;
    assert_eq!(office.running(), [1]);
}

#[tokio::test]
async fn who_gives_up_waiting_keeps_nobody_waiting() {
    let office = Office::open(PerformOptions::new().running_max(1));
    let _running = office.begin(0);
    settle().await;
    let (mut first, mut second) = (office.workers.room(), office.workers.room());
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    office.end(0, End::Done).await;
    // The place is the first's already.
    drop(first);
    let unused = second.await.unwrap();
    assert!(office.workers.begin(key(3), Mail::To("a")).is_err());
    drop(unused);
    let _third = office.begin(3);
    settle().await;
    assert_eq!(office.running(), [3]);
}

#[tokio::test]
async fn effects_that_wait_for_another_attempt_are_bounded_too() {
    let office = Office::open(PerformOptions::new().running_max(1).under_way_max(2));
    let first = office.begin(1);
    settle().await;
    office.end(1, End::Retry("busy")).await;
    let _second = office.begin(2);
    settle().await;
    office.end(2, End::Retry("busy")).await;
    assert!(office.nobody_runs());

    assert!(matches!(office.workers.begin(key(3), Mail::To("a")), Err(NoRoom::Full { .. })));
    let mut room = office.workers.room();
    assert!(poll!(&mut room).is_pending());
    drop(first);
    settle().await;
    let _third = room.await.unwrap().begin(key(3), Mail::To("a"));
    settle().await;
    assert_eq!(office.running(), [3]);
}
