//! An effect waits for its record; a machine that waits for room with its effect does so once.

use std::time::Duration;

use allocation_counter::AllocationInfo;
use fsm_core::journal::Journal;
use fsm_core::runtime::{Builder, ManualClock, PerformOptions};
use fsm_core::{MachineRef, System};
use futures_util::future::join_all;

use crate::disk::Disk;
use crate::shop::{self, Carrier};
use crate::stage::{health, one_shard, rest};

fn builder(disk: &Disk, carrier: &Carrier) -> Builder {
    let options = PerformOptions::new().attempt_timeout(Duration::from_secs(1_000_000));
    let builder = one_shard(disk.clone()).clock(ManualClock::default());
    builder.perform::<shop::State>(carrier.clone(), options)
}

/// A machine with a timer, which is woken after a restart, and was ordered something before that.
#[tokio::test]
async fn an_effect_waits_for_its_record_although_its_machine_is_woken() {
    let (disk, carrier) = (Disk::new(), Carrier::new());
    let system = builder(&disk, &carrier).start().await.unwrap();
    shop::open(&system, "s").await;
    system.shutdown().await.unwrap();

    let system = builder(&disk, &carrier).start().await.unwrap();
    disk.hold();
    let shop = system.machine::<shop::State>("s");
    // In the queue before the one that wakes it, which has to look for it first.
    shop.cast(shop::Event::Order).unwrap();
    rest().await;
    assert_eq!(disk.head().0, 1);
    assert_eq!(carrier.shipped(), [""; 0], "its record is not durable");

    disk.release();
    rest().await;
    assert_eq!(carrier.shipped(), ["shop/s/2/0"]);
    assert_eq!(shop.state().await.unwrap().context.shipped, 1);
}

/// Its last effect has ended when it owes the next, of a record that is not durable.
#[tokio::test]
async fn an_effect_waits_for_its_record_although_there_is_room_for_it() {
    let (disk, carrier) = (Disk::new(), Carrier::hanging());
    let system = builder(&disk, &carrier).start().await.unwrap();
    let shop = shop::open(&system, "s").await;
    shop.send(shop::Event::Order).await.unwrap();
    rest().await;
    disk.hold();
    shop.cast(shop::Event::Order).unwrap();
    rest().await;
    carrier.open_door();
    rest().await;
    assert_eq!(carrier.shipped(), ["shop/s/2/0"]);
    disk.release();
    rest().await;
    assert_eq!(carrier.shipped(), ["shop/s/2/0", "shop/s/3/0"]);
}

/// A shard hands out 1,024 effects at once. A machine behind these was noted again with each of
/// its commands, for as long as they hung.
#[test]
fn a_machine_that_waits_for_room_with_its_effect_is_noted_once() {
    const SENT: usize = 50_000;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let carrier = Carrier::hanging();
    let (_system, last): (System, MachineRef<shop::State>) = runtime.block_on(async {
        // Without a journal, so that nothing grows that is to grow.
        let system = builder(&Disk::new(), &carrier).volatile().start().await.unwrap();
        let ids: Vec<_> = (0..1_100).map(|number| number.to_string()).collect();
        let shops = join_all(ids.iter().map(|id| shop::open(&system, id))).await;
        for shop in &shops {
            shop.send(shop::Event::Order).await.unwrap();
        }
        rest().await;
        assert_eq!(health(&system, "shop").effects.unwrap().running, 64);
        (system, shops[1_099].clone())
    });
    let greet = || {
        runtime.block_on(async {
            for _ in 0..SENT {
                last.send(shop::Event::Greet).await.unwrap();
            }
        });
    };
    greet();
    let AllocationInfo { bytes_current, .. } = allocation_counter::measure(greet);
    assert!(bytes_current < 10_000, "{bytes_current} bytes");
}
