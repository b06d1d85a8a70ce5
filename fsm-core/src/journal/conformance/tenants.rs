//! Cases of spaces.

use std::collections::BTreeMap;

use super::Place;
use super::bench::{Bench, machine_in, one, push};
use crate::journal::{
    AppendError, Batch, Journal, Record, Registered, SPACE_LABELS_BYTES_MAX, SPACE_NAME_BYTES_MAX,
    Sequence, SpaceError, SpaceId,
};
use crate::machine::Timestamp;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

pub(super) async fn kept<P: Place>(bench: &Bench<'_, P>) {
    let (journal, _) = bench.open().await;
    let spaces = journal.spaces();
    bench.case().same("the spaces of a new journal", spaces.list(), Vec::new());
    let time = Timestamp::from_micros(7);
    let acme = spaces.create("acme", labels(&[("plan", "gold")]), time).await;
    let acme = bench.case().ok("creating", acme);
    let other = bench.case().ok("creating", spaces.create("größe", labels(&[]), time).await);
    bench.case().check(acme.id != SpaceId::DEFAULT && other.id != acme.id, || {
        format!("spaces have numbers of their own, and these have {acme:?} and {other:?}")
    });
    let again = spaces.create("acme", labels(&[]), time).await;
    bench.case().check(matches!(again, Err(SpaceError::Exists { .. })), || {
        format!("a name is given once, and this gave {again:?}")
    });
    for name in [String::new(), "n".repeat(SPACE_NAME_BYTES_MAX + 1)] {
        let refused = spaces.create(&name, labels(&[]), time).await;
        let is_refused = matches!(refused, Err(SpaceError::Name { bytes }) if bytes == name.len());
        bench.case().check(is_refused, || format!("a name is refused, and gave {refused:?}"));
    }
    let large = labels(&[("key", &"v".repeat(SPACE_LABELS_BYTES_MAX))]);
    let refused = spaces.create("large", large, time).await;
    bench.case().check(matches!(refused, Err(SpaceError::Labels { .. })), || {
        format!("labels are limited, and these gave {refused:?}")
    });
    let plenty = "v".repeat(20_000);
    let described = spaces.describe(acme.id, labels(&[("plan", &plenty)])).await;
    let acme = bench.case().ok("describing", described);
    let none = spaces.describe(SpaceId(4_000_000), labels(&[])).await;
    bench.case().check(matches!(none, Err(SpaceError::NotFound { .. })), || {
        format!("a space that is not there is not found, and gave {none:?}")
    });
    for refused in [
        spaces.describe(SpaceId::DEFAULT, labels(&[])).await.err(),
        spaces.delete(SpaceId::DEFAULT).await.err(),
    ] {
        bench.case().check(matches!(refused, Some(SpaceError::Default)), || {
            format!("the default space stays, and gave {refused:?}")
        });
    }
    let journal = bench.reopen(journal).await;
    let spaces = journal.spaces();
    bench.case().same("after reopening", spaces.list(), vec![acme.clone(), other.clone()]);
    bench.case().same("by name", spaces.find("acme"), Some(acme));
    bench.case().same("by no name", spaces.find("none"), None);
}

/// Batches that lie across three spaces; in the second there is little.
async fn fill<P: Place>(
    bench: &Bench<'_, P>,
    journal: &P::Journal,
    kind: Registered,
    spaces: &[u32],
) {
    for round in 1..=60u64 {
        let mut batch = Batch::new();
        for (at, &space) in spaces.iter().enumerate() {
            if at != 1 || round.is_multiple_of(20) {
                let id = format!("m{}", round % 3);
                let machine = machine_in(kind, space, &id);
                let known = bench.history(journal, &machine).await.len() as u64;
                for sequence in 1..=round % 5 {
                    push(&mut batch, kind, &machine, known + sequence);
                }
                if round.is_multiple_of(5) {
                    push(&mut batch, kind, &machine, known + 1);
                }
            }
        }
        bench.append(journal, batch).await;
    }
}

pub(super) async fn read<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let mut spaces = bench.spaces(&journal, 2).await;
    spaces.push(0);
    fill(bench, &journal, kind, &spaces).await;
    let journal = bench.reopen(journal).await;
    fill(bench, &journal, kind, &spaces).await;
    let all = bench.all(&journal).await;
    for &space in &spaces {
        let id = SpaceId(space);
        let whole: Vec<Record> =
            all.iter().filter(|record| record.machine.space == id).cloned().collect();
        let head = bench.case().ok("the head", journal.spaces().head(id).await);
        bench.case().same("the head", head, Sequence(whole.len() as u64));
        for limit in [1, 7, 64, whole.len(), whole.len() + 1] {
            let mut pages: Vec<Record> = Vec::new();
            loop {
                let from = Sequence(pages.len() as u64 + 1);
                let page = journal.spaces().read(id, from, limit).await;
                let page = bench.case().ok("a page of a space", page);
                bench.case().check(page.len() <= limit, || format!("a page of {limit} at most"));
                let is_last = page.len() < limit;
                pages.extend(page);
                if is_last {
                    break;
                }
            }
            bench.case().same("the pages together", &pages, &whole);
        }
        let behind = journal.spaces().read(id, head.next(), 5).await;
        bench.case().same("behind the end", bench.case().ok("a page", behind).len(), 0);
    }
}

pub(super) async fn deleted<P: Place>(bench: &Bench<'_, P>) {
    let (journal, kind) = bench.open().await;
    let mut spaces = bench.spaces(&journal, 2).await;
    spaces.push(0);
    fill(bench, &journal, kind, &spaces).await;
    let before = bench.all(&journal).await;
    let gone = SpaceId(spaces[0]);
    let (lost, kept): (Vec<Record>, Vec<Record>) =
        before.into_iter().partition(|record| record.machine.space == gone);
    let erased = bench.case().ok("deleting", journal.spaces().delete(gone).await);
    bench.case().same("the number of records erased", erased, lost.len() as u64);
    let check = async |journal: &P::Journal| {
        bench.case().same("what is left", bench.left(journal).await, kept.clone());
        bench.case().same("the spaces left", journal.spaces().list().len(), 1);
        let refused = journal.append(one(kind, &machine_in(kind, gone.0, "new"), 1)).await;
        bench.case().check(matches!(refused, Err(AppendError::UnknownSpace { .. })), || {
            format!("a deleted space takes nothing, and gave {refused:?}")
        });
        for result in [
            journal.spaces().read(gone, Sequence(1), 1).await.err(),
            journal.spaces().head(gone).await.err(),
            journal.spaces().delete(gone).await.err(),
        ] {
            bench.case().check(matches!(result, Some(SpaceError::NotFound { .. })), || {
                format!("a deleted space is not found, and gave {result:?}")
            });
        }
        for record in &lost {
            let history = bench.history(journal, &record.machine).await;
            bench.case().same("the history of a machine in it", history.len(), 0);
        }
    };
    check(&journal).await;
    let journal = bench.reopen(journal).await;
    check(&journal).await;
    // The name is free again, and what is new there begins anew.
    let space = bench.spaces(&journal, 2).await[0];
    bench.case().check(space != gone.0, || "a number is never given again".to_owned());
    bench.append(&journal, one(kind, &machine_in(kind, space, "m1"), 1)).await;
    let head = bench.case().ok("the head", journal.spaces().head(SpaceId(space)).await);
    bench.case().same("the head of a new space", head, Sequence(1));
}
