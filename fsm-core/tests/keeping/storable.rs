//! Which machines can be written down as a whole.

use std::fmt::Debug;

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::{MachineOptions, SnapshotHealth};
use fsm_core::{Fsm, Machine, MachineRef, System};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Next,
}

/// Its states carry nothing: a number is all there is to store.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event)]
enum Bare {
    #[fsm(initial)]
    #[on(Next => Second)]
    First,
    #[on(Next => First)]
    Second,
}

#[derive(Fsm, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[fsm(event = Event)]
enum WithSerde {
    #[fsm(initial)]
    #[on(Next => Second { count: 1 })]
    First,
    #[on(Next => Second { count: count + 1 })]
    Second { count: u32 },
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event)]
enum WithoutSerde {
    #[fsm(initial)]
    #[on(Next => Second { count: 1 })]
    First,
    #[on(Next => Second { count: count + 1 })]
    Second { count: u32 },
}

/// Its `Serialize` fails on every other number.
#[derive(Fsm, Clone, Debug, PartialEq, Deserialize)]
#[fsm(event = Event)]
enum Moody {
    #[fsm(initial)]
    #[on(Next => Second { count: 1 })]
    First,
    #[on(Next => Second { count: count + 1 })]
    Second { count: u32 },
}

impl Serialize for Moody {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Second { count } if count % 2 == 1 => panic!("the state gives up"),
            Self::Second { count } if count % 4 == 0 => {
                Err(serde::ser::Error::custom("not in the mood"))
            }
            Self::Second { count } => serializer.serialize_newtype_variant("", 1, "", count),
            Self::First => serializer.serialize_unit_variant("", 0, ""),
        }
    }
}

async fn system<F: Machine>(journal: &MemoryJournal) -> (System, MachineRef<F>) {
    let options = MachineOptions::default().snapshot_every(1);
    let builder = System::builder().journal(journal.clone()).machines::<F>(options);
    let system = builder.start().await.unwrap();
    let machine = system.machine("m");
    (system, machine)
}

async fn rest() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Has a machine go on five times, restarts it, and says how its snapshots did.
async fn life<F>() -> (SnapshotHealth, SnapshotHealth)
where
    F: Machine<Event = Event, Context = ()> + PartialEq + Debug,
{
    let journal = MemoryJournal::new();
    let (first, machine) = system::<F>(&journal).await;
    machine.create(()).await.unwrap();
    for _ in 0..5 {
        machine.send(Event::Next).await.unwrap();
        rest().await;
    }
    let seen = machine.state().await.unwrap();
    let before = first.health().kinds[0].snapshots;
    first.shutdown().await.unwrap();
    let (second, machine) = system::<F>(&journal).await;
    assert_eq!(machine.state().await.unwrap(), seen);
    (before, second.health().kinds[0].snapshots)
}

#[tokio::test]
async fn states_that_carry_nothing_need_no_serde() {
    let (before, after) = life::<Bare>().await;
    assert_eq!((before.saved, before.failed, after.used), (6, 0, 1));
}

#[tokio::test]
async fn states_that_carry_something_need_serde() {
    let (before, after) = life::<WithSerde>().await;
    assert_eq!((before.saved, before.failed, after.used), (6, 0, 1));
    let (before, after) = life::<WithoutSerde>().await;
    // Of the first state, which carries nothing.
    assert_eq!((before.saved, before.failed, after.used), (1, 0, 1));
}

#[tokio::test]
async fn what_cannot_be_stored_cannot_be_condensed_and_says_why() {
    let journal = MemoryJournal::new();
    let (_system, machine) = system::<WithoutSerde>(&journal).await;
    machine.create(()).await.unwrap();
    machine.condense().await.unwrap();
    machine.send(Event::Next).await.unwrap();
    let error = machine.condense().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the machine cannot be written down as a whole: its state `Second` carries data and is not \
         `Serialize` and `Deserialize`: derive them"
    );
    machine.send(Event::Next).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_that_fails_harms_nobody() {
    crate::run::hush();
    let (before, after) = life::<Moody>().await;
    assert_eq!((before.saved, before.failed), (2, 4));
    assert_eq!(after.used, 1);
}
