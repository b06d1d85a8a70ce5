//! Events that the journal keeps for later: deferred and scheduled by one program, taken by the
//! next.

use std::time::Duration;

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::ManualClock;
use fsm_core::{Fsm, Machine, MachineRef, System};
use serde::{Deserialize, Serialize};

mod v1 {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Log, name = "desk")]
    pub(super) enum Desk {
        #[fsm(initial)]
        #[on(Open => Opened)]
        #[defer(Ask)]
        Shut,
        #[on(Ask { what } => Opened / note(what))]
        Opened,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Open,
        Ask { what: u8 },
    }
}

/// The events stand in another order.
mod moved {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Log, name = "desk")]
    pub(super) enum Desk {
        #[fsm(initial)]
        #[on(Open => Opened)]
        #[defer(Ask)]
        Shut,
        #[on(Ask { what } => Opened / note(what))]
        Opened,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Ask { what: u8 },
        Open,
    }
}

/// An event has another shape and another name.
mod v2 {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Log, name = "desk", version = 2, previous(1 = v1::Event))]
    pub(super) enum Desk {
        #[fsm(initial)]
        #[on(Open => Opened)]
        #[defer(Question)]
        Shut,
        #[on(Question { text } => Opened / note(text.len() as u8))]
        Opened,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Question { text: String },
        Open,
    }

    impl From<v1::Event> for Event {
        fn from(older: v1::Event) -> Self {
            match older {
                v1::Event::Open => Self::Open,
                v1::Event::Ask { what } => Self::Question { text: "?".repeat(what.into()) },
            }
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Log(Vec<u8>);

impl Log {
    fn note(&mut self, what: u8) {
        self.0.push(what);
    }
}

async fn desk<F: Machine>(journal: &MemoryJournal, clock: &ManualClock) -> MachineRef<F> {
    let system = System::builder().journal(journal.clone()).clock(clock.clone());
    system.start().await.unwrap().machine("m")
}

/// Opens a desk that one event waits for, and that gets another in an hour.
async fn opened<F: Machine<Context = Log>>(open: F::Event) -> Vec<u8> {
    let (journal, clock) = (MemoryJournal::new(), ManualClock::default());
    let old = desk::<v1::Desk>(&journal, &clock).await;
    old.create(Log::default()).await.unwrap();
    assert!(old.send(v1::Event::Ask { what: 3 }).await.unwrap().deferred);
    let in_an_hour = Duration::from_secs(3_600);
    old.send_after(v1::Event::Ask { what: 5 }, in_an_hour).await.unwrap();
    drop(old);

    let new = desk::<F>(&journal, &clock).await;
    new.history().await.unwrap();
    new.send(open).await.unwrap();
    assert_eq!(new.state().await.unwrap().context.0, [3]);
    let mut watch = new.watch().await.unwrap();
    clock.advance(in_an_hour);
    watch.next().await.unwrap().unwrap();
    let seen = new.state().await.unwrap().context.0;
    // What was taken is replayed as well.
    let again = desk::<F>(&journal, &clock).await;
    assert_eq!(again.state().await.unwrap().context.0, seen);
    seen
}

#[tokio::test]
async fn events_that_were_kept_are_taken_by_code_with_another_order() {
    assert_eq!(opened::<moved::Desk>(moved::Event::Open).await, [3, 5]);
}

#[tokio::test]
async fn events_that_were_kept_are_taken_by_code_of_another_version() {
    assert_eq!(opened::<v2::Desk>(v2::Event::Open).await, [3, 5]);
}
