//! Random histories against a simple model: the list of what was acknowledged.

use fsm_core::journal::{
    Batch, Fact, Journal, MachineKey, Position, Registered, Sequence, SpaceId,
};
use fsm_core::{RowId, StateId, Timestamp};
use proptest::prelude::*;

use crate::workload::{quick, register};

/// What a batch does to a machine: its number, an offset that makes a conflict if not zero, and the
/// length of the payload.
type Change = (u8, u8, u16);

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<Change>),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let offset = prop_oneof![40 => Just(0u8), 1 => 1..3u8];
    let length = prop_oneof![20 => 0..200u16, 1 => 5_000..20_000u16];
    let change = (0..12u8, offset, length);
    prop_oneof![
        12 => prop::collection::vec(change, 0..60).prop_map(Step::Append),
        1 => Just(Step::Reopen),
    ]
}

fn key(kind: Registered, number: u8) -> MachineKey {
    let id = format!("m{}", number / 3);
    MachineKey { space: SpaceId(u32::from(number % 3)), kind: kind.kind, id: id.into() }
}

/// Plays the steps on the journal and on the model.
async fn play(steps: Vec<Step>) {
    let directory = tempfile::tempdir().unwrap();
    let options = quick().checkpoint_records(64);
    let mut journal = options.open(directory.path()).unwrap();
    let kind = register(&journal).await;
    let mut model: Vec<(MachineKey, u64, Vec<u8>)> = Vec::new();
    for step in steps {
        let Step::Append(changes) = step else {
            drop(journal);
            journal = options.open(directory.path()).unwrap();
            continue;
        };
        let mut batch = Batch::new();
        let mut planned = model.clone();
        let mut fits = true;
        for (number, offset, length) in changes {
            let machine = key(kind, number);
            let last = planned.iter().filter(|(known, _, _)| *known == machine).count() as u64;
            let sequence = last + 1 + u64::from(offset);
            fits &= offset == 0;
            let payload = vec![number; usize::from(length)];
            let fact = Fact::Transition { row: RowId(7), state: StateId(300) };
            let time = Timestamp::from_micros(i64::from(length) - 100);
            batch.push(machine.clone(), Sequence(sequence), time, kind.schema, fact, &payload);
            planned.push((machine, sequence, payload));
        }
        assert_eq!(journal.append(batch).await.is_ok(), fits);
        if fits {
            model = planned;
        }
    }
    let all = journal.read_all(Position(1), usize::MAX).await.unwrap();
    assert_eq!(all.len(), model.len());
    for (record, (machine, sequence, payload)) in all.iter().zip(&model) {
        assert_eq!((&record.machine, record.sequence.0), (machine, *sequence));
        assert_eq!(record.payload, *payload);
    }
    for number in 0..12 {
        let machine = key(kind, number);
        let history = journal.read(&machine, Sequence(2), 3).await.unwrap();
        let expected = all.iter().filter(|record| record.machine == machine).skip(1).take(3);
        assert!(history.iter().eq(expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_journal_is_the_list_of_what_was_acknowledged(
        steps in prop::collection::vec(step(), 1..50),
    ) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(play(steps));
    }
}
