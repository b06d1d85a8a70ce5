//! A machine that comes from a snapshot, or from a base, is the one that its records make.

use proptest::prelude::*;

use crate::run::{Run, Step, block_on, every, steps};

/// Leads two runs through the same steps, one of which is restarted after each: their answers,
/// records and machines are the same.
async fn are_same(steps: &[Step], mut steady: Run, mut restarted: Run) -> Run {
    for step in steps {
        let answers = (steady.take(step).await, restarted.take(step).await);
        assert_eq!(answers.0, answers.1, "{step:?}");
        restarted.restart().await;
        assert_eq!(steady.records().await, restarted.records().await, "{step:?}");
        let states = (steady.machine().state().await, restarted.machine().state().await);
        assert_eq!(states.0.unwrap(), states.1.unwrap(), "{step:?}");
    }
    restarted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_snapshot_at_every_point_changes_nothing(
        steps in steps(0),
        records in 1u16..6,
    ) {
        block_on(async {
            let steady = Run::start(every(0)).await;
            let restarted = Run::start(every(records)).await;
            let restarted = are_same(&steps, steady, restarted).await;
            let snapshots = restarted.snapshots();
            assert_eq!((snapshots.discarded, snapshots.failed), (0, 0));
        });
    }

    #[test]
    fn a_base_at_any_point_changes_nothing(steps in steps(6), records in 0u16..6) {
        block_on(async {
            let steady = Run::start(every(0)).await;
            let restarted = Run::start(every(records)).await;
            let restarted = are_same(&steps, steady, restarted).await;
            let snapshots = restarted.snapshots();
            assert_eq!((snapshots.discarded, snapshots.failed), (0, 0));
        });
    }
}

/// The properties above would hold if there were no snapshots.
#[tokio::test]
async fn snapshots_are_used() {
    let mut run = Run::start(every(1)).await;
    for _ in 1..5 {
        let used = run.snapshots().used;
        let work = crate::device::Event::Work { units: 3 };
        run.take(&Step::Keyed(work, 1)).await;
        run.take(&Step::Wait(1_000)).await;
        run.restart().await;
        assert!(run.snapshots().used > used);
    }
    assert!(run.snapshots().saved >= 1);
}
