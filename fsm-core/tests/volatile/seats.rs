//! Seats: what is sent to a machine by its slot does not reach whoever has the slot next.

use std::num::NonZeroUsize;
use std::time::Duration;

use fsm_core::runtime::{MachineOptions, ManualClock};
use fsm_core::{MachineRef, SendError, System};

use crate::ledger::{Book, Event, Ledger, hush, note, notes, open};
use crate::ledger::{poll_once, rest, start, volatile};

/// More than a machine carries out in two turns.
const FLOOD: u32 = 600;

/// What a book is that has nothing in it but what its owner put there.
async fn holds_only_its_own(system: &System, others: u32) {
    for id in 0..others {
        let found = notes(&system.machine(id.to_string())).await;
        assert!(found.iter().all(|(by, _)| *by == id), "book {id} has {found:?}");
    }
}

/// A book leaves its slot when much is queued for it there. What does not fit into its turn is put
/// off, while its slot becomes that of a machine that was journaled before.
#[tokio::test]
async fn a_flood_for_a_machine_that_has_just_left_does_not_reach_the_next_in_its_slot() {
    let clock = ManualClock::default();
    let options = MachineOptions::default().machines_max(NonZeroUsize::new(2).unwrap());
    let builder = System::builder().clock(clock.clone()).machines::<Ledger>(options);
    let system = start(builder).await;
    let mut books = Vec::new();
    for id in 0..10_u32 {
        books.push(open(&system, &id.to_string()).await);
    }
    for pause in 0..10 {
        // Two are in memory; the first knows its seat, and was not used for longest.
        for id in [0, 0, 1] {
            books[id as usize].send(note(id, pause)).await.unwrap();
            clock.advance(Duration::from_secs(1));
        }
        rest().await;
        // The commit of a third makes it leave: for some pause, when the flood is queued.
        let mut waking = Box::pin(books[2].send(note(2, pause)));
        assert!(poll_once(&mut waking).is_pending());
        for _ in 0..pause {
            tokio::task::yield_now().await;
        }
        for number in 0..FLOOD {
            books[0].cast(note(0, number)).unwrap();
        }
        for (id, book) in (1..).zip(&books[1..]) {
            book.cast(note(id, pause)).unwrap();
        }
        waking.await.unwrap();
        rest().await;
        holds_only_its_own(&system, 10).await;
    }
    system.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_was_sent_before_a_machine_is_created_anew_is_not_taken_by_the_new_one() {
    let system = volatile().await;
    let (book, _neighbour) = (open(&system, "book").await, open(&system, "neighbour").await);
    for panics_at in [0, 1, 100, 127, 128, 129, 200, 500] {
        for pause in 0..6 {
            book.send(note(0, 0)).await.unwrap();
            for number in 0..FLOOD {
                let event = if number == panics_at { Event::Panic } else { note(1, number) };
                book.cast(event).unwrap();
            }
            for _ in 0..pause {
                tokio::task::yield_now().await;
            }
            let created = book.create(Book::default()).await;
            if let Err(error) = created {
                assert!(matches!(error, SendError::AlreadyExists { .. }), "{error}");
                assert!(panics_at > 128 * (pause - 1), "the panic was to come");
                rest().await;
                book.create(Book::default()).await.unwrap();
            }
            book.cast(note(2, 0)).unwrap();
            assert_eq!(notes(&book).await, [(2, 0)], "at {panics_at}, after {pause} turns");
        }
    }
    system.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_send_on_its_senders_thread_does_not_reach_the_next_machine_in_the_slot() {
    let system = volatile().await;
    let gone = open(&system, "gone").await;
    gone.send(note(9, 0)).await.unwrap();
    gone.send(Event::Panic).await.unwrap_err();
    for id in 0..4 {
        open(&system, &id.to_string()).await;
    }
    let error = gone.send(note(9, 1)).await.unwrap_err();
    assert!(matches!(error, SendError::NotFound { .. }), "{error}");
    gone.cast(note(9, 2)).unwrap();
    holds_only_its_own(&system, 4).await;
    system.shutdown().await.unwrap();
}

/// More machines than memory is given to, and few enough that they meet again and again.
const MACHINES: u32 = 40;
const SENDERS: u32 = 4;
const ROUNDS: u32 = 800;

/// Sends to one machine after the other, and says how much each of them was sent.
async fn keep_sending(by: u32, books: Vec<MachineRef<Ledger>>) -> Vec<u32> {
    let mut sent = vec![0; books.len()];
    let mut random = u64::from(by) + 1;
    for round in 0..ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let which = (random >> 16) as u32 % MACHINES;
        let (book, sent) = (&books[which as usize], &mut sent[which as usize]);
        // Its machine is part of what is noted.
        let event = |number: u32| note(by * MACHINES + which, number);
        let times = if random.is_multiple_of(97) { 200 } else { random as u32 % 4 };
        for _ in 0..times {
            book.cast(event(*sent)).unwrap();
            *sent += 1;
        }
        if round % 8 == 0 {
            book.send(event(*sent)).await.unwrap();
            *sent += 1;
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn machines_that_come_and_go_get_what_was_sent_to_them_and_nothing_else() {
    hush();
    let options = MachineOptions::default().machines_max(NonZeroUsize::new(6).unwrap());
    let builder = System::builder().shards(NonZeroUsize::new(2).unwrap());
    let system = builder.machines::<Ledger>(options).start().await.unwrap();
    let mut books = Vec::new();
    for id in 0..MACHINES {
        books.push(open(&system, &id.to_string()).await);
    }
    let send = |by| tokio::spawn(keep_sending(by, books.clone()));
    let senders: Vec<_> = (0..SENDERS).map(send).collect();
    let mut sent = Vec::new();
    for sender in senders {
        sent.push(sender.await.unwrap());
    }
    for (which, book) in (0..MACHINES).zip(&books) {
        let mut expected = Vec::new();
        for (by, sent) in (0..SENDERS).zip(&sent) {
            expected
                .extend((0..sent[which as usize]).map(|number| (by * MACHINES + which, number)));
        }
        let mut found = notes(book).await;
        // Stable: the order of each sender is left as it is.
        found.sort_by_key(|(by, _)| *by);
        assert!(found == expected, "machine {which} has something else than it was sent");
    }
    system.shutdown().await.unwrap();
}
