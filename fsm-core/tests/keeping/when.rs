//! When snapshots are taken.

use std::sync::Arc;
use std::time::Duration;

use fsm_core::System;
use fsm_core::journal::{Journal, MachineKey, MemoryJournal, Sequence};
use fsm_core::runtime::ManualClock;

use crate::device::{Event, State};
use crate::run::{Run, Step, every};

async fn newest(run: &Run) -> Option<Sequence> {
    let key = MachineKey::new(run.memory.kind("State").unwrap(), "device");
    let newest = run.memory.snapshots().load(&key, Sequence(u64::MAX)).await.unwrap();
    newest.map(|snapshot| snapshot.sequence)
}

#[tokio::test]
async fn one_is_taken_every_so_many_records() {
    let run = Run::start(every(10)).await;
    let mut taken = Vec::new();
    for _ in 0..10 {
        for event in [Event::Connect, Event::Accepted, Event::Drop] {
            run.machine().send(event).await.unwrap();
            run.rest().await;
            taken.extend(newest(&run).await.filter(|newest| taken.last() != Some(newest)));
        }
    }
    assert_eq!(taken, [Sequence(10), Sequence(20), Sequence(30)]);
    assert_eq!(run.snapshots().saved, 3);
}

#[tokio::test]
async fn none_is_taken_where_that_was_said() {
    let mut run = Run::start(every(0)).await;
    run.take(&Step::Send(Event::Connect)).await;
    run.restart().await;
    assert_eq!((newest(&run).await, run.snapshots().saved), (None, 0));
}

#[tokio::test]
async fn a_machine_that_leaves_memory_has_one_if_it_is_worth_it() {
    for (records, is_worth_it) in [(8 * 4, true), (8 * 5, false)] {
        let options = every(records).passivate_after(Duration::from_secs(600));
        let mut run = Run::start(options).await;
        for event in [Event::Connect, Event::Accepted, Event::Drop] {
            run.take(&Step::Send(event)).await;
        }
        run.clock.advance(Duration::from_secs(1_200));
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
        let expected = is_worth_it.then_some(Sequence(4));
        assert_eq!(newest(&run).await, expected, "every {records}");
    }
}

#[tokio::test]
async fn a_shutdown_takes_those_that_are_worth_it() {
    for (records, is_worth_it) in [(8 * 4, true), (8 * 5, false)] {
        let mut run = Run::start(every(records)).await;
        for event in [Event::Connect, Event::Accepted, Event::Drop] {
            run.take(&Step::Send(event)).await;
        }
        assert_eq!(newest(&run).await, None);
        run.restart().await;
        assert_eq!(newest(&run).await, is_worth_it.then_some(Sequence(4)), "every {records}");
    }
}

/// More machines than may have a snapshot under way.
#[tokio::test]
async fn a_shutdown_takes_all_of_many() {
    let (memory, clock) = (MemoryJournal::new(), ManualClock::default());
    let journal: Arc<dyn Journal> = Arc::new(memory.clone());
    let run = Run::on(journal, memory.clone(), every(8)).await;
    let ids: Vec<_> = (0..3_000).map(|id| format!("device {id}")).collect();
    for id in &ids {
        run.system.machine::<State>(id.clone()).create(Default::default()).await.unwrap();
    }
    run.system.shutdown().await.unwrap();
    let kind = memory.kind("State").unwrap();
    for id in ids {
        let key = MachineKey::new(kind, id);
        let newest = memory.snapshots().load(&key, Sequence(u64::MAX)).await.unwrap();
        assert_eq!(newest.unwrap().sequence, Sequence(1));
    }
    drop(clock);
}

/// A machine that owes an effect has none before it is performed.
#[tokio::test]
async fn a_machine_that_owes_effects_has_none() {
    let mut run = Run::start(every(1)).await;
    run.rest().await;
    assert_eq!(newest(&run).await, Some(Sequence(1)));
    run.take(&Step::Send(Event::Print)).await;
    // The effect was owed at 2, and performed at 3.
    let records = run.records().await;
    assert_eq!(newest(&run).await, records.last().map(|last| last.sequence));
    assert_eq!(run.snapshots().saved, 2, "none is taken behind {records:?}");
}

/// A system that is dropped takes no time for snapshots.
#[tokio::test]
async fn a_system_that_is_dropped_ends_at_once() {
    let memory = MemoryJournal::new();
    let system = System::builder().journal(memory.clone()).start().await.unwrap();
    let machine = system.machine::<crate::device::Lamp>("lamp");
    machine.create(()).await.unwrap();
    drop((system, machine));
    for _ in 0..40 {
        tokio::task::yield_now().await;
    }
    let key = MachineKey::new(memory.kind("Lamp").unwrap(), "lamp");
    assert_eq!(memory.snapshots().load(&key, Sequence(9)).await.unwrap(), None);
}
