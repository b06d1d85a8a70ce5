//! `previous(1 = v1::Event, 2 = v2::Event)`: what each version wrote is read as it was, and
//! converted from one to the next.

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::Happened;
use fsm_core::{Fsm, Timestamp};
use serde::{Deserialize, Serialize};

use crate::stage::{journal, machine, refusal, stored};

mod v1 {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Paid, name = "invoice")]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Pay { euros } => _ / pay(euros))]
        #[on(Close => Closed)]
        Open,
        #[fsm(final)]
        Closed,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Pay { euros: u32 },
        Close,
    }

    impl Paid {
        fn pay(&mut self, euros: u32) {
            self.cents += u64::from(euros) * 100;
        }
    }
}

mod v2 {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Paid, name = "invoice", version = 2, previous(1 = v1::Event))]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Close => Closed)]
        #[on(Pay { cents } => _ / receive(cents))]
        Open,
        #[fsm(final)]
        Closed,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Close,
        Pay { cents: u64 },
    }

    impl From<v1::Event> for Event {
        fn from(older: v1::Event) -> Self {
            match older {
                v1::Event::Pay { euros } => Self::Pay { cents: u64::from(euros) * 100 },
                v1::Event::Close => Self::Close,
            }
        }
    }

    impl Paid {
        fn receive(&mut self, cents: u64) {
            self.cents += cents;
        }
    }
}

/// The event has another name since, so its conversion says where its rows are.
mod v3 {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Paid, name = "invoice", version = 3)]
    #[fsm(previous(1 = v1::Event, 2 = v2::Event))]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Receive { amount, .. } => _ / receive_amount(amount))]
        #[on(Close => Closed)]
        Open,
        #[fsm(final)]
        Closed,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Receive { amount: u64, by: Option<String> },
        Close,
    }

    impl From<v2::Event> for Event {
        fn from(older: v2::Event) -> Self {
            match older {
                v2::Event::Pay { cents } => Self::Receive { amount: cents, by: None },
                v2::Event::Close => Self::Close,
            }
        }
    }

    impl Paid {
        fn receive_amount(&mut self, amount: u64) {
            self.cents += amount;
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Paid {
    cents: u64,
}

/// A machine of which each version has written something.
async fn written() -> MemoryJournal {
    let journal = journal::<v1::State>(Paid::default(), [v1::Event::Pay { euros: 3 }]).await;
    let invoice = machine::<v2::State>(&journal).await;
    invoice.send(v2::Event::Pay { cents: 50 }).await.unwrap();
    journal
}

#[tokio::test]
async fn what_each_version_wrote_is_converted_from_one_to_the_next() {
    let journal = written().await;
    let invoice = machine::<v3::State>(&journal).await;
    assert_eq!(invoice.state().await.unwrap().context.cents, 350);
    let receive = v3::Event::Receive { amount: 7, by: Some("Ada".into()) };
    invoice.send(receive).await.unwrap();
    invoice.send(v3::Event::Close).await.unwrap();

    let invoice = machine::<v3::State>(&journal).await;
    let seen = invoice.state().await.unwrap();
    assert_eq!((seen.state, seen.context.cents), (v3::State::Closed, 357));
}

#[tokio::test]
async fn the_history_tells_events_of_today() {
    let journal = written().await;
    let invoice = machine::<v3::State>(&journal).await;
    let history = invoice.history().await.unwrap();
    let events = history.into_iter().filter_map(|entry| match entry.happened {
        Happened::Transition { event, .. } => event,
        _ => None,
    });
    let expected = [300, 50].map(|amount| v3::Event::Receive { amount, by: None });
    assert!(events.eq(expected));
    let seen = invoice.at(Timestamp::from_micros(i64::MAX)).await.unwrap();
    assert_eq!(seen.context.cents, 350);
}

/// `previous(2 = v2::Event)` alone would read what version 1 wrote as version 2, which it is not.
mod gap {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Paid, name = "invoice", version = 3)]
    #[fsm(previous(2 = v2::Event))]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Close(_) => Closed)]
        #[on(Pay => _)]
        Open,
        #[fsm(final)]
        Closed,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Close(u8),
        Pay,
    }

    impl From<v2::Event> for Event {
        fn from(_: v2::Event) -> Self {
            Self::Pay
        }
    }
}

#[tokio::test]
async fn a_previous_type_that_is_not_what_was_written_is_refused() {
    assert_eq!(
        refusal::<gap::State>(&stored::<v1::State>().await).await,
        "this code cannot read what version 1 of `invoice` journaled: `v2::Event::Pay` has the \
         field `cents` instead of `euros`: it was `{ euros: u32 }`, and is `{ cents: u64 }`. Make \
         `v2::Event` the type as version 1 wrote it"
    );
}

/// An entry is for the versions before it too, if they wrote the same.
mod covering {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, name = "bell", version = 9, previous(5 = Old))]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Ring { times } => Rung { times })]
        Silent,
        #[fsm(final)]
        Rung { times: u8 },
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Ring { times: u8 },
    }

    #[derive(Serialize, Deserialize)]
    pub(super) enum Old {
        Ring,
    }

    impl From<Old> for Event {
        fn from(_: Old) -> Self {
            Self::Ring { times: 1 }
        }
    }
}

mod bell {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, name = "bell", version = 3)]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Ring => Rung)]
        Silent,
        #[fsm(final)]
        Rung,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Ring,
    }
}

#[tokio::test]
async fn an_entry_speaks_for_older_versions_without_one() {
    let journal = journal::<bell::State>((), [bell::Event::Ring]).await;
    let bell = machine::<covering::State>(&journal).await;
    assert_eq!(bell.state().await.unwrap().state, covering::State::Rung { times: 1 });
}

/// The type of the past must be readable.
mod unreadable {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, name = "bell", version = 4, previous(3 = Old))]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Ring { .. } => Silent)]
        Silent,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Ring { times: u8 },
    }

    pub(super) enum Old {}

    impl From<Old> for Event {
        fn from(old: Old) -> Self {
            match old {}
        }
    }
}

#[tokio::test]
async fn a_previous_type_that_cannot_be_read_is_refused() {
    assert_eq!(
        refusal::<unreadable::State>(&stored::<bell::State>().await).await,
        "this code cannot read what version 3 of `bell` journaled: `Old` has another type: it was \
         `Event`, and is `unknown (it does not implement `Deserialize`)`. Make `Old` the type as \
         version 3 wrote it"
    );
}
