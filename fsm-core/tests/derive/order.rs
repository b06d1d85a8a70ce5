//! An order, from cart to parcel: guards, actions, effects, internal rows, a row on the enum.

use fsm_core::{Fsm, Moment, Timestamp};

use super::agreement::{Outcome, offer};

type Cents = u64;

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = OrderEvent, context = Order, effect = OrderEffect)]
#[on(Cancel { reason } => Cancelled { reason } / release_stock())]
enum OrderState {
    #[fsm(initial)]
    #[on(AddItem { sku, quantity } => _ / add(sku, quantity))]
    #[on(Checkout if has_items() => AwaitingPayment { due: ctx.total() } / reserve_stock())]
    Cart,

    #[on(Pay { amount } if covers(amount, due) => Paid { at: now } / capture(amount))]
    #[on(Pay { .. } => _)]
    AwaitingPayment { due: Cents },

    #[on(Ship { tracking } => Shipped { tracking })]
    Paid { at: Timestamp },

    #[fsm(final)]
    Shipped { tracking: String },
    #[fsm(final)]
    Cancelled { reason: String },
}

#[derive(Clone, Debug, PartialEq)]
enum OrderEvent {
    AddItem { sku: String, quantity: u64 },
    Checkout,
    Pay { amount: Cents },
    Ship { tracking: String },
    Cancel { reason: String },
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Order {
    items: Vec<(String, u64)>,
    reserved: bool,
    paid: Cents,
}

#[derive(Clone, Debug, PartialEq)]
enum OrderEffect {
    Reserve { lines: usize },
    Charge { amount: Cents },
    Release,
}

impl Order {
    fn has_items(&self) -> bool {
        !self.items.is_empty()
    }

    fn covers(&self, amount: &Cents, due: &Cents) -> bool {
        amount >= due
    }

    fn total(&self) -> Cents {
        self.items.iter().map(|(_, quantity)| quantity * 100).sum()
    }

    fn add(&mut self, sku: String, quantity: u64) {
        self.items.push((sku, quantity));
    }

    fn reserve_stock(&mut self) -> OrderEffect {
        self.reserved = true;
        OrderEffect::Reserve { lines: self.items.len() }
    }

    fn release_stock(&mut self) -> Option<OrderEffect> {
        std::mem::take(&mut self.reserved).then_some(OrderEffect::Release)
    }

    fn capture(&mut self, amount: Cents) -> OrderEffect {
        self.paid += amount;
        OrderEffect::Charge { amount }
    }
}

fn full() -> Order {
    Order { items: vec![("lamp".to_owned(), 2)], reserved: true, paid: 0 }
}

fn at(micros: i64) -> Moment<'static> {
    Timestamp::from_micros(micros).into()
}

fn cancel() -> OrderEvent {
    OrderEvent::Cancel { reason: "too slow".to_owned() }
}

#[test]
fn an_order_goes_from_cart_to_parcel() {
    let mut state = OrderState::initial();
    let mut order = Order::default();
    let mut performed = Vec::new();
    let events = [
        OrderEvent::AddItem { sku: "lamp".to_owned(), quantity: 2 },
        OrderEvent::Checkout,
        OrderEvent::Pay { amount: 150 },
        OrderEvent::Pay { amount: 200 },
        OrderEvent::Ship { tracking: "Z1".to_owned() },
    ];
    for (i, event) in (0..).zip(&events) {
        match offer(&state, &order, event, at(i)) {
            Outcome::Accepted(target, context, effects) => {
                (state, order) = (target, context);
                performed.extend(effects);
            }
            refused => panic!("{refused:?}"),
        }
        if i == 3 {
            assert_eq!(state, OrderState::Paid { at: Timestamp::from_micros(3) });
        }
    }
    assert_eq!(state, OrderState::Shipped { tracking: "Z1".to_owned() });
    assert_eq!(order.paid, 200);
    assert_eq!(performed, [OrderEffect::Reserve { lines: 1 }, OrderEffect::Charge { amount: 200 }]);
}

#[test]
fn a_guard_that_says_no_refuses_and_gives_everything_back() {
    let outcome = offer(&OrderState::Cart, &Order::default(), &OrderEvent::Checkout, at(0));
    assert_eq!(outcome, Outcome::Refused(OrderState::Cart, OrderEvent::Checkout));
}

#[test]
fn a_guard_that_says_no_leaves_the_event_to_the_next_row() {
    let state = OrderState::AwaitingPayment { due: 200 };
    let outcome = offer(&state, &full(), &OrderEvent::Pay { amount: 199 }, at(0));
    assert_eq!(outcome, Outcome::Accepted(state, full(), Vec::new()));
}

#[test]
fn every_open_state_can_be_cancelled_and_no_final_one() {
    let cancelled = OrderState::Cancelled { reason: "too slow".to_owned() };
    let open = [
        OrderState::Cart,
        OrderState::AwaitingPayment { due: 200 },
        OrderState::Paid { at: Timestamp::EPOCH },
    ];
    for state in open {
        let released = Order { reserved: false, ..full() };
        let expected = Outcome::Accepted(cancelled.clone(), released, vec![OrderEffect::Release]);
        assert_eq!(offer(&state, &full(), &cancel(), at(0)), expected);
    }
    let expected = Outcome::Refused(cancelled.clone(), cancel());
    assert_eq!(offer(&cancelled, &full(), &cancel(), at(0)), expected);
}

#[test]
fn the_ways_agree_in_every_state_on_every_event() {
    let states = [
        OrderState::Cart,
        OrderState::AwaitingPayment { due: 200 },
        OrderState::Paid { at: Timestamp::EPOCH },
        OrderState::Shipped { tracking: "Z1".to_owned() },
        OrderState::Cancelled { reason: String::new() },
    ];
    let events = [
        OrderEvent::AddItem { sku: "lamp".to_owned(), quantity: 2 },
        OrderEvent::Checkout,
        OrderEvent::Pay { amount: 0 },
        OrderEvent::Pay { amount: 200 },
        OrderEvent::Ship { tracking: "Z1".to_owned() },
        cancel(),
    ];
    for state in &states {
        for event in &events {
            for order in [Order::default(), full()] {
                offer(state, &order, event, at(7));
            }
        }
    }
}
