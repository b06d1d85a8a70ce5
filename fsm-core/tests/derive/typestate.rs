//! A struct for each state, no context: the data moves from state to state.

use fsm_core::{Effects, Fsm, Moment, Timestamp};

#[derive(Fsm, Debug, PartialEq)]
#[fsm(event = Event)]
enum Order {
    #[fsm(initial)]
    #[on(Place(cart) => Pending(Pending { cart, since: now }))]
    Draft,
    #[on(Pay(payment) if state.covers(payment) => Paid(state.pay(payment)))]
    #[on(Pay(payment) => Pending(state.remind(payment)))]
    Pending(Pending),
    #[fsm(final)]
    Paid(Paid),
}

#[derive(Debug, PartialEq)]
enum Event {
    Place(Cart),
    Pay(Payment),
}

// None of them can be copied or cloned: they move.
#[derive(Debug, PartialEq)]
struct Cart {
    total: u64,
}

#[derive(Debug, PartialEq)]
struct Payment {
    amount: u64,
}

#[derive(Debug, PartialEq)]
struct Pending {
    cart: Cart,
    since: Timestamp,
}

#[derive(Debug, PartialEq)]
struct Paid {
    cart: Cart,
    payment: Payment,
}

impl Pending {
    fn covers(&self, payment: &Payment) -> bool {
        payment.amount >= self.cart.total
    }

    fn pay(self, payment: Payment) -> Paid {
        Paid { cart: self.cart, payment }
    }

    fn remind(self, _rejected: Payment) -> Self {
        self
    }
}

fn step(state: Order, event: Event) -> Order {
    let moment = Moment::from(Timestamp::from_micros(5));
    state.step(&mut (), event, moment, &mut Effects::new()).expect("a row takes it")
}

#[test]
fn data_that_cannot_be_copied_moves_into_the_new_state() {
    let order = step(Order::initial(), Event::Place(Cart { total: 100 }));
    let since = Timestamp::from_micros(5);
    assert_eq!(order, Order::Pending(Pending { cart: Cart { total: 100 }, since }));

    let order = step(order, Event::Pay(Payment { amount: 99 }));
    assert!(matches!(order, Order::Pending(_)));

    let order = step(order, Event::Pay(Payment { amount: 100 }));
    let (cart, payment) = (Cart { total: 100 }, Payment { amount: 100 });
    assert_eq!(order, Order::Paid(Paid { cart, payment }));
}

#[test]
fn a_refusal_gives_state_and_event_back() {
    let event = Event::Pay(Payment { amount: 1 });
    let refused = Order::Draft.step(&mut (), event, Moment::default(), &mut Effects::new());
    let refused = refused.unwrap_err();
    assert_eq!(refused.to_string(), "no row of state `Draft` takes `Pay`");
    assert_eq!(refused.state, Order::Draft);
    assert_eq!(refused.event, Event::Pay(Payment { amount: 1 }));
}
