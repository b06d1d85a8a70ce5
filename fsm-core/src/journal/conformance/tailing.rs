//! Cases of following the journal, and of cursors.

use std::sync::Arc;

use futures_util::future::join;

use super::Place;
use super::bench::{Bench, machine, one, push};
use crate::journal::{
    Batch, CURSOR_NAME_BYTES_MAX, CursorError, Durability, Journal, Position, ReadError, Tail,
};

pub(super) async fn reached<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    bench.case().ok("waiting for nothing", journal.reached(Position::START).await);
    let appending = async {
        for sequence in 1..=3 {
            bench.append(&journal, one(kind, &machine, sequence)).await;
        }
    };
    let (reached, ()) = join(journal.reached(Position(3)), appending).await;
    bench.case().ok("waiting", reached);
    bench.case().same("the head", journal.head(), Position(3));
    bench.case().ok("waiting for what is there", journal.reached(Position(2)).await);
    if journal.durability() == Durability::Memory {
        return;
    }
    let (reached, closed) = join(journal.reached(Position(4)), journal.close()).await;
    bench.case().ok("closing", closed);
    bench.case().check(matches!(reached, Err(ReadError::Closed)), || {
        format!("waiting for what never comes ends with the journal, and gave {reached:?}")
    });
}

pub(super) async fn tail<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let journal = Arc::new(journal);
    let machine = machine(kind, "a");
    let mut sequence = 0;
    let append = async |count: u64, sequence: &mut u64| {
        let mut batch = Batch::new();
        for _ in 0..count {
            *sequence += 1;
            push(&mut batch, kind, &machine, *sequence);
        }
        bench.append(&journal, batch).await;
    };
    // More than a page, then live: while the tail waits, and while it lags.
    append(700, &mut sequence).await;
    let mut tail = Tail::new(Arc::clone(&journal) as Arc<dyn Journal>, Position(3));
    let mut next = 3;
    let mut until = 700;
    for burst in [0, 1, 1, 300, 2, 513, 1] {
        until += burst;
        let follow = async {
            while next <= until {
                let record = bench.case().ok("the next record", tail.next().await);
                bench.case().same("its position", record.position, Position(next));
                next += 1;
            }
        };
        join(follow, append(burst, &mut sequence)).await;
    }
    bench.case().same("where the tail stands", tail.position(), Position(until));
    let none = bench.case().ok("trying", tail.try_next().await);
    bench.case().check(none.is_none(), || format!("nothing is left, and there is {none:?}"));
}

pub(super) async fn named<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "a");
    for sequence in 1..=5 {
        bench.append(&journal, one(kind, &machine, sequence)).await;
    }
    let journal = follow(bench, journal, 1, 3, true).await;
    let journal = follow(bench, bench.reopen(journal).await, 4, 5, false).await;
    // What was not done is given out again, once.
    let journal = follow(bench, bench.reopen(journal).await, 4, 5, true).await;
    let journal = bench.reopen(journal).await;
    let moved = journal.cursors().save("reader", Position(6)).await;
    bench.case().ok("moving the cursor", moved);
    let journal = Arc::new(journal) as Arc<dyn Journal>;
    let ahead = Tail::named(journal, "reader").await;
    bench.case().check(matches!(ahead, Err(CursorError::Ahead { .. })), || {
        format!("a cursor behind the end is refused, and gave {ahead:?}")
    });
}

/// Follows the journal with a named cursor, and expects these positions.
async fn follow<P: Place>(
    bench: &Bench<'_, P>,
    journal: P::Journal,
    first: u64,
    last: u64,
    done: bool,
) -> P::Journal {
    let journal = Arc::new(journal);
    let shared = Arc::clone(&journal) as Arc<dyn Journal>;
    let mut tail = bench.case().ok("a tail", Tail::named(shared, "reader").await);
    for position in first..=last {
        let record = bench.case().ok("the next record", tail.next().await);
        bench.case().same("its position", record.position, Position(position));
    }
    if done {
        bench.case().ok("moving the cursor", tail.done().await);
    }
    drop(tail);
    let journal = Arc::try_unwrap(journal);
    journal.unwrap_or_else(|_| panic!("a tail that is dropped lets go of its journal"))
}

pub(super) async fn cursors<P: Place>(bench: &Bench<'_, P>) {
    let (journal, _) = bench.open().await;
    let long = "c".repeat(CURSOR_NAME_BYTES_MAX);
    let names = ["a", "a/b", "größe", &long];
    for (at, name) in names.iter().enumerate() {
        let moved = journal.cursors().save(name, Position(at as u64 * 1_000)).await;
        bench.case().ok("moving a cursor", moved);
    }
    bench.case().ok("back", journal.cursors().save("a/b", Position(7)).await);
    bench.case().ok("removing", journal.cursors().remove("größe").await);
    bench.case().ok("removing none", journal.cursors().remove("none").await);
    for name in [String::new(), format!("{long}c")] {
        let refused = journal.cursors().save(&name, Position(1)).await;
        let is_refused = matches!(refused, Err(CursorError::Name { bytes }) if bytes == name.len());
        bench.case().check(is_refused, || format!("a name is refused, and gave {refused:?}"));
    }
    let journal = bench.reopen(journal).await;
    let listed = bench.case().ok("listing", journal.cursors().list().await);
    let expected = [("a", 0), ("a/b", 7), (&long, 3_000)];
    let expected = expected.map(|(name, at)| (name.to_owned(), Position(at)));
    bench.case().same("the cursors", listed, expected.to_vec());
    let loaded = bench.case().ok("a cursor", journal.cursors().load("a/b").await);
    bench.case().same("a cursor", loaded, Some(Position(7)));
    let none = bench.case().ok("no cursor", journal.cursors().load("größe").await);
    bench.case().same("a removed cursor", none, None);
}
