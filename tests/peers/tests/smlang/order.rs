//! The order. An event from outside stands for the timer, a list for the effects.

use std::time::SystemTime;

use smlang::statemachine;

type Cents = u64;

// >>> declaration
statemachine! {
    derive_states: [Debug],
    transitions: {
        *Cart + AddItem(Item) / add,
        Cart + Checkout [has_items] / reserve_stock = AwaitingPayment(Cents),
        Cart + Cancel(String) / cancel_cart = Cancelled(String),

        AwaitingPayment(Cents) + Pay(Cents) [covers] / capture = Paid(SystemTime),
        AwaitingPayment(Cents) + Pay(Cents) [!covers] / still_due = AwaitingPayment(Cents),
        AwaitingPayment(Cents) + PaymentTimedOut / release_stock = Expired,
        AwaitingPayment(Cents) + Cancel(String) / cancel_awaiting = Cancelled(String),

        Paid(SystemTime) + Ship(String) / ship = Shipped(String),
        Paid(SystemTime) + Cancel(String) / cancel_paid = Cancelled(String),
    }
}

pub struct Item {
    sku: String,
    quantity: u64,
}

#[derive(Debug, PartialEq)]
pub enum Effect {
    Charge { amount: Cents },
}

#[derive(Default)]
pub struct Order {
    items: Vec<Item>,
    paid: Cents,
    stock_reserved: bool,
    effects: Vec<Effect>,
}

impl Order {
    fn total(&self) -> Cents {
        self.items.iter().map(|item| item.quantity * 500).sum()
    }
}

impl StateMachineContext for Order {
    fn has_items(&self) -> Result<bool, ()> {
        Ok(!self.items.is_empty())
    }

    fn covers(&self, due: &Cents, amount: &Cents) -> Result<bool, ()> {
        Ok(amount >= due)
    }

    fn add(&mut self, item: Item) -> Result<(), ()> {
        self.items.push(item);
        Ok(())
    }

    fn reserve_stock(&mut self) -> Result<Cents, ()> {
        self.stock_reserved = true;
        Ok(self.total())
    }

    fn capture(&mut self, _due: &Cents, amount: Cents) -> Result<SystemTime, ()> {
        self.paid += amount;
        self.effects.push(Effect::Charge { amount });
        Ok(SystemTime::now())
    }

    fn still_due(&mut self, due: &Cents, _amount: Cents) -> Result<Cents, ()> {
        Ok(*due)
    }

    fn release_stock(&mut self, _due: &Cents) -> Result<(), ()> {
        self.stock_reserved = false;
        Ok(())
    }

    fn ship(&mut self, _at: &SystemTime, tracking: String) -> Result<String, ()> {
        Ok(tracking)
    }

    fn cancel_cart(&mut self, reason: String) -> Result<String, ()> {
        Ok(reason)
    }

    fn cancel_awaiting(&mut self, _due: &Cents, reason: String) -> Result<String, ()> {
        self.stock_reserved = false;
        Ok(reason)
    }

    fn cancel_paid(&mut self, _at: &SystemTime, reason: String) -> Result<String, ()> {
        self.stock_reserved = false;
        Ok(reason)
    }
}
// <<< declaration

fn book() -> Events {
    Events::AddItem(Item { sku: "book".into(), quantity: 2 })
}

#[test]
fn a_paid_order_is_shipped() {
    let mut order = StateMachine::new(Order::default());
    assert_eq!(order.process_event(Events::Checkout), Err(Error::TransitionsFailed)); // no items
    order.process_event(book()).unwrap();
    assert!(matches!(order.state(), States::Cart));
    assert_eq!(order.context().items[0].sku, "book");
    assert_eq!(order.process_event(Events::Pay(1000)), Err(Error::InvalidEvent));
    order.process_event(Events::Checkout).unwrap();
    assert!(matches!(order.state(), States::AwaitingPayment(1000)));
    assert!(order.context().stock_reserved);
    order.process_event(Events::Pay(400)).unwrap();
    assert!(matches!(order.state(), States::AwaitingPayment(1000)));
    assert_eq!(order.context().paid, 0);
    order.process_event(Events::Pay(1000)).unwrap();
    assert!(matches!(order.state(), States::Paid(_)));
    assert_eq!(order.context().effects, [Effect::Charge { amount: 1000 }]);
    order.process_event(Events::Ship("T1".into())).unwrap();
    assert!(matches!(order.state(), States::Shipped(tracking) if tracking == "T1"));
    assert_eq!(order.process_event(Events::Cancel("late".into())), Err(Error::InvalidEvent));
}

#[test]
fn a_cancelled_and_an_expired_order_release_the_stock() {
    for last in [Events::Cancel("late".into()), Events::PaymentTimedOut] {
        let cancels = matches!(last, Events::Cancel(_));
        let mut order = StateMachine::new(Order::default());
        order.process_event(book()).unwrap();
        order.process_event(Events::Checkout).unwrap();
        order.process_event(last).unwrap();
        match order.state() {
            States::Cancelled(reason) if cancels => assert_eq!(reason, "late"),
            States::Expired if !cancels => {}
            other => panic!("{other:?}"),
        }
        assert!(!order.context().stock_reserved);
    }
}
