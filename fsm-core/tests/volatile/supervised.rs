//! Supervised machines of a system that journals nothing.

use std::time::Duration;

use fsm_core::runtime::ManualClock;
use fsm_core::runtime::supervision::{Backoff, Restart, Status, Supervision};
use fsm_core::{SendError, System};

use crate::ledger::{Book, Event, note, notes, open, rest, start};

fn transient() -> Supervision {
    let backoff = Backoff::new(Duration::from_secs(1)).jitter(0.0);
    Supervision::new().restart(Restart::Transient).backoff(backoff)
}

#[tokio::test]
async fn a_member_that_panicked_can_be_created_anew_once_its_supervisor_starts_it() {
    let clock = ManualClock::default();
    let system = start(System::builder().volatile().clock(clock.clone())).await;
    let book = open(&system, "a").await;
    let member = system.supervise_machine(&book, transient()).await.unwrap();
    rest().await;
    assert_eq!(member.status(), Status::Running);

    for _ in 0..3 {
        book.send(Event::Panic).await.unwrap_err();
        assert!(matches!(book.send(note(0, 0)).await, Err(SendError::Suspended { .. })));
        rest().await;
        // In the turn that starts it again, more is sent to it.
        clock.advance(Duration::from_secs(60));
        for number in 0..20 {
            for by in 0..3 {
                let book = book.clone();
                tokio::spawn(async move { book.cast(note(by, number)) });
            }
            tokio::task::yield_now().await;
        }
        rest().await;
        book.create(Book::default()).await.unwrap();
        clock.advance(Duration::from_secs(60));
        rest().await;
        assert_eq!(member.status(), Status::Running);
    }
    book.send(note(2, 0)).await.unwrap();
    assert_eq!(notes(&book).await, [(2, 0)]);
    tokio::time::timeout(Duration::from_secs(10), system.shutdown()).await.unwrap().unwrap();
}
