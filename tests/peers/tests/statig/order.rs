//! The order. An event from outside stands for the timer, a list for the effects.

use std::time::SystemTime;

use statig::prelude::*;

type Cents = u64;

// >>> declaration
#[derive(Default)]
pub struct Order {
    items: Vec<(String, u64)>,
    paid: Cents,
    stock_reserved: bool,
    effects: Vec<Effect>,
}

pub enum Event {
    AddItem { sku: String, quantity: u64 },
    Checkout,
    Pay { amount: Cents },
    Ship { tracking: String },
    Cancel { reason: String },
    PaymentTimedOut,
}

#[derive(Debug, PartialEq)]
pub enum Effect {
    Charge { amount: Cents },
}

#[state_machine(initial = "State::cart()", state(derive(Debug, PartialEq)))]
impl Order {
    #[superstate]
    fn open(&mut self, event: &Event) -> Outcome<State> {
        match event {
            Event::Cancel { reason } => {
                self.stock_reserved = false;
                Transition(State::cancelled(reason.clone()))
            }
            _ => Super,
        }
    }

    #[state(superstate = "open")]
    fn cart(&mut self, event: &Event) -> Outcome<State> {
        match event {
            Event::AddItem { sku, quantity } => {
                self.items.push((sku.clone(), *quantity));
                Handled
            }
            Event::Checkout if !self.items.is_empty() => {
                self.stock_reserved = true;
                Transition(State::awaiting_payment(self.total()))
            }
            _ => Super,
        }
    }

    #[state(superstate = "open")]
    fn awaiting_payment(&mut self, due: &Cents, event: &Event) -> Outcome<State> {
        match event {
            Event::Pay { amount } if amount >= due => {
                self.paid += amount;
                self.effects.push(Effect::Charge { amount: *amount });
                Transition(State::paid(SystemTime::now()))
            }
            Event::Pay { .. } => Handled,
            Event::PaymentTimedOut => {
                self.stock_reserved = false;
                Transition(State::expired())
            }
            _ => Super,
        }
    }

    #[state(superstate = "open")]
    fn paid(#[expect(unused)] at: &SystemTime, event: &Event) -> Outcome<State> {
        match event {
            Event::Ship { tracking } => Transition(State::shipped(tracking.clone())),
            _ => Super,
        }
    }

    #[state]
    fn shipped(#[expect(unused)] tracking: &String) -> Outcome<State> {
        Super
    }

    #[state]
    fn cancelled(#[expect(unused)] reason: &String) -> Outcome<State> {
        Super
    }

    #[state]
    fn expired() -> Outcome<State> {
        Super
    }
}

impl Order {
    fn total(&self) -> Cents {
        self.items.iter().map(|(_, quantity)| quantity * 500).sum()
    }
}
// <<< declaration

fn book() -> Event {
    Event::AddItem { sku: "book".into(), quantity: 2 }
}

#[test]
fn a_paid_order_is_shipped() {
    let mut order = Order::default().state_machine();
    order.handle(&Event::Checkout); // no items
    assert_eq!(order.state(), &State::cart());
    order.handle(&book());
    assert_eq!((order.state(), order.inner().items.len()), (&State::cart(), 1));
    order.handle(&Event::Pay { amount: 1000 });
    assert_eq!(order.state(), &State::cart());
    order.handle(&Event::Checkout);
    assert_eq!(order.state(), &State::awaiting_payment(1000));
    assert!(order.inner().stock_reserved);
    order.handle(&Event::Pay { amount: 400 });
    assert_eq!((order.state(), order.inner().paid), (&State::awaiting_payment(1000), 0));
    order.handle(&Event::Pay { amount: 1000 });
    assert!(matches!(order.state(), State::Paid { .. }));
    assert_eq!(order.inner().effects, [Effect::Charge { amount: 1000 }]);
    order.handle(&Event::Ship { tracking: "T1".into() });
    assert_eq!(order.state(), &State::shipped("T1".into()));
    order.handle(&Event::Cancel { reason: "late".into() });
    assert_eq!(order.state(), &State::shipped("T1".into()));
}

#[test]
fn a_cancelled_and_an_expired_order_release_the_stock() {
    for (last, state) in [
        (Event::Cancel { reason: "late".into() }, State::cancelled("late".into())),
        (Event::PaymentTimedOut, State::expired()),
    ] {
        let mut order = Order::default().state_machine();
        order.handle(&book());
        order.handle(&Event::Checkout);
        order.handle(&last);
        assert_eq!(order.state(), &state);
        assert!(!order.inner().stock_reserved);
    }
}
