//! A system ends: in order, with its runtime, or in the middle of something. Nobody waits for it,
//! and nothing of it stays.

use std::sync::Arc;
use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal};
use fsm_core::runtime::{Builder, ManualClock};
use fsm_core::{MachineRef, SendError, System};
use tokio::runtime::Runtime;

use crate::busybody::{Busybody, Event as Business, Pockets};
use crate::fragile::{Fragile, Load};
use crate::ledger::{Book, Event, Ledger, hush, note, notes, open, poll_once, rest, start};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn both() -> [Builder; 2] {
    [System::builder(), System::builder().volatile()]
}

/// A journal that says whether the system that it was given to is gone.
fn witness() -> (Arc<dyn Journal>, impl Fn() -> bool) {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
    let known = Arc::clone(&journal);
    (journal, move || Arc::strong_count(&known) == 1)
}

async fn busybody(system: System) -> MachineRef<Busybody> {
    let itself = system.machine::<Busybody>("a");
    itself.create(Pockets::with(itself.clone(), system)).await.unwrap();
    itself
}

/// A runtime that has gone wakes nobody.
async fn in_time<T>(answer: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), answer).await.unwrap()
}

#[test]
fn whoever_sends_after_the_runtime_has_gone_is_told() {
    hush();
    for builder in both() {
        let first = runtime();
        let system = first.block_on(builder.start()).unwrap();
        let used = system.machine::<Ledger>("a");
        first.block_on(used.create(Book::default())).unwrap();
        drop(first);
        runtime().block_on(async {
            let error = in_time(used.create(Book::default())).await.unwrap_err();
            assert!(matches!(error, SendError::ShuttingDown { .. }), "{error}");
            let error = in_time(used.send(note(0, 0))).await.unwrap_err();
            assert!(matches!(error, SendError::ShuttingDown { .. }), "{error}");
            // A kind that nobody has used before.
            let fresh = system.machine::<Fragile>("a");
            let error = in_time(fresh.create(Load::default())).await.unwrap_err();
            assert!(matches!(error, SendError::ShuttingDown { .. }), "{error}");
        });
    }
}

#[test]
fn what_is_queued_when_the_runtime_goes_is_answered() {
    for builder in both() {
        let (first, second) = (runtime(), runtime());
        let system = first.block_on(start(builder));
        let book = first.block_on(open(&system, "a"));
        // Nobody carries it out: the runtime is not being driven.
        let mut asked = Box::pin(book.state());
        assert!(poll_once(&mut asked).is_pending());
        book.cast(note(0, 0)).unwrap();
        drop(first);
        let error = second.block_on(in_time(asked)).unwrap_err();
        assert!(matches!(error, SendError::ShuttingDown { .. }), "{error}");
    }
}

#[test]
fn nothing_of_a_system_stays_when_it_has_ended() {
    for is_shut_down in [true, false] {
        for builder in both() {
            let (journal, is_gone) = witness();
            let runtime = runtime();
            runtime.block_on(async {
                let system = start(builder.shared_journal(journal)).await;
                let book = open(&system, "a").await;
                book.send(note(0, 0)).await.unwrap();
                let _watched = book.watch().await.unwrap();
                book.cast(note(0, 1)).unwrap();
                if is_shut_down {
                    system.shutdown().await.unwrap();
                }
            });
            runtime.block_on(rest());
            assert!(is_gone(), "shut down: {is_shut_down}");
        }
    }
}

#[test]
fn nothing_of_a_system_stays_when_its_runtime_has_gone() {
    for builder in both() {
        let (journal, is_gone) = witness();
        let runtime = runtime();
        let system = runtime.block_on(start(builder.shared_journal(journal)));
        let book = runtime.block_on(open(&system, "a"));
        let unused = system.machine::<Fragile>("a");
        drop(runtime);
        drop((system, book, unused));
        assert!(is_gone());
    }
}

#[test]
fn an_action_may_let_go_of_the_last_handle_to_its_system() {
    for is_cast in [true, false] {
        for builder in both() {
            let (journal, is_gone) = witness();
            let runtime = runtime();
            runtime.block_on(async {
                let itself = busybody(start(builder.shared_journal(journal)).await).await;
                if is_cast {
                    itself.cast(Business::LetGo).unwrap();
                } else {
                    itself.send(Business::LetGo).await.unwrap();
                }
            });
            runtime.block_on(rest());
            assert!(is_gone(), "cast: {is_cast}");
        }
    }
}

#[tokio::test]
async fn an_action_may_use_the_system_it_lives_in() {
    for builder in both() {
        let itself = busybody(start(builder).await).await;
        itself.send(Business::CastToItself { number: 0 }).await.unwrap();
        itself.send(Business::SendToItself { number: 10 }).await.unwrap();
        itself.cast(Business::CastToItself { number: 20 }).unwrap();
        itself.cast(Business::SendToItself { number: 30 }).unwrap();
        itself.send(Business::UseAnotherKind).await.unwrap();
        rest().await;
        let counted = itself.state().await.unwrap().context.counted;
        assert_eq!(counted, [0, 1, 10, 11, 20, 30, 21, 31]);
        itself.send(Business::LetGo).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_watches_may_be_the_last_to_hold_the_system() {
    for builder in both() {
        let (journal, is_gone) = witness();
        let system = start(builder.shared_journal(journal)).await;
        let book = open(&system, "a").await;
        let mut watch = book.watch().await.unwrap();
        book.cast(note(0, 0)).unwrap();
        drop((book, system));
        assert_eq!(watch.next().await.unwrap().unwrap().sequence.0, 2);
        drop(watch);
        rest().await;
        assert!(is_gone());
    }
}

#[tokio::test]
async fn a_machine_that_is_gone_tells_whoever_watches() {
    for flood in [1, 400] {
        let system = start(System::builder().volatile()).await;
        let (book, _neighbour) = (open(&system, "a").await, open(&system, "b").await);
        let mut watch = book.watch().await.unwrap();
        for number in 0..flood {
            // In the second round it is in the middle of what was put off.
            let panics = number == flood / 2;
            book.cast(if panics { Event::Panic } else { note(0, number) }).unwrap();
        }
        book.create(Book::default()).await.unwrap();
        book.send(note(1, 0)).await.unwrap();
        for _ in 0..flood / 2 {
            assert_eq!(watch.next().await.unwrap().unwrap().to_name(), "Open");
        }
        assert!(in_time(watch.next()).await.is_none(), "with {flood} behind it");
        assert_eq!(notes(&book).await, [(1, 0)]);
        system.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_flood_is_carried_out_before_the_system_ends() {
    let clock = ManualClock::default();
    for builder in both() {
        let system = start(builder.clock(clock.clone())).await;
        let (book, _neighbour) = (open(&system, "a").await, open(&system, "b").await);
        for number in 0..600 {
            book.cast(if number % 2 == 0 { Event::Nothing } else { note(0, number) }).unwrap();
        }
        let mut asked = Box::pin(book.state());
        assert!(poll_once(&mut asked).is_pending());
        in_time(system.shutdown()).await.unwrap();
        assert_eq!(asked.await.unwrap().context.notes.len(), 300);
    }
}
