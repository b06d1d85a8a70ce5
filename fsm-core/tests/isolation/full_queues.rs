//! A full queue refuses its own senders, gives back what they sent, and grows no further.

use std::num::NonZeroUsize;

use allocation_counter::AllocationInfo;
use fsm_core::journal::MemoryJournal;
use fsm_core::{MachineRef, SendError, System};

use crate::account::lamp::{Lamp, Switch, hang};
use crate::account::{Event, State, add, entries, open};
use crate::disk::Disk;
use crate::stage::{hush, one_shard, rest};

const QUEUED_MAX: usize = 8;

/// Nothing runs on one thread until the test awaits, so that what is queued stays there.
fn fill(account: &MachineRef<State>) {
    for amount in 0..QUEUED_MAX {
        account.cast(add(amount as i64)).unwrap();
    }
}

fn is_full(account: &MachineRef<State>) -> bool {
    match account.cast(add(99)) {
        Ok(()) => false,
        Err(SendError::Overloaded { given: Event::Add { amount: 99 } }) => true,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn only_those_who_send_to_that_kind_on_that_shard_are_refused() {
    hush();
    let (two, eight) = (NonZeroUsize::new(2).unwrap(), NonZeroUsize::new(QUEUED_MAX).unwrap());
    let builder = System::builder().journal(MemoryJournal::new()).shards(two);
    let system = builder.queue_commands_max(eight).start().await.unwrap();
    let mut accounts = Vec::new();
    for number in 0..16 {
        accounts.push(open(&system, &number.to_string()).await);
    }
    let lamps = [hang(&system, "0").await, hang(&system, "1").await];

    fill(&accounts[0]);
    let full: Vec<_> = accounts.iter().map(is_full).collect();
    // Those on the first one's shard, and not those on the other.
    assert!(full[0]);
    let elsewhere = accounts.iter().zip(&full).filter(|(_, full)| !**full).count();
    assert!((1..=7).contains(&elsewhere), "{full:?}");
    // A send, and a question, are told as well.
    let sent = accounts[0].send(add(99)).await;
    assert!(matches!(sent, Err(SendError::Overloaded { given: Event::Add { amount: 99 } })));
    fill_again_and_ask(&accounts[0]).await;
    // The other kind has a queue of its own on both shards.
    for lamp in &lamps {
        assert_eq!(lamp.send(Switch::Press).await.unwrap().state, Lamp::On);
    }
    rest().await;
    let taken = entries(&accounts[0]).await;
    assert_eq!(taken[..QUEUED_MAX], (0..QUEUED_MAX as i64).collect::<Vec<_>>()[..]);
    for (account, full) in accounts.iter().zip(full).skip(1) {
        assert_eq!(entries(account).await.len(), usize::from(!full), "{}", account.id());
    }
}

async fn fill_again_and_ask(account: &MachineRef<State>) {
    rest().await;
    fill(account);
    assert!(matches!(account.state().await, Err(SendError::Overloaded { .. })));
}

/// Casts on and on to machines whose disk hangs.
#[test]
fn what_waits_for_a_disk_that_hangs_has_an_end() {
    const REFUSED: usize = 200_000;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let disk = Disk::new();
    let (system, accounts) = runtime.block_on(async {
        let system = one_shard(disk.clone()).start().await.unwrap();
        let accounts = [open(&system, "a").await, open(&system, "b").await];
        (system, accounts)
    });
    disk.hold();
    let cast = |times: usize| {
        runtime.block_on(async {
            let mut taken = 0;
            for number in 0..times {
                taken += usize::from(accounts[number % 2].cast(add(1)).is_ok());
                if number % 1_000 == 0 {
                    rest().await;
                }
            }
            taken
        })
    };
    let first = cast(REFUSED);
    assert!(first < 100_000, "{first} commands wait");
    let mut taken = 0;
    let AllocationInfo { bytes_current, .. } = allocation_counter::measure(|| {
        taken = cast(REFUSED);
    });
    assert_eq!(taken, 0);
    assert!(bytes_current <= 0, "{bytes_current} bytes");

    disk.release();
    runtime.block_on(async {
        rest().await;
        let mut carried_out = 0;
        for account in &accounts {
            carried_out += entries(account).await.len();
        }
        let dropped = system.health().kinds[0].casts_dropped as usize;
        assert_eq!(carried_out + dropped, first, "what was taken is carried out or counted");
    });
}
