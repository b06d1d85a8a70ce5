//! A hundred thousand machines whose time has come, and one that is asked something meanwhile.
//!
//! How long it waits is stated in records: on one thread, each machine whose time has come has its
//! record in the journal before the command's or after it.

use std::time::Duration;

use fsm_core::journal::{Journal, MemoryJournal};
use fsm_core::runtime::{MachineOptions, ManualClock};
use fsm_core::{MachineRef, System};
use futures_util::future::join_all;

use crate::alarm::{Alarm, Event, State};
use crate::stage::{one_shard, rest};

const ALARMS: usize = 100_000;
/// How many machines whose time has come a shard looks at in a turn.
const TURN_ALARMS: u64 = 512;
/// How many machines of a kind are on their way to memory because something of theirs is due.
const WOKEN_MAX: u64 = 128;

/// Alarms that run, all to ring in a minute, and one that does not.
async fn set(journal: &MemoryJournal, clock: &ManualClock) -> System {
    let system = start(journal, clock).await;
    let ids: Vec<_> = (0..ALARMS).map(|number| number.to_string()).collect();
    for some in ids.chunks(4_000) {
        let alarms = some.iter().map(|id| async {
            let alarm = system.machine::<State>(id.clone());
            alarm.create(Alarm::default()).await.unwrap();
            alarm.cast(Event::Set).unwrap();
        });
        join_all(alarms).await;
    }
    for id in ["silent", "hot"] {
        system.machine::<State>(id).create(Alarm::default()).await.unwrap();
    }
    rest().await;
    assert_eq!(journal.head().0, 2 * ALARMS as u64 + 2);
    system
}

async fn start(journal: &MemoryJournal, clock: &ManualClock) -> System {
    let options = MachineOptions::default().passivate_after(Duration::from_secs(30));
    let builder = one_shard(journal.clone()).clock(clock.clone()).machines::<State>(options);
    builder.start().await.unwrap()
}

/// How many records there are before that of a command that is sent now.
async fn waits_for(journal: &MemoryJournal, alarm: &MachineRef<State>) -> u64 {
    let head = journal.head().0;
    let done = alarm.send(Event::Touch).await.unwrap();
    done.position.0 - head - 1
}

async fn all_have_rung(journal: &MemoryJournal, others: u64) {
    let expected = 3 * ALARMS as u64 + 2 + others;
    for _ in 0..100 {
        rest().await;
    }
    assert_eq!(journal.head().0, expected, "each has rung once");
}

#[tokio::test]
async fn a_restart_with_100_000_due_timers_keeps_a_command_waiting_for_a_few_of_them() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    set(&journal, &clock).await.shutdown().await.unwrap();
    clock.advance(Duration::from_secs(3_600));

    let system = start(&journal, &clock).await;
    let silent = system.machine::<State>("silent");
    let mut waited = vec![waits_for(&journal, &silent).await];
    // Before anybody was found, and in the middle of it.
    while journal.head().0 < 2 * ALARMS as u64 + 10_000 {
        tokio::task::yield_now().await;
    }
    for number in 0..20 {
        // In memory, and not.
        let cold = system.machine::<State>(format!("cold-{number}"));
        let head = journal.head().0;
        let created = cold.create(Alarm::default()).await.unwrap();
        waited.push(created.position.0 - head - 1);
        waited.push(waits_for(&journal, &silent).await);
    }
    let head = journal.head().0;
    assert!(head < 3 * ALARMS as u64, "the alarms are still at it at {head}");
    let most = waited.iter().max().unwrap();
    assert!(*most <= TURN_ALARMS + WOKEN_MAX, "{waited:?}");
    all_have_rung(&journal, 41).await;
}

/// They slept, the time of all came at once, and all of them were in the line of those to be read
/// before a machine was read that somebody asked.
#[tokio::test]
async fn when_100_000_sleepers_wake_a_command_waits_for_a_few_of_them() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let system = set(&journal, &clock).await;
    clock.advance(Duration::from_secs(40));
    for _ in 0..10 {
        rest().await;
    }
    assert_eq!(crate::stage::health(&system, "alarm").asleep, ALARMS);
    let hot = system.machine::<State>("hot");
    hot.send(Event::Touch).await.unwrap();

    clock.advance(Duration::from_secs(20));
    rest().await;
    let mut waited = Vec::new();
    waited.push(waits_for(&journal, &system.machine::<State>("silent")).await);
    for number in 0..20 {
        let id = (ALARMS - 1 - number).to_string();
        waited.push(waits_for(&journal, &hot).await);
        // It is one of those whose time has come.
        waited.push(waits_for(&journal, &system.machine::<State>(id)).await);
    }
    let head = journal.head().0;
    assert!(head < 3 * ALARMS as u64, "the alarms are still at it at {head}");
    let most = waited.iter().max().unwrap();
    assert!(*most <= TURN_ALARMS + WOKEN_MAX, "{waited:?}");
    all_have_rung(&journal, 42).await;
}
