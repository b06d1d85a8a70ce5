//! What one sender sends is taken in the order in which it was sent.

use std::task::Poll;
use std::time::Duration;

use fsm_core::runtime::supervision::Status;
use fsm_core::runtime::{ManualClock, Supervision};
use fsm_core::{MachineRef, System};

use crate::ledger::{Event, Ledger, note, notes, open, poll_once, rest, start, volatile};

#[tokio::test]
async fn a_send_is_sent_by_its_first_poll_however_much_its_task_has_done() {
    let system = volatile().await;
    let book = open(&system, "a").await;
    // A task that has used its turn up: tokio has its futures wait from now on.
    let mut sent = Vec::new();
    for number in 0..500 {
        let mut sending = book.send(note(0, number));
        sent.push(poll_once(&mut sending).is_ready());
        // Dropped: only its answer is lost.
    }
    book.cast(note(0, 500)).unwrap();
    assert!(sent.iter().any(|ready| *ready), "some were taken at once");
    assert!(sent.iter().any(|ready| !*ready), "others had to wait");
    let expected: Vec<_> = (0..=500).map(|number| (0, number)).collect();
    assert_eq!(notes(&book).await, expected);
}

#[tokio::test]
async fn a_send_to_an_idle_machine_is_answered_at_once() {
    let system = volatile().await;
    let book = open(&system, "a").await;
    let Poll::Ready(sent) = poll_once(&mut book.send(note(0, 0))) else { panic!("it was queued") };
    assert_eq!(sent.unwrap().sequence.0, 2);
}

#[tokio::test]
async fn a_flood_that_changes_nothing_is_carried_out_to_its_end() {
    for builder in [System::builder(), System::builder().volatile()] {
        let system = start(builder).await;
        let (book, _neighbour) = (open(&system, "a").await, open(&system, "b").await);
        for _ in 0..600 {
            book.cast(Event::Nothing).unwrap();
        }
        let asked = tokio::time::timeout(Duration::from_secs(10), book.state());
        assert_eq!(asked.await.unwrap().unwrap().sequence.0, 1);
        system.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_send_behind_a_flood_does_not_overtake_it() {
    let system = volatile().await;
    let (book, _neighbour) = (open(&system, "a").await, open(&system, "b").await);
    let clone = book.clone();
    for number in 0..600 {
        book.cast(note(0, number)).unwrap();
    }
    // The shard has a first look at the flood, and puts most of it off.
    for number in 600..610 {
        tokio::task::yield_now().await;
        clone.send(note(0, number)).await.unwrap();
    }
    assert!(notes(&book).await.into_iter().eq((0..610).map(|number| (0, number))));
    system.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_stop_of_a_member_is_not_lost_in_a_flood() {
    for pause in 1..4 {
        let system = start(System::builder().clock(ManualClock::default())).await;
        let (book, _neighbour) = (open(&system, "a").await, open(&system, "b").await);
        let member = system.supervise_machine(&book, Supervision::new()).await.unwrap();
        rest().await;
        for number in 0..9_000 {
            book.cast(note(0, number)).unwrap();
        }
        for by in 1..5 {
            tokio::spawn(keep_casting(by, book.clone()));
        }
        // For some pause, the stop is behind others in the queue.
        for _ in 0..pause {
            tokio::task::yield_now().await;
        }
        let stopped = tokio::time::timeout(Duration::from_secs(10), member.stop());
        stopped.await.unwrap().unwrap();
        assert_eq!(member.status(), Status::Stopped);
    }
}

async fn keep_casting(by: u32, book: MachineRef<Ledger>) {
    for number in 0..4_000 {
        let _ = book.cast(note(by, number));
        if number % 200 == 0 {
            tokio::task::yield_now().await;
        }
    }
}
