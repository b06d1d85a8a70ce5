//! Dropping the future of an effect cuts it off, wherever it is, and leaves nothing behind.

use std::time::Duration;

use fsm_core::runtime::PerformOptions;

use crate::desk::{End, Office, key, settle, verdict};

fn office() -> Office {
    Office::open(PerformOptions::new().running_max(1))
}

async fn assert_free(office: &Office) {
    settle().await;
    assert!(office.nobody_runs());
    let statistics = office.workers.statistics();
    assert_eq!((statistics.running, statistics.under_way), (0, 0));
    assert_eq!((statistics.performed, statistics.dead), (0, 0));
    let again = office.begin(1);
    settle().await;
    office.end(1, End::Done).await;
    verdict(again).await;
}

#[tokio::test]
async fn while_its_attempt_runs() {
    let office = office();
    let performing = office.begin(1);
    settle().await;
    drop(performing);
    assert_free(&office).await;
}

#[tokio::test]
async fn before_its_attempt_has_begun() {
    let office = office();
    drop(office.begin(1));
    assert_free(&office).await;
}

#[tokio::test]
async fn while_it_waits_for_its_next_attempt() {
    let office = office();
    let performing = office.begin(1);
    settle().await;
    office.end(1, End::Retry("busy")).await;
    drop(performing);
    settle().await;
    office.advance(Duration::from_secs(10)).await;
    assert_free(&office).await;
}

#[tokio::test]
async fn while_it_waits_in_line_for_its_next_attempt() {
    let office = office();
    let performing = office.begin(1);
    settle().await;
    office.end(1, End::Retry("busy")).await;
    let other = office.begin(2);
    settle().await;
    office.advance(Duration::from_secs(10)).await;
    assert_eq!(office.running(), [2]);
    drop(performing);
    drop(other);
    assert_free(&office).await;
}

#[tokio::test]
async fn although_what_it_holds_panics() {
    let office = office();
    let performing = office.begin(1);
    settle().await;
    office.end(1, End::HangAndPanic).await;
    assert_eq!(office.desk.running(), [key(1)]);
    drop(performing);
    assert_free(&office).await;
}
