//! Rows to a group, live and after a restart.

use fsm_core::journal::MemoryJournal;
use fsm_core::{Fsm, Machine, System};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Next,
    Pause,
    Resume,
}

/// One program, and the one that replaced it: the group begins elsewhere.
macro_rules! washer {
    ($name:ident, $initial:ident) => {
        mod $name {
            use super::*;

            #[derive(Fsm, Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[fsm(event = Event, context = Memory, name = "washer")]
            #[fsm(group = Running, initial = $initial, history = last)]
            #[on(from(Running), Pause => Paused)]
            pub(super) enum Washer {
                #[fsm(initial)]
                #[on(Resume => Running)]
                Paused,
                #[fsm(group = Running)]
                #[on(Next => Rinsing)]
                Washing,
                #[fsm(group = Running)]
                #[on(Next => Washing)]
                Rinsing,
            }

            #[derive(Clone, Debug, Default, Serialize, Deserialize)]
            pub(super) struct Memory {
                pub(super) last: Option<Washer>,
            }
        }
    };
}

washer!(before, Washing);
washer!(after, Rinsing);

async fn washer<F: Machine<Event = Event>>(journal: &MemoryJournal) -> fsm_core::MachineRef<F> {
    System::builder().journal(journal.clone()).start().await.unwrap().machine("w")
}

/// Leaves the group in `Rinsing` and comes back, in the program that begins at `Washing`.
async fn journal() -> MemoryJournal {
    let journal = MemoryJournal::new();
    let machine = washer::<before::Washer>(&journal).await;
    machine.create(before::Memory { last: Some(before::Washer::Rinsing) }).await.unwrap();
    for event in [Event::Resume, Event::Pause, Event::Resume] {
        let state = machine.send(event).await.unwrap().state;
        assert_ne!(state, before::Washer::Washing);
    }
    journal
}

#[tokio::test]
async fn a_history_is_replayed() {
    let journal = journal().await;
    let machine = washer::<before::Washer>(&journal).await;
    assert_eq!(machine.state().await.unwrap().state, before::Washer::Rinsing);
}

/// A row to a group's history is the same row wherever the group begins.
#[tokio::test]
async fn a_group_may_begin_elsewhere_in_the_next_program() {
    let journal = journal().await;
    let machine = washer::<after::Washer>(&journal).await;
    assert_eq!(machine.state().await.unwrap().state, after::Washer::Rinsing);
    machine.send(Event::Next).await.unwrap();
}

/// Unless nothing was remembered: then the record says where it led, and the code says otherwise.
#[tokio::test]
async fn where_a_group_began_is_not_forgotten() {
    let journal = MemoryJournal::new();
    let machine = washer::<before::Washer>(&journal).await;
    machine.create(before::Memory::default()).await.unwrap();
    machine.send(Event::Resume).await.unwrap();
    let error = washer::<after::Washer>(&journal).await.state().await.unwrap_err();
    assert!(error.to_string().contains("leads to `Washing`"), "{error}");
}
