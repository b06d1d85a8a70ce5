//! Changes that need nothing: more states, more rows, more events, in any order.

use fsm_core::journal::MemoryJournal;
use fsm_core::runtime::Happened;
use fsm_core::{Fsm, Timestamp};
use serde::{Deserialize, Serialize};

use crate::stage::{journal, machine, refusal, stored};

mod before {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, context = Order, name = "order")]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Add { sku, count } => _ / add(sku, count))]
        #[on(Pay(method) => Paid(method))]
        Cart,
        #[on(Rate(_, stars) => _ / rate(stars))]
        #[on(Add { .. } => Cart)]
        Paid(Method),
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Add { sku: String, count: u32 },
        Pay(Method),
        Rate(Option<String>, u8),
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) enum Method {
        #[default]
        Cash,
        Card {
            number: String,
        },
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct Order {
        pub(super) items: Vec<(String, u32)>,
        pub(super) stars: Option<u8>,
    }

    impl Order {
        fn add(&mut self, sku: String, count: u32) {
            self.items.push((sku, count));
        }

        fn rate(&mut self, stars: u8) {
            self.stars = Some(stars);
        }
    }
}

/// The events stand in another order, and there are more of them, of states, of rows, and of ways
/// to pay. Types have other names.
mod after {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = OrderEvent, context = OrderData, name = "order")]
    pub(super) enum OrderState {
        #[on(Ship => Shipped)]
        #[on(Rate(_, stars) => _ / rate(stars))]
        Paid(Means),
        #[fsm(final)]
        Shipped,
        #[fsm(initial)]
        #[on(Pay(means) => Paid(means))]
        #[on(Add { sku, count } => _ / add(sku, count))]
        Cart,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum OrderEvent {
        Ship,
        Rate(Option<String>, u8),
        Pay(Means),
        Add { sku: String, count: u32 },
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) enum Means {
        #[default]
        Cash,
        Card {
            number: String,
        },
        Transfer,
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub(super) struct OrderData {
        pub(super) items: Vec<(String, u32)>,
        pub(super) stars: Option<u8>,
    }

    impl OrderData {
        fn add(&mut self, sku: String, count: u32) {
            self.items.push((sku, count));
        }

        fn rate(&mut self, stars: u8) {
            self.stars = Some(stars);
        }
    }
}

use after::{Means, OrderEvent, OrderState};
use before::{Event, Method, Order, State};

async fn written() -> MemoryJournal {
    let add = Event::Add { sku: "tea".into(), count: 2 };
    let pay = Event::Pay(Method::Card { number: "4000".into() });
    journal::<State>(Order::default(), [add, pay, Event::Rate(None, 5)]).await
}

fn paid() -> OrderState {
    OrderState::Paid(Means::Card { number: "4000".into() })
}

#[tokio::test]
async fn more_of_everything_in_any_order_is_read() {
    let journal = written().await;
    let order = machine::<OrderState>(&journal).await;
    let seen = order.state().await.unwrap();
    assert_eq!(seen.state, paid());
    assert_eq!(seen.context.items, [("tea".to_owned(), 2)]);
    assert_eq!(seen.context.stars, Some(5));
    order.send(OrderEvent::Ship).await.unwrap();

    // What the new program wrote is read by it, beside what the old one wrote.
    let order = machine::<OrderState>(&journal).await;
    assert_eq!(order.state().await.unwrap().state, OrderState::Shipped);
}

#[tokio::test]
async fn the_history_of_the_old_program_is_told_in_the_words_of_the_new() {
    let journal = written().await;
    let order = machine::<OrderState>(&journal).await;
    let history = order.history().await.unwrap();
    let events = history.into_iter().filter_map(|entry| match entry.happened {
        Happened::Transition { event, .. } => event,
        _ => None,
    });
    let expected = [
        OrderEvent::Add { sku: "tea".into(), count: 2 },
        OrderEvent::Pay(Means::Card { number: "4000".into() }),
        OrderEvent::Rate(None, 5),
    ];
    assert!(events.eq(expected));
    let seen = order.at(Timestamp::from_micros(i64::MAX)).await.unwrap();
    assert_eq!(seen.state, paid());
}

/// The program before knows nothing of the new event: it must not run on what the new one wrote.
#[tokio::test]
async fn the_way_back_is_refused() {
    let journal = stored::<OrderState>().await;
    assert_eq!(
        refusal::<State>(&journal).await,
        "this code cannot read what version 1 of `order` journaled: `Event` has no variant `Ship` \
         any more: it was `{ Ship, Rate, Pay, Add }`, and is `{ Add, Pay, Rate }`. Either set \
         `version = 2`, give the type as it was with `previous(1 = v1::Event)`, and write `impl \
         From<v1::Event> for Event`; or, if it is only the new name of a state, an event or a \
         group, say `renamed(Ship => New)`"
    );
}
