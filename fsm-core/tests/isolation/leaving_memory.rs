//! Who may leave memory does, so that the bound holds; who owes an effect stays.

use std::num::NonZeroUsize;
use std::time::Duration;

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::{MachineOptions, ManualClock, PerformOptions};
use fsm_core::{MachineRef, System};
use futures_util::future::join_all;

use crate::account::{self, add, entries};
use crate::alarm;
use crate::shop::{self, Carrier};
use crate::stage::{health, hush, one_shard, pass, rest};

const MACHINES_MAX: usize = 40;

fn bounded() -> MachineOptions {
    MachineOptions::default().machines_max(NonZeroUsize::new(MACHINES_MAX).unwrap())
}

#[tokio::test]
async fn a_machine_that_owes_an_effect_stays_until_it_is_performed() {
    let (carrier, clock) = (Carrier::hanging(), ManualClock::default());
    let options = MachineOptions::default().passivate_after(Duration::from_secs(10));
    let never = PerformOptions::new().attempt_timeout(Duration::from_secs(1_000_000));
    let builder = one_shard(MemoryJournal::new()).clock(clock.clone());
    let builder = builder.machines::<shop::State>(options);
    let builder = builder.perform::<shop::State>(carrier.clone(), never);
    let system = builder.start().await.unwrap();
    let (owing, free) = (shop::open(&system, "owing").await, shop::open(&system, "free").await);
    owing.send(shop::Event::Order).await.unwrap();
    free.send(shop::Event::Greet).await.unwrap();
    pass(&clock, 1_000).await;
    assert_eq!(health(&system, "shop").machines, 1, "the other has left");

    carrier.open_door();
    rest().await;
    pass(&clock, 1_000).await;
    assert_eq!(health(&system, "shop").machines, 0);
    assert_eq!(carrier.shipped(), ["shop/owing/2/0"]);
    assert_eq!(owing.state().await.unwrap().context.shipped, 1);
}

/// All came in one batch, and were looked at for one that may leave as each came to rest, when
/// those behind it had not: so none left for most of them.
#[tokio::test]
async fn no_more_stay_than_may_however_they_came() {
    for shards in [1, 3] {
        hush();
        let builder = System::builder().journal(MemoryJournal::new());
        let builder = builder.shards(NonZeroUsize::new(shards).unwrap());
        let builder = builder.machines::<account::State>(bounded());
        let system = builder.start().await.unwrap();
        // Each shard has its share, rounded up.
        let most = MACHINES_MAX.div_ceil(shards) * shards;
        let ids: Vec<_> = (0..1_000).map(|number| number.to_string()).collect();
        let accounts = join_all(ids.iter().map(|id| account::open(&system, id))).await;
        settled(&system, "account", most).await;
        // They come back by a command, or by a question.
        let add_one = async |account: &MachineRef<account::State>| account.send(add(1)).await;
        join_all(accounts.iter().map(add_one)).await;
        settled(&system, "account", most).await;
        assert!(join_all(accounts.iter().map(entries)).await.iter().all(|had| had[..] == [1]));
        settled(&system, "account", most).await;
        for account in &accounts {
            account.send(add(2)).await.unwrap();
            settled(&system, "account", most).await;
        }
    }
}

async fn settled(system: &System, kind: &str, most: usize) {
    rest().await;
    let machines = health(system, kind).machines;
    assert!(machines <= most, "{machines} machines");
}

/// Where thousands slept, the few places that were looked at were theirs.
#[tokio::test]
async fn no_more_stay_than_may_among_thousands_of_sleepers() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let builder = one_shard(journal.clone()).clock(clock.clone());
    let system = builder.machines::<alarm::State>(bounded()).start().await.unwrap();
    let ids: Vec<_> = (0..5_000).map(|number| number.to_string()).collect();
    let alarms = join_all(ids.iter().map(|id| alarm::mount(&system, id))).await;
    let set = async |alarm: &MachineRef<alarm::State>| alarm.send(alarm::Event::Set).await;
    join_all(alarms.iter().map(set)).await;
    settled(&system, "alarm", MACHINES_MAX).await;
    let asleep = health(&system, "alarm").asleep;
    assert!(asleep >= 5_000 - MACHINES_MAX, "{asleep}");
    for number in 0..200 {
        alarm::mount(&system, &format!("silent-{number}")).await;
        settled(&system, "alarm", MACHINES_MAX).await;
    }
    // When the time of all comes at once they come a few at a time, and leave as they have rung.
    clock.advance(Duration::from_secs(60));
    let mut most = 0;
    for _ in 0..20_000 {
        tokio::task::yield_now().await;
        most = most.max(health(&system, "alarm").machines);
    }
    assert!(most <= 5_000 / 2, "{most} machines");
    settled(&system, "alarm", MACHINES_MAX).await;
    for alarm in alarms.iter().step_by(100) {
        assert_eq!(alarm.state().await.unwrap().state, alarm::State::Rung);
    }
}

/// Those who cannot leave count, and do not keep the others.
#[tokio::test]
async fn those_who_are_watched_stay_and_the_others_leave() {
    let builder = one_shard(MemoryJournal::new()).machines::<account::State>(bounded());
    let system = builder.start().await.unwrap();
    let ids: Vec<_> = (0..200).map(|number| number.to_string()).collect();
    let accounts = join_all(ids.iter().map(|id| account::open(&system, id))).await;
    let watches = join_all(accounts[..100].iter().map(|account| account.watch())).await;
    rest().await;
    accounts[150].send(add(1)).await.unwrap();
    rest().await;
    assert_eq!(health(&system, "account").machines, 100);
    drop(watches);
    // The next one to come to rest has them leave.
    accounts[150].send(add(1)).await.unwrap();
    settled(&system, "account", MACHINES_MAX).await;
}
