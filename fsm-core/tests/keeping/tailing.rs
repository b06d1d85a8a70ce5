//! Following a system's journal.

use fsm_core::System;
use fsm_core::journal::{Journal, MemoryJournal, Position, Record, Tail};

use crate::device::{Lamp, Switch};

async fn system(journal: &MemoryJournal) -> System {
    System::builder().journal(journal.clone()).start().await.unwrap()
}

async fn lit(system: &System, id: usize) {
    let lamp = system.machine::<Lamp>(format!("lamp {id}"));
    lamp.create(()).await.unwrap();
    lamp.send(Switch::On).await.unwrap();
}

async fn all(journal: &MemoryJournal) -> Vec<Record> {
    journal.read_all(Position(1), 1_000_000).await.unwrap()
}

async fn next(tail: &mut Tail, records: usize) -> Vec<Record> {
    let mut given = Vec::new();
    for _ in 0..records {
        given.push(tail.next().await.unwrap());
    }
    given
}

#[tokio::test]
async fn what_was_and_what_comes_is_given_without_gap_or_double() {
    let journal = MemoryJournal::new();
    let system = system(&journal).await;
    for id in 0..300 {
        lit(&system, id).await;
    }
    let mut tail = system.tail(Position(1));
    let reader = tokio::spawn(async move { next(&mut tail, 1_200).await });
    for id in 300..600 {
        lit(&system, id).await;
    }
    assert_eq!(reader.await.unwrap(), all(&journal).await);
}

/// A reader costs a writer nothing: it reads what is there when it comes to it.
#[tokio::test]
async fn a_slow_reader_misses_nothing() {
    let journal = MemoryJournal::new();
    let system = system(&journal).await;
    let mut tail = system.tail(Position(1));
    let mut given = Vec::new();
    for id in 0..500 {
        lit(&system, id).await;
        if id % 7 == 0 {
            given.push(tail.next().await.unwrap());
        }
    }
    given.extend(next(&mut tail, 1_000 - given.len()).await);
    assert_eq!(given, all(&journal).await);
    assert!(tail.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_named_reader_goes_on_after_a_restart() {
    let journal = MemoryJournal::new();
    let mut given = Vec::new();
    for life in 0..4 {
        let system = system(&journal).await;
        let mut tail = system.tail_named("mailer").await.unwrap();
        lit(&system, life).await;
        given.extend(next(&mut tail, 1).await);
        tail.done().await.unwrap();
        // What was given and not done with is given again.
        tail.next().await.unwrap();
        system.shutdown().await.unwrap();
    }
    assert_eq!(given, all(&journal).await[..4]);
}

#[tokio::test]
async fn what_is_erased_is_passed_over() {
    let journal = MemoryJournal::new();
    let system = system(&journal).await;
    for id in 0..6 {
        lit(&system, id).await;
    }
    let mut tail = system.tail(Position(1));
    assert_eq!(tail.next().await.unwrap().position, Position(1));
    // The first page is read already; the rest is not.
    let mut late = system.tail(Position(1));
    system.machine::<Lamp>("lamp 2").forget().await.unwrap();
    system.machine::<Lamp>("lamp 5").forget().await.unwrap();
    system.machine::<Lamp>("lamp 3").condense().await.unwrap();
    let given = next(&mut late, 7).await;
    let given: Vec<_> = given.iter().map(|record| record.position.0).collect();
    assert_eq!(given, [1, 2, 3, 4, 9, 10, 13]);
    // The end of what there is was erased, and the next record is still found.
    system.machine::<Lamp>("lamp 3").forget().await.unwrap();
    lit(&system, 9).await;
    assert_eq!(late.next().await.unwrap().position, Position(14));
}
