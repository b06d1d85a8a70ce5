//! A snapshot that is not what was saved is found out, and the machine is what its records make.

use std::sync::Arc;
use std::time::Duration;

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::{Clock, ManualClock};
use fsm_core::{Machine, MachineRef, System};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::device::{Device, Event};
use crate::faithless::{Faithless, Fraud, fraud};
use crate::run::{Run, Step, block_on, every, steps};

/// A device beside another one, so that there are snapshots of both.
async fn beside_another(frauds: Vec<Fraud>, records: u16) -> Run {
    let memory = MemoryJournal::new();
    let journal = Arc::new(Faithless::new(memory.clone(), frauds));
    Run::on(journal, memory, every(records)).await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_wrong_snapshot_changes_nothing(
        steps in steps(2),
        records in 1u16..4,
        frauds in proptest::collection::vec(fraud(), 1..10),
    ) {
        block_on(async {
            let mut steady = Run::start(every(0)).await;
            let mut betrayed = beside_another(frauds, records).await;
            for step in &steps {
                let answers = (steady.take(step).await, betrayed.take(step).await);
                assert_eq!(answers.0, answers.1, "{step:?}");
                betrayed.restart().await;
                assert_eq!(steady.records().await, betrayed.records().await, "{step:?}");
                let states = (steady.machine().state().await, betrayed.machine().state().await);
                assert_eq!(states.0.unwrap(), states.1.unwrap(), "{step:?}");
            }
            assert_eq!(betrayed.snapshots().used, 0);
        });
    }
}

/// One that is found out is discarded, with the others of its machine, and counted.
#[tokio::test]
async fn a_wrong_snapshot_is_discarded() {
    let mut run = beside_another(vec![Fraud::Longer], 1).await;
    run.take(&Step::Wait(1)).await;
    run.restart().await;
    let snapshots = run.snapshots();
    assert_eq!(snapshots.used, 0);
    assert!(snapshots.discarded >= 1);
}

/// A snapshot that cannot be read is as good as none: the records tell.
#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_no_error() {
    let mut run = beside_another(vec![Fraud::Unreadable], 1).await;
    run.restart().await;
    assert_eq!(run.machine().state().await.unwrap().sequence.0, 1);
    assert_eq!(run.snapshots().discarded, 0);
}

/// One of a machine that was forgotten is as genuine as can be, and of the same name.
#[tokio::test]
async fn a_snapshot_of_a_former_life_is_not_used() {
    let mut run = beside_another(vec![Fraud::First], 2).await;
    run.take(&Step::Send(Event::Connect)).await;
    run.machine().forget().await.unwrap();
    // It comes to the same state at the same time, with the same number of records.
    let context = Device { beats: 7, ..Device::default() };
    run.machine().create(context).await.unwrap();
    run.take(&Step::Send(Event::Connect)).await;
    let seen = run.machine().state().await.unwrap();
    run.restart().await;
    assert_eq!(run.machine().state().await.unwrap(), seen);
    let snapshots = run.snapshots();
    assert_eq!(snapshots.used, 0);
    assert!(snapshots.discarded >= 1);
}

/// A machine that remembers more answers than the one of the snapshot could.
#[tokio::test]
async fn a_snapshot_that_may_have_forgotten_an_answer_is_not_used() {
    for (window, uses) in [(2, true), (1, true), (3, false)] {
        let mut run = Run::start(every(1)).await;
        for key in 0..3 {
            run.take(&Step::Keyed(Event::Look, key)).await;
        }
        run.rest().await;
        run.become_with(every(1).idempotency_window(window)).await;
        let snapshots = run.system.health().kinds[1].snapshots;
        assert_eq!(snapshots.discarded == 0, uses, "{window}");
        let sequence = run.machine().state().await.unwrap().sequence;
        let oldest = run.machine().send(Event::Look).idempotency_key("key 0").await;
        let is_repeated = run.machine().state().await.unwrap().sequence == sequence;
        assert_eq!(is_repeated, window == 3, "{window}: {oldest:?}");
    }
}

mod ten {
    use fsm_core::Fsm;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = super::Signal, name = "lease")]
    pub(super) enum Lease {
        #[fsm(initial)]
        #[after(10s => Over)]
        #[on(Renew => Held)]
        Held,
        #[on(Renew => Held)]
        Over,
    }
}

mod twenty {
    use fsm_core::Fsm;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = super::Signal, name = "lease")]
    pub(super) enum Lease {
        #[fsm(initial)]
        #[after(20s => Over)]
        #[on(Renew => Held)]
        Held,
        #[on(Renew => Held)]
        Over,
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Signal {
    Renew,
}

async fn lease<F: Machine<Event = Signal>>(
    journal: &MemoryJournal,
    clock: &ManualClock,
) -> (System, MachineRef<F>) {
    let builder = System::builder().journal(journal.clone()).clock(clock.clone());
    let system = builder.machines::<F>(every(1)).start().await.unwrap();
    let machine = system.machine("l");
    (system, machine)
}

/// When a timer is due follows from the code, and no schema says so.
#[tokio::test]
async fn a_snapshot_of_another_program_is_not_used() {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let (system, machine) = lease::<ten::Lease>(&journal, &clock).await;
    machine.create(()).await.unwrap();
    system.shutdown().await.unwrap();
    let (system, machine) = lease::<twenty::Lease>(&journal, &clock).await;
    machine.state().await.unwrap();
    assert_eq!(system.health().kinds[0].snapshots.used, 0);
    clock.advance(Duration::from_secs(19));
    assert_eq!(machine.state().await.unwrap().state, twenty::Lease::Held);
    let seen = machine.at(clock.now()).await.unwrap();
    assert_eq!(seen.state, twenty::Lease::Held);
}
