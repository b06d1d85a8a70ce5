//! Attempts come when they were promised.

use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::PerformOptions;
use fsm_core::runtime::effects::{Backoff, Verdict};

use crate::desk::{End, Event, Office, key, settle, verdict};

const TICK: Duration = Duration::from_micros(1);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn options() -> PerformOptions {
    let backoff = Backoff::new(seconds(1)).cap(seconds(6)).jitter(0.0);
    PerformOptions::new().backoff(backoff).attempt_timeout(seconds(1_000))
}

#[tokio::test]
async fn each_retry_comes_after_exactly_its_delay() {
    let office = Office::open(options());
    let performing = office.begin(1);
    settle().await;
    for delay in [1, 2, 4, 6, 6].map(seconds) {
        // An attempt takes time, and the delay counts from its end.
        office.advance(seconds(100)).await;
        office.end(1, End::Retry("busy")).await;
        assert!(office.nobody_runs());
        office.advance(delay - TICK).await;
        assert!(office.nobody_runs());
        office.advance(TICK).await;
        assert_eq!(office.running(), [1]);
    }
    assert_eq!(office.workers.statistics().retried, 5);
    office.end(1, End::Answered).await;

    let done = Verdict::Done { event: Some(Event::Bounced), attempts: 6 };
    assert_eq!(verdict(performing).await, done);
    let statistics = office.workers.statistics();
    assert_eq!((statistics.performed, statistics.dead, statistics.under_way), (1, 0, 0));
}

#[tokio::test]
async fn jitter_leaves_out_up_to_its_share_and_spreads_a_crowd() {
    const CROWD: usize = 50;
    let backoff = Backoff::new(seconds(8)).cap(seconds(8)).jitter(0.25);
    let office = Office::open(options().backoff(backoff));
    let _performing: Vec<_> = (0..CROWD).map(|machine| office.begin(machine)).collect();
    settle().await;
    for machine in 0..CROWD {
        office.end(machine, End::Retry("busy")).await;
    }

    let mut times = Vec::new();
    while let Some(time) = office.clock.next_wake().filter(|_| office.running().len() < CROWD) {
        times.push(time.since(Timestamp::EPOCH));
        office.clock.set(time);
        settle().await;
    }
    assert_eq!(office.running().len(), CROWD);
    assert!(times.iter().all(|time| (seconds(6)..=seconds(8)).contains(time)), "{times:?}");
    assert!(times.len() > CROWD / 2, "spread over microseconds: {times:?}");
    assert!(*times.last().unwrap() - times[0] > seconds(1), "over the whole share: {times:?}");
}

#[tokio::test]
async fn when_the_attempts_are_used_up_it_is_dead() {
    let office = Office::open(options().attempts_max(3));
    let performing = office.begin(1);
    settle().await;
    for why in ["first", "second"] {
        office.end(1, End::Retry(why)).await;
        office.advance(seconds(6)).await;
    }
    office.end(1, End::Retry("third")).await;

    let Verdict::Dead(letter) = verdict(performing).await else { panic!("it is dead") };
    assert_eq!((letter.key, &*letter.effect), (key(1), "To(\"a\")"));
    assert_eq!((&*letter.why, letter.attempts, letter.permanent), ("third", 3, false));
    assert_eq!(letter.time, Timestamp::EPOCH.saturating_add(seconds(12)));
    let statistics = office.workers.statistics();
    assert_eq!((statistics.performed, statistics.dead, statistics.retried), (0, 1, 2));
}

#[tokio::test]
async fn one_that_waits_for_its_next_attempt_keeps_nobody_from_theirs() {
    let office = Office::open(options().running_max(1));
    let _failing = office.begin(1);
    settle().await;
    office.end(1, End::Retry("busy")).await;

    let next = office.begin(2);
    settle().await;
    assert_eq!(office.running(), [2]);
    office.advance(seconds(1)).await;
    assert_eq!(office.running(), [2], "the first is in line again");
    office.end(2, End::Done).await;
    assert_eq!(verdict(next).await, Verdict::Done { event: None, attempts: 1 });
    assert_eq!(office.running(), [1]);
}
