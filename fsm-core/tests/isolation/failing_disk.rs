//! A disk that refuses or hangs: told are those whose records it was to take, and those on whom
//! these rest. When it is well again they go on from what it has.

use std::num::NonZeroUsize;

use fsm_core::journal::{AppendError, Journal};
use fsm_core::runtime::{Clock, ManualClock};
use fsm_core::{MachineRef, SendError, System};
use futures_util::future::join_all;
use futures_util::poll;
use proptest::prelude::*;

use crate::account::{State, add, entries, open};
use crate::alarm::{self, mount};
use crate::disk::Disk;
use crate::stage::{hush, one_shard, pass, records, rest};

const FOR_EVER: u64 = u64::MAX;

async fn two_shards(disk: &Disk) -> System {
    hush();
    let two = NonZeroUsize::new(2).unwrap();
    System::builder().journal(disk.clone()).shards(two).start().await.unwrap()
}

/// Adds an amount, without waiting for the answer.
fn adding(
    account: &MachineRef<State>,
    amount: i64,
) -> tokio::task::JoinHandle<Result<u64, SendError<crate::account::Event>>> {
    let account = account.clone();
    tokio::spawn(async move { account.send(add(amount)).await.map(|done| done.sequence.0) })
}

/// Accounts of both shards: those that go on while the first one's shard waits for the disk, and
/// those that do not.
async fn by_shard(
    system: &System,
    disk: &Disk,
) -> (Vec<MachineRef<State>>, Vec<MachineRef<State>>) {
    let ids: Vec<_> = (0..12).map(|number| number.to_string()).collect();
    let accounts = join_all(ids.iter().map(|id| open(system, id))).await;
    disk.hold();
    // As many batches as may be under way, and then nothing is taken any more.
    let calls = disk.called();
    for batch in 1..=4 {
        accounts[0].cast(add(0)).unwrap();
        disk.wait_for_calls(calls + batch).await;
    }
    let mut sorted = (Vec::new(), Vec::new());
    for account in accounts {
        let mut asked = Box::pin(account.state());
        let _ = poll!(&mut asked);
        rest().await;
        let is_here = poll!(&mut asked).is_pending();
        drop(asked);
        if is_here { sorted.0.push(account) } else { sorted.1.push(account) }
    }
    disk.release();
    rest().await;
    sorted
}

#[tokio::test]
async fn a_refused_batch_is_the_trouble_of_those_who_are_in_it() {
    let disk = Disk::new();
    let system = two_shards(&disk).await;
    let (here, elsewhere) = by_shard(&system, &disk).await;
    assert!(here.len() > 2 && elsewhere.len() > 2);
    let had = entries(&here[0]).await;

    disk.hold();
    disk.refuse(1);
    let told = adding(&here[0], 1);
    rest().await;
    // In memory, on the same shard, and nothing of theirs is under way.
    for neighbour in &here[1..] {
        assert_eq!(neighbour.state().await.unwrap().sequence.0, 1);
    }
    disk.release();
    let told = told.await.unwrap();
    assert!(matches!(told, Err(SendError::Journal(AppendError::Stopped { .. }))), "{told:?}");
    for account in here[1..].iter().chain(&elsewhere) {
        assert_eq!(account.send(add(2)).await.unwrap().sequence.0, 2);
    }
    assert_eq!(entries(&here[0]).await, had, "it is what the disk has");
    here[0].send(add(3)).await.unwrap();
    assert_eq!(entries(&here[0]).await.last(), Some(&3));
}

#[tokio::test]
async fn who_rests_on_a_refused_batch_is_told_with_it_and_nobody_on_another_shard() {
    let disk = Disk::new();
    let system = two_shards(&disk).await;
    let (here, elsewhere) = by_shard(&system, &disk).await;
    let had = entries(&here[0]).await;

    let calls = disk.called();
    disk.hold();
    let first = adding(&here[0], 1);
    disk.wait_for_calls(calls + 1).await;
    let second = adding(&here[0], 2);
    disk.wait_for_calls(calls + 2).await;
    let other = adding(&elsewhere[0], 3);
    disk.wait_for_calls(calls + 3).await;
    disk.refuse_call(calls + 1);
    disk.release();

    let first = first.await.unwrap();
    assert!(matches!(first, Err(SendError::Journal(AppendError::Stopped { .. }))), "{first:?}");
    let second = second.await.unwrap();
    assert!(matches!(second, Err(SendError::Journal(AppendError::Broken))), "{second:?}");
    assert_eq!(other.await.unwrap().unwrap(), 2);
    assert_eq!(entries(&here[0]).await, had);
    assert_eq!(adding(&here[0], 4).await.unwrap().unwrap(), 2 + had.len() as u64);
}

