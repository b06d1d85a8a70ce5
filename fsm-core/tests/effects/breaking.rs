//! A service that is down is left alone, and found when it is back.

use std::time::Duration;

use fsm_core::runtime::PerformOptions;
use fsm_core::runtime::effects::{Backoff, BreakerOptions, BreakerState, Performing, Verdict};

use crate::desk::{End, Event, Office, settle, verdict};

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_micros(1);

/// Opens at the third failure, for 30 seconds; two probes, and those who wait spread over 8.
fn options() -> PerformOptions {
    let breaker = BreakerOptions::new().failures(3, 6).open_for(30 * SECOND);
    PerformOptions::new()
        .attempt_timeout(10 * SECOND)
        .backoff(Backoff::new(SECOND).cap(SECOND).jitter(0.0))
        .breaker(breaker.probes(2).spread(8 * SECOND))
}

fn breaker(office: &Office) -> BreakerState {
    office.workers.statistics().breaker.unwrap()
}

/// An office with this many effects under way whose breaker has just opened: the first effect's
/// attempts have panicked, failed and hung.
async fn opened(effects: usize) -> (Office, Vec<Performing<Event>>) {
    let office = Office::open(options());
    let mut performing = vec![office.begin(0)];
    settle().await;
    office.end(0, End::Panic("boom")).await;
    office.advance(SECOND).await;
    office.end(0, End::Retry("busy")).await;
    office.advance(SECOND).await;
    assert_eq!(breaker(&office), BreakerState::Closed);
    office.advance(10 * SECOND).await;
    assert!(matches!(breaker(&office), BreakerState::Open { .. }));
    performing.extend((1..effects).map(|machine| office.begin(machine)));
    settle().await;
    (office, performing)
}

#[tokio::test]
async fn while_it_is_open_attempts_wait_and_do_not_count() {
    let (office, mut performing) = opened(20).await;
    assert!(office.nobody_runs(), "nobody is let pass");
    assert_eq!(office.workers.statistics().running, 0);
    assert_eq!(office.workers.statistics().under_way, 20);
    office.advance(30 * SECOND - TICK).await;
    assert!(office.nobody_runs());
    // By now all have asked again, and two of them are probes.
    office.advance(8 * SECOND).await;
    assert_eq!(breaker(&office), BreakerState::HalfOpen);
    let probes = office.running();
    assert_eq!(probes.len(), 2);

    office.end(probes[0], End::Done).await;
    assert_eq!(breaker(&office), BreakerState::HalfOpen);
    assert_eq!(office.running(), [probes[1]], "two have been let pass");
    office.end(probes[1], End::Done).await;
    assert_eq!(breaker(&office), BreakerState::Closed);
    office.advance(8 * SECOND).await;
    for machine in office.running() {
        office.end(machine, End::Done).await;
    }
    assert_eq!(office.workers.statistics().performed, 20);
    let first = performing.remove(0);
    assert_eq!(verdict(first).await, Verdict::Done { event: None, attempts: 4 });
    for waited in performing {
        assert_eq!(verdict(waited).await, Verdict::Done { event: None, attempts: 1 });
    }
}

#[tokio::test]
async fn those_who_waited_do_not_come_back_at_once() {
    let (office, _performing) = opened(40).await;
    office.advance(29 * SECOND).await;
    let mut came_back = Vec::new();
    // After 8 seconds all have asked, and 8 seconds later those who came upon probes once more.
    for _ in 0..20 {
        let before = office.workers.statistics().performed;
        office.advance(SECOND).await;
        while let Some(&machine) = office.running().first() {
            office.end(machine, End::Done).await;
        }
        came_back.push(office.workers.statistics().performed - before);
    }
    assert_eq!(came_back.iter().sum::<u64>(), 40);
    // Of 40 spread over 8 seconds: half of them in one second would be odd indeed.
    assert!(came_back.iter().all(|&count| count < 20), "{came_back:?}");
}

#[tokio::test]
async fn a_probe_that_fails_opens_it_again() {
    let (office, _performing) = opened(20).await;
    office.advance(38 * SECOND).await;
    let probes = office.running();
    office.end(probes[0], End::Retry("busy")).await;
    let BreakerState::Open { until } = breaker(&office) else { panic!("it is open") };
    // The answer to a probe of the time before closes nothing.
    office.end(probes[1], End::Done).await;
    assert_eq!(breaker(&office), BreakerState::Open { until });
    office.advance(30 * SECOND - TICK).await;
    assert!(office.nobody_runs());
    office.advance(8 * SECOND).await;
    assert_eq!(office.running().len(), 2);
}

#[tokio::test]
async fn a_probe_that_is_cut_off_makes_room_for_another() {
    let (office, performing) = opened(20).await;
    office.advance(38 * SECOND).await;
    let probes = office.running();
    let mut others = Vec::new();
    for (machine, performing) in performing.into_iter().enumerate() {
        if machine == probes[0] {
            drop(performing);
        } else {
            others.push(performing);
        }
    }
    settle().await;
    assert_eq!(office.running(), [probes[1]]);
    office.advance(8 * SECOND).await;
    assert_eq!(office.running().len(), 2);
    assert_eq!(breaker(&office), BreakerState::HalfOpen);
}

#[tokio::test]
async fn a_service_that_refuses_is_there() {
    let office = Office::open(options());
    for machine in 0..10 {
        let performing = office.begin(machine);
        settle().await;
        office.end(machine, End::Permanent("no such address")).await;
        assert!(matches!(verdict(performing).await, Verdict::Dead(_)));
    }
    assert_eq!(breaker(&office), BreakerState::Closed);
}

#[tokio::test]
async fn waiting_for_it_takes_no_slot() {
    let breaker = BreakerOptions::new().failures(1, 1).open_for(30 * SECOND);
    let options = options().running_max(1).breaker(breaker.spread(Duration::ZERO).probes(1));
    let office = Office::open(options);
    let _first = office.begin(1);
    settle().await;
    office.end(1, End::Retry("busy")).await;
    let _second = office.begin(2);
    settle().await;
    // The second waits too: were it in the slot, there would be no room for a third.
    let _third = office.begin(3);
    settle().await;
    office.advance(30 * SECOND).await;
    assert_eq!(office.running().len(), 1);
}
