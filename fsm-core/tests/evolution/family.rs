//! A child that was spawned by one program tells its parent of its end in the next.

use fsm_core::journal::MemoryJournal;
use fsm_core::{Effects, Fsm, NoEffect, System};
use serde::{Deserialize, Serialize};

/// One program, and the one that replaced it: the parent's events stand in another order.
macro_rules! program {
    ($name:ident, { $($events:ident),* }) => {
        mod $name {
            use super::*;

            #[derive(Fsm, Clone, Debug, PartialEq)]
            #[fsm(event = ParentEvent, context = Memory, name = "parent")]
            pub(super) enum Parent {
                #[fsm(initial)]
                #[on(Begin => Waiting / spawn())]
                #[on(Fail => Failed)]
                Idle,
                #[on(Ended => Done)]
                #[on(Fail => Failed)]
                Waiting,
                #[fsm(final)]
                Done,
                #[fsm(final)]
                Failed,
            }

            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub(super) enum ParentEvent { $($events),* }

            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
            pub(super) struct Memory;

            impl Memory {
                fn spawn(&mut self) -> Effects<NoEffect> {
                    let mut effects = Effects::new();
                    let child = effects.spawn::<Child>("c", ());
                    child.then_tell::<Parent>(ParentEvent::Ended);
                    effects
                }
            }
        }
    };
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = ChildEvent, name = "child")]
enum Child {
    #[fsm(initial)]
    #[on(End => Over)]
    Running,
    #[fsm(final)]
    Over,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum ChildEvent {
    End,
}

program!(before, { Begin, Ended, Fail });
program!(after, { Begin, Fail, Ended });

#[tokio::test]
async fn what_a_child_tells_is_what_its_parent_asked_for() {
    let journal = MemoryJournal::new();
    let system = System::builder().journal(journal.clone()).start().await.unwrap();
    let parent = system.machine::<before::Parent>("p");
    parent.create(before::Memory).await.unwrap();
    parent.send(before::ParentEvent::Begin).await.unwrap();
    let child = system.machine::<Child>("c");
    while child.state().await.is_err() {
        tokio::task::yield_now().await;
    }
    system.shutdown().await.unwrap();

    let system = System::builder().journal(journal.clone()).start().await.unwrap();
    let parent = system.machine::<after::Parent>("p");
    let mut watch = parent.watch().await.unwrap();
    system.machine::<Child>("c").send(ChildEvent::End).await.unwrap();
    // `Fail` stands where `Ended` stood.
    assert_eq!(watch.next().await.unwrap().unwrap().state, after::Parent::Done);
}