#[tokio::test]
async fn a_disk_that_takes_nothing_any_more_can_still_be_read() {
    let (disk, clock) = (Disk::new(), ManualClock::default());
    let system = one_shard(disk.clone()).clock(clock.clone()).start().await.unwrap();
    let (first, second) = (open(&system, "a").await, open(&system, "b").await);
    let alarm = mount(&system, "alarm").await;
    first.send(add(1)).await.unwrap();
    alarm.send(alarm::Event::Set).await.unwrap();
    let head = disk.head();
    disk.refuse(FOR_EVER);

    for _ in 0..20 {
        let told = first.send(add(2)).await;
        assert!(matches!(told, Err(SendError::Journal(AppendError::Stopped { .. }))), "{told:?}");
        // From memory, and, since it was refused, from the disk.
        assert_eq!(entries(&second).await, [0; 0]);
        assert_eq!(entries(&first).await, [1]);
        assert_eq!(first.history().await.unwrap().len(), 2);
    }
    // What is due is tried again, with pauses.
    let tried = disk.carried_out();
    pass(&clock, 60 + 300).await;
    let tried = disk.carried_out() - tried;
    assert!((2..=30).contains(&tried), "{tried} appends in five minutes");
    assert_eq!(disk.head(), head);

    disk.refuse(0);
    pass(&clock, 60).await;
    assert_eq!(alarm.state().await.unwrap().state, alarm::State::Rung);
    assert_eq!(first.send(add(3)).await.unwrap().sequence.0, 3);
    assert_eq!(entries(&first).await, [1, 3]);
    let expected = [("alarm", 3), ("a", 3)].map(|(id, sequence)| (id.to_owned(), sequence));
    assert_eq!(records(&disk, head.0 + 1).await, expected);
}

/// Where a hang keeps a shard, its queues refuse in the end; the other shard's machines can be
/// asked. Afterwards everything that was taken is carried out, once and in order.
#[tokio::test]
async fn a_disk_that_hangs_fills_queues_and_loses_nothing() {
    let disk = Disk::new();
    let system = two_shards(&disk).await;
    let (here, elsewhere) = by_shard(&system, &disk).await;
    let had = entries(&here[0]).await;
    disk.hold();
    let mut taken: Vec<i64> = Vec::new();
    let refused = loop {
        let amount = taken.len() as i64;
        match here[0].cast(add(amount)) {
            Ok(()) => taken.push(amount),
            Err(error) => break error,
        }
        if amount % 500 == 0 {
            rest().await;
        }
    };
    assert!(matches!(refused, SendError::Overloaded { .. }), "{refused}");
    let told = here[1].send(add(0)).await.unwrap_err();
    assert!(matches!(told, SendError::Overloaded { .. }), "{told}");
    let calls = disk.called();
    rest().await;
    assert_eq!(disk.called(), calls, "nothing more is handed to it");
    for account in &elsewhere {
        assert_eq!(entries(account).await, [0; 0]);
    }

    disk.release();
    for _ in 0..20 {
        rest().await;
    }
    let dropped = system.health().kinds[0].casts_dropped as usize;
    let found = entries(&here[0]).await.split_off(had.len());
    assert_eq!(found.len() + dropped, taken.len());
    assert_eq!(found[..], taken[..found.len()], "the first ones, in order");
    assert_eq!(here[1].send(add(1)).await.unwrap().sequence.0, 2);
}

/// What a disk does while so many amounts are added to each of some accounts.
#[derive(Clone, Debug)]
struct Weather {
    refused: u64,
    held: bool,
    adds: Vec<usize>,
}

fn weather() -> impl Strategy<Value = Weather> {
    let adds = proptest::collection::vec(0usize..4, 1..10);
    (0u64..4, any::<bool>(), adds).prop_map(|(refused, held, adds)| Weather { refused, held, adds })
}

async fn live_through(weathers: &[Weather]) {
    let (disk, clock) = (Disk::new(), ManualClock::default());
    let system = one_shard(disk.clone()).clock(clock.clone()).start().await.unwrap();
    let accounts = join_all(["a", "b", "c", "d"].map(|id| open(&system, id))).await;
    let mut acknowledged = vec![Vec::new(); accounts.len()];
    let mut amount = 0;
    for Weather { refused, held, adds } in weathers {
        disk.refuse(*refused);
        if *held {
            disk.hold();
        }
        let mut asked = Vec::new();
        for &to in adds {
            amount += 1;
            asked.push((to, amount, adding(&accounts[to], amount)));
            tokio::task::yield_now().await;
        }
        disk.release();
        for (to, amount, answer) in asked {
            match answer.await.unwrap() {
                Ok(_) => acknowledged[to].push(amount),
                Err(SendError::Journal(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    disk.refuse(0);
    clock.advance(std::time::Duration::from_secs(60));
    let end = clock.now();
    for (account, acknowledged) in accounts.iter().zip(acknowledged) {
        assert_eq!(entries(account).await, acknowledged, "neither more nor less");
        account.send(add(0)).await.unwrap();
        assert_eq!(account.history().await.unwrap().len(), acknowledged.len() + 2);
        assert!(account.state().await.unwrap().time <= end);
    }
}

proptest! {
    #[test]
    fn what_was_acknowledged_is_what_there_is(
        weathers in proptest::collection::vec(weather(), 1..10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(live_through(&weathers));
    }
}
