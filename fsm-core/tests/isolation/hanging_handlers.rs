//! A handler that never ends keeps its kind's effects waiting, and nobody and nothing else.

use std::collections::HashSet;
use std::time::Duration;

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::effects::perform_fn;
use fsm_core::runtime::{Builder, ManualClock, PerformOptions};
use fsm_core::{Fsm, MachineRef, System};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use crate::account::{add, entries, open};
use crate::alarm::{self, mount};
use crate::shop::{self, Carrier, Stone};
use crate::stage::{health, one_shard, pass, rest};

/// More than a shard hands out at once, which is 1,024.
const SHOPS: usize = 1_500;
/// How many parcels the carrier carries at once.
const RUNNING_MAX: usize = 4;

/// Another kind with effects.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Letter, effect = Stamp, name = "postbox")]
enum Postbox {
    #[fsm(initial)]
    #[on(Write => Waiting / Stamp)]
    Empty,
    #[on(Stamped => Gone)]
    Waiting,
    #[fsm(final)]
    Gone,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Letter {
    Write,
    Stamped,
}

#[derive(Clone, Debug)]
struct Stamp;

fn builder(journal: &MemoryJournal, clock: &ManualClock, carrier: &Carrier) -> Builder {
    let never = Duration::from_secs(1_000_000_000);
    let options = PerformOptions::new().running_max(RUNNING_MAX).attempt_timeout(never);
    let stamp = perform_fn(|_, _: Stamp| async { Ok(Some(Letter::Stamped)) });
    one_shard(journal.clone())
        .clock(clock.clone())
        .perform::<shop::State>(carrier.clone(), options)
        .perform::<Postbox>(stamp, PerformOptions::new())
}

async fn shops(system: &System) -> Vec<MachineRef<shop::State>> {
    let ids: Vec<_> = (0..SHOPS).map(|number| number.to_string()).collect();
    join_all(ids.iter().map(|id| shop::open(system, id))).await
}

#[tokio::test]
async fn when_all_workers_of_a_kind_hang_all_else_goes_on() {
    let (journal, clock, carrier) =
        (MemoryJournal::new(), ManualClock::default(), Carrier::hanging());
    let system = builder(&journal, &clock, &carrier).start().await.unwrap();
    let shops = shops(&system).await;
    for owing in
        join_all(shops.iter().map(|shop| async { shop.send(shop::Event::Order).await })).await
    {
        owing.unwrap();
    }
    rest().await;
    let effects = health(&system, "shop").effects.unwrap();
    assert_eq!((effects.running, effects.under_way), (RUNNING_MAX, RUNNING_MAX));

    // Effects of another kind.
    let postbox = system.machine::<Postbox>("p");
    postbox.create(()).await.unwrap();
    postbox.send(Letter::Write).await.unwrap();
    rest().await;
    assert_eq!(postbox.state().await.unwrap().state, Postbox::Gone);
    // Timers, and machines without effects.
    let (alarm, account) = (mount(&system, "alarm").await, open(&system, "account").await);
    alarm.send(alarm::Event::Set).await.unwrap();
    account.send(add(1)).await.unwrap();
    pass(&clock, 60).await;
    assert_eq!(alarm.state().await.unwrap().state, alarm::State::Rung);
    assert_eq!(entries(&account).await, [1]);
    // Machines of the same kind: those that owe something, and a new one.
    for shop in &shops {
        assert_eq!(shop.send(shop::Event::Greet).await.unwrap().sequence.0, 3);
    }
    shop::open(&system, "new").await.send(shop::Event::Greet).await.unwrap();
    assert_eq!(carrier.shipped().len(), 0);

    let report = system.shutdown_within(Duration::ZERO).await.unwrap();
    assert_eq!((report.effects_ended, report.effects_cut_off), (0, RUNNING_MAX));

    carrier.open_door();
    let system = builder(&journal, &clock, &carrier).start().await.unwrap();
    for _ in 0..100 {
        rest().await;
    }
    let shipped: HashSet<_> = carrier.shipped().into_iter().collect();
    assert_eq!((shipped.len(), carrier.shipped().len()), (SHOPS, SHOPS), "each once");
    for shop in shops {
        let shop = system.machine::<shop::State>(shop.id().to_owned());
        let seen = shop.state().await.unwrap().context;
        assert_eq!((seen.shipped, seen.greeted), (1, 1));
    }
}

/// The machine whose effect blocks a thread, and everybody else, until the end of the system.
async fn go_on_beside(stone: Stone, has_neighbour: bool) {
    let (blocked, neighbour) = (stone.blocked.clone(), stone.neighbour.clone());
    let builder = one_shard(MemoryJournal::new()).clock(ManualClock::default());
    let builder = builder.perform::<shop::State>(stone, PerformOptions::new().running_max(2));
    let system = builder.start().await.unwrap();
    let account = open(&system, "account").await;
    if has_neighbour {
        neighbour.set(account.clone()).unwrap();
    }
    let heavy = shop::open(&system, "stone").await;
    heavy.send(shop::Event::Order).await.unwrap();
    blocked.notified().await;

    for number in 0..50 {
        account.send(add(number)).await.unwrap();
        heavy.send(shop::Event::Greet).await.unwrap();
        let shop = shop::open(&system, &format!("shop-{number}")).await;
        let mut watch = shop.watch().await.unwrap();
        shop.send(shop::Event::Order).await.unwrap();
        while shop.state().await.unwrap().context.shipped == 0 {
            watch.next().await.unwrap().unwrap();
        }
    }
    let report = system.shutdown_within(Duration::ZERO).await.unwrap();
    assert_eq!((report.effects_ended, report.effects_cut_off), (0, 1));
}

/// The shutdown waited for it beyond its deadline: the shard had handed the effect out, and wanted
/// it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_keeps_nobody_waiting_not_even_the_shutdown() {
    let (stone, go_on, moved) = Stone::new();
    go_on_beside(stone, false).await;
    assert!(!*moved.borrow(), "it blocks on");
    go_on.send(()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_a_thread_of_its_own_may_wake_others_before() {
    let (stone, go_on, moved) = Stone::new();
    go_on_beside(stone, true).await;
    assert!(!*moved.borrow(), "it blocks on");
    go_on.send(()).unwrap();
}
