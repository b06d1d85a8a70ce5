//! The order.

use std::time::Duration;

use fsm_core::{Effects, Fsm, Moment, TimerId, Timestamp};
use serde::{Deserialize, Serialize};

type Cents = u64;

// >>> declaration
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = OrderEvent, context = Order, effect = OrderEffect)]
#[on(Cancel { reason } => Cancelled { reason } / release_stock())]
pub enum OrderState {
    #[fsm(initial)]
    #[on(AddItem { sku, quantity } => _ / add(sku, quantity))]
    #[on(Checkout if has_items() => AwaitingPayment { due: ctx.total() } / reserve_stock())]
    Cart,

    #[on(Pay { amount } if amount >= due => Paid { at: now } / capture(amount))]
    #[on(Pay => _)]
    #[after(30min => Expired / release_stock())]
    AwaitingPayment { due: Cents },

    #[on(Ship { tracking } => Shipped { tracking })]
    Paid { at: Timestamp },

    #[fsm(final)]
    Shipped { tracking: String },

    #[fsm(final)]
    Cancelled { reason: String },

    #[fsm(final)]
    Expired,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum OrderEvent {
    AddItem { sku: String, quantity: u64 },
    Checkout,
    Pay { amount: Cents },
    Ship { tracking: String },
    Cancel { reason: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum OrderEffect {
    Charge { amount: Cents },
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Order {
    items: Vec<(String, u64)>,
    paid: Cents,
    stock_reserved: bool,
}

impl Order {
    fn has_items(&self) -> bool {
        !self.items.is_empty()
    }

    fn total(&self) -> Cents {
        self.items.iter().map(|(_, quantity)| quantity * 500).sum()
    }

    fn add(&mut self, sku: String, quantity: u64) {
        self.items.push((sku, quantity));
    }

    fn reserve_stock(&mut self) {
        self.stock_reserved = true;
    }

    fn release_stock(&mut self) {
        self.stock_reserved = false;
    }

    fn capture(&mut self, amount: Cents) -> OrderEffect {
        self.paid += amount;
        OrderEffect::Charge { amount }
    }
}
// <<< declaration

fn book() -> OrderEvent {
    OrderEvent::AddItem { sku: "book".into(), quantity: 2 }
}

/// The new state, or the old one if no row takes the event, and whether one did.
fn send(state: OrderState, order: &mut Order, event: OrderEvent) -> (OrderState, bool) {
    match state.step(order, event, Moment::default(), &mut Effects::new()) {
        Ok(next) => (next, true),
        Err(refused) => (refused.state, false),
    }
}

#[test]
fn a_paid_order_is_shipped() {
    use OrderEvent::{Cancel, Checkout, Pay, Ship};
    use OrderState::{AwaitingPayment, Cart, Paid, Shipped};
    let mut order = Order::default();
    let moment = Moment::from(Timestamp::from_micros(7));
    assert_eq!(send(Cart, &mut order, Checkout), (Cart, false)); // no items
    assert_eq!(send(Cart, &mut order, book()), (Cart, true));
    assert_eq!(order.items.len(), 1);
    assert_eq!(send(Cart, &mut order, Pay { amount: 1000 }), (Cart, false));
    let due = AwaitingPayment { due: 1000 };
    assert_eq!(send(Cart, &mut order, Checkout), (due.clone(), true));
    assert!(order.stock_reserved);
    assert_eq!(send(due.clone(), &mut order, Pay { amount: 400 }), (due.clone(), true));
    assert_eq!(order.paid, 0);
    let mut effects = Effects::new();
    let paid = due.step(&mut order, Pay { amount: 1000 }, moment, &mut effects).unwrap();
    assert_eq!(paid, Paid { at: moment.now });
    assert_eq!(effects.as_slice(), [OrderEffect::Charge { amount: 1000 }]);
    let shipped = Shipped { tracking: "T1".into() };
    assert_eq!(send(paid, &mut order, Ship { tracking: "T1".into() }), (shipped.clone(), true));
    assert_eq!(
        send(shipped.clone(), &mut order, Cancel { reason: "late".into() }),
        (shipped, false)
    );
}

#[test]
fn a_cancelled_and_an_expired_order_release_the_stock() {
    for cancelled in [true, false] {
        let mut order = Order::default();
        let (state, _) = send(OrderState::Cart, &mut order, book());
        let (state, _) = send(state, &mut order, OrderEvent::Checkout);
        assert!(order.stock_reserved);
        let moment = Moment::default();
        if cancelled {
            let (state, _) = send(state, &mut order, OrderEvent::Cancel { reason: "late".into() });
            assert_eq!(state, OrderState::Cancelled { reason: "late".into() });
        } else {
            let half_an_hour = Duration::from_secs(30 * 60);
            assert_eq!(state.duration(TimerId(0), &order, moment), Some(half_an_hour));
            let elapsed = state.elapse(TimerId(0), &mut order, moment, &mut Effects::new());
            assert_eq!(elapsed, Ok(OrderState::Expired));
        }
        assert!(!order.stock_reserved);
    }
}
