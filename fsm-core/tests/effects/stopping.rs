//! The end of the workers: what is under way may end until the deadline.

use std::time::Duration;

use fsm_core::Timestamp;
use fsm_core::runtime::PerformOptions;
use fsm_core::runtime::effects::{Backoff, NoRoom, Stopped, Verdict};
use futures_util::{FutureExt, poll};
use tokio::task::JoinHandle;

use crate::desk::{End, Mail, Office, key, settle, verdict};

const SECOND: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_micros(1);

fn office() -> Office {
    let backoff = Backoff::new(SECOND).cap(SECOND).jitter(0.0);
    Office::open(PerformOptions::new().backoff(backoff).attempt_timeout(1_000 * SECOND))
}

/// Stops them within ten seconds.
async fn stop(office: &Office) -> JoinHandle<(u64, usize)> {
    let (workers, deadline) =
        (office.workers.clone(), Timestamp::EPOCH.saturating_add(10 * SECOND));
    let stopping = tokio::spawn(async move {
        let Stopped { ended, aborted, .. } = workers.stop(deadline).await;
        (ended, aborted)
    });
    settle().await;
    stopping
}

#[tokio::test]
async fn what_ends_before_the_deadline_has_its_verdict_and_the_rest_is_cut_off() {
    let office = office();
    let [done, dead, resting, hanging] = [1, 2, 3, 4].map(|machine| office.begin(machine));
    let before = office.begin(5);
    settle().await;
    office.end(5, End::Done).await;
    let stopping = stop(&office).await;

    office.end(1, End::Done).await;
    office.end(2, End::Permanent("refused")).await;
    office.end(3, End::Retry("busy")).await;
    office.advance(SECOND).await;
    assert_eq!(office.running(), [4, 3], "retries go on until the deadline");
    office.advance(9 * SECOND - TICK).await;
    office.end(3, End::Retry("busy")).await;
    assert!(!stopping.is_finished());
    office.advance(TICK).await;

    assert_eq!(stopping.await.unwrap(), (2, 2));
    settle().await;
    assert!(office.nobody_runs());
    assert_eq!(verdict(before).await, Verdict::Done { event: None, attempts: 1 });
    assert_eq!(verdict(done).await, Verdict::Done { event: None, attempts: 1 });
    assert!(matches!(verdict(dead).await, Verdict::Dead(_)));
    assert_eq!((resting.await, hanging.await), ((key(3), None), (key(4), None)));
    assert_eq!(office.workers.statistics().under_way, 0);
}

#[tokio::test]
async fn it_does_not_wait_for_the_deadline_when_nothing_is_left() {
    let office = office();
    let performing = office.begin(1);
    settle().await;
    let stopping = stop(&office).await;
    assert!(!stopping.is_finished());
    office.end(1, End::Done).await;
    assert_eq!(stopping.await.unwrap(), (1, 0));
    verdict(performing).await;
    assert_eq!(stop(&office).await.await.unwrap(), (0, 0), "nor the second time");
}

#[tokio::test]
async fn nothing_is_begun_any_more() {
    let office = office();
    let room = office.workers.room().await.unwrap();
    let mut unpolled = office.workers.room();
    let stopping = stop(&office).await;
    assert_eq!(stopping.await.unwrap(), (0, 0));

    let refused = office.workers.begin(key(1), Mail::To("a")).unwrap_err();
    assert_eq!(refused, NoRoom::Stopping { key: key(1), effect: Mail::To("a") });
    assert_eq!(
        refused.to_string(),
        "effect order/1/2/0 was not begun, since the workers are being stopped: it is still owed"
    );
    assert!(unpolled.as_mut().now_or_never().unwrap().is_none());
    assert_eq!(room.begin(key(1), Mail::To("a")).now_or_never(), Some((key(1), None)));
}

#[tokio::test]
async fn who_waits_for_room_is_told() {
    let office = Office::open(PerformOptions::new().running_max(1).under_way_max(2));
    let performing = office.begin(1);
    settle().await;
    // One waits for a slot, the other for its turn to do so.
    let (mut first, mut second) = (office.workers.room(), office.workers.room());
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    let stopping = stop(&office).await;
    assert!(second.now_or_never().unwrap().is_none());
    office.end(1, End::Done).await;
    assert!(first.now_or_never().unwrap().is_none());
    assert_eq!(stopping.await.unwrap(), (1, 0));
    verdict(performing).await;
}

#[tokio::test]
async fn an_end_that_comes_with_the_deadline_is_counted_once() {
    let office = office();
    let performing = office.begin(1);
    settle().await;
    let stopping = stop(&office).await;
    // Both wake up before either is polled: the stop first, since its time came first.
    office.clock.advance(10 * SECOND);
    office.desk.end(&key(1), End::Done);
    let counts = stopping.await.unwrap();
    let (_, verdict) = performing.await;
    assert_eq!((counts, verdict), ((0, 1), None));
    assert_eq!(office.workers.statistics().performed, 0);
}

#[tokio::test]
async fn a_stop_that_is_dropped_cuts_nothing_off() {
    let office = office();
    let performing = office.begin(1);
    settle().await;
    stop(&office).await.abort();
    office.advance(100 * SECOND).await;
    assert_eq!(office.running(), [1]);
    office.end(1, End::Done).await;
    verdict(performing).await;
}
