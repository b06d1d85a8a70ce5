//! `previous(context 1 = v1::Order)`: a context of another shape, with events as they were.

use fsm_core::Fsm;
use serde::{Deserialize, Serialize};

use crate::stage::{journal, machine, refusal, stored};

mod v1 {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Order, name = "order")]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Add(count) => Cart / add(count))]
        Cart,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) customer: String,
        pub(super) count: u32,
    }

    impl Order {
        fn add(&mut self, count: u32) {
            self.count += count;
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Add(u32),
}

macro_rules! today {
    ($name:ident, $($previous:tt)*) => {
        mod $name {
            use super::*;

            #[derive(Fsm, Clone, Debug, PartialEq)]
            #[fsm(event = Event, context = Order, name = "order", version = 3)]
            #[fsm(previous($($previous)*))]
            pub(super) enum State {
                #[fsm(initial)]
                #[on(Add(count) => Cart / add(count))]
                Cart,
            }
        }
    };
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    name: (String, String),
    count: u64,
}

impl Order {
    fn add(&mut self, count: u32) {
        self.count += u64::from(count);
    }
}

/// What version 2 had.
#[derive(Serialize, Deserialize)]
struct Named {
    name: String,
    count: u32,
}

impl From<v1::Order> for Named {
    fn from(older: v1::Order) -> Self {
        Self { name: older.customer, count: older.count }
    }
}

impl From<Named> for Order {
    fn from(older: Named) -> Self {
        let (first, last) = older.name.split_once(' ').unwrap_or((&older.name, ""));
        Self { name: (first.to_owned(), last.to_owned()), count: older.count.into() }
    }
}

today!(right, context 1 = v1::Order, context 2 = Named);
today!(wrong, 2 = Event, context 2 = Named);

async fn written() -> fsm_core::journal::MemoryJournal {
    let order = v1::Order { customer: "Ada Lovelace".into(), count: 1 };
    journal::<v1::State>(order, [Event::Add(2)]).await
}

#[tokio::test]
async fn a_context_of_the_past_is_converted() {
    let journal = written().await;
    let order = machine::<right::State>(&journal).await;
    let seen = order.state().await.unwrap();
    assert_eq!(seen.context, Order { name: ("Ada".into(), "Lovelace".into()), count: 3 });
    order.send(Event::Add(4)).await.unwrap();
    let order = machine::<right::State>(&journal).await;
    assert_eq!(order.state().await.unwrap().context.count, 7);
    assert_eq!(order.history().await.unwrap().len(), 3);
    assert_eq!(right::State::TABLE.previous_contexts, [(1, "v1::Order"), (2, "Named")]);
}

#[tokio::test]
async fn a_previous_context_that_is_not_what_was_written_is_refused() {
    assert_eq!(
        refusal::<wrong::State>(&stored::<v1::State>().await).await,
        "this code cannot read what version 1 of `order` journaled: `Named` has the field `name` \
         instead of `customer`: it was `{ customer: text, count: u32 }`, and is `{ name: text, \
         count: u32 }`. Make `Named` the type as version 1 wrote it"
    );
}
