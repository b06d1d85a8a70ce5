//! Cases of reading.

use crate::journal::{Batch, Journal, MachineKey, Position, Record, Registered, Sequence};

use super::bench::{Bench, machine, machine_in, one, push, push_payload};
use super::{PAYLOAD_BYTES, Place};

pub(super) async fn spaces<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let mut spaces = bench.spaces(&journal, 6).await;
    spaces.push(0);
    let mut batch = Batch::new();
    for number in 0..200 {
        let machine = machine_in(kind, spaces[number % 7], &format!("m{}", number / 7));
        push(&mut batch, kind, &machine, 1);
    }
    bench.append(&journal, batch).await;
    for &space in &spaces {
        // The same id in another space is another machine.
        bench.append(&journal, one(kind, &machine_in(kind, space, "more"), 1)).await;
    }
    let all = bench.all(&journal).await;
    let mut last = std::collections::BTreeMap::new();
    for record in &all {
        let sequence: &mut Sequence = last.entry(record.machine.space).or_default();
        bench.case().same("a space sequence", record.space_sequence, sequence.next());
        *sequence = record.space_sequence;
    }
    bench.case().same("the number of spaces", last.len(), 7);
}

pub(super) async fn ids<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let long = "long ".repeat(2_000);
    let ids = ["", " ", "ä", "订单-42", "🚀🚀", "a\0b", "a/b", "a\nb", &long];
    let machines: Vec<MachineKey> = ids.iter().map(|id| machine(kind, id)).collect();
    let mut batch = Batch::new();
    for machine in &machines {
        push(&mut batch, kind, machine, 1);
    }
    bench.append(&journal, batch).await;
    for machine in &machines {
        bench.append(&journal, one(kind, machine, 2)).await;
    }
    for machine in &machines {
        let history = bench.history(&journal, machine).await;
        bench.case().same("the history", history.len(), 2);
    }
}

pub(super) async fn payloads<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let machine = machine(kind, "large");
    let sizes = [0, 1, 1_000, 5_000, 6_000, 6_144, 7_000, 12_288, 65_536, 100, PAYLOAD_BYTES, 3];
    let payloads: Vec<Vec<u8>> = sizes
        .iter()
        .enumerate()
        .map(|(at, &size)| {
            (0..size).map(|byte: usize| (byte.wrapping_mul(31) + at) as u8).collect()
        })
        .collect();
    let (together, alone) = payloads.split_at(6);
    let mut batch = Batch::new();
    for (at, payload) in together.iter().enumerate() {
        push_payload(&mut batch, kind, &machine, at as u64 + 1, payload);
    }
    bench.append(&journal, batch).await;
    for (at, payload) in alone.iter().enumerate() {
        let mut batch = Batch::new();
        push_payload(&mut batch, kind, &machine, at as u64 + 7, payload);
        bench.append(&journal, batch).await;
    }
    for records in [bench.history(&journal, &machine).await, bench.all(&journal).await] {
        bench.case().same("the number of records", records.len(), sizes.len());
        for (record, payload) in records.iter().zip(&payloads) {
            bench.case().check(record.payload == *payload, || {
                format!("the payload of {} bytes comes back", payload.len())
            });
        }
    }
    // A page can begin and end at any of them.
    for from in 1..=sizes.len() as u64 {
        let page = bench.case().ok("a page", journal.read_all(Position(from), 1).await);
        bench.case().same("a page's position", page[0].position, Position(from));
    }
}

/// Two machines with histories that lie across each other, in batches of all sizes.
async fn histories<P: Place>(
    bench: &Bench<'_, P>,
    journal: &P::Journal,
    kind: Registered,
) -> (MachineKey, MachineKey) {
    let (long, short) = (machine(kind, "long"), machine(kind, "short"));
    let mut sequence = 0;
    for round in 1..=40u64 {
        let mut batch = Batch::new();
        for _ in 0..round % 13 + 1 {
            sequence += 1;
            push(&mut batch, kind, &long, sequence);
        }
        push(&mut batch, kind, &short, round);
        bench.append(journal, batch).await;
    }
    (long, short)
}

pub(super) async fn machine_pages<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let (long, short) = histories(bench, &journal, kind).await;
    for machine in [&long, &short] {
        let whole = bench.history(&journal, machine).await;
        for limit in [1, 2, 7, whole.len(), whole.len() + 1] {
            let mut pages: Vec<Record> = Vec::new();
            loop {
                let from = Sequence(pages.len() as u64 + 1);
                let read = journal.read(machine, from, limit).await;
                let page = bench.case().ok("a page", read);
                bench.case().check(page.len() <= limit, || format!("a page of {limit} at most"));
                let is_last = page.len() < limit;
                pages.extend(page);
                if is_last {
                    break;
                }
            }
            bench.case().same("the pages together", &pages, &whole);
        }
        let behind = journal.read(machine, Sequence(whole.len() as u64 + 1), 10).await;
        bench.case().same("what is behind the end", bench.case().ok("a page", behind).len(), 0);
        let none = journal.read(machine, Sequence(1), 0).await;
        bench.case().same("a page of none", bench.case().ok("a page", none).len(), 0);
    }
    let stranger = bench.history(&journal, &machine(kind, "nobody")).await;
    bench.case().same("the history of a stranger", stranger.len(), 0);
}

pub(super) async fn all_pages<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    histories(bench, &journal, kind).await;
    let whole = bench.all(&journal).await;
    for limit in [1, 3, 64, whole.len(), whole.len() + 1] {
        let mut pages: Vec<Record> = Vec::new();
        loop {
            let from = Position(pages.len() as u64 + 1);
            let page = bench.case().ok("a page", journal.read_all(from, limit).await);
            bench.case().check(page.len() <= limit, || format!("a page of {limit} at most"));
            let is_last = page.len() < limit;
            pages.extend(page);
            if is_last {
                break;
            }
        }
        bench.case().same("the pages together", &pages, &whole);
    }
    let behind = journal.read_all(Position(whole.len() as u64 + 1), 10).await;
    bench.case().same("what is behind the end", bench.case().ok("a page", behind).len(), 0);
    let first = bench.case().ok("a page", journal.read_all(Position::START, 2).await);
    bench.case().same("reading from before the start", &first[..], &whole[..2]);
}
