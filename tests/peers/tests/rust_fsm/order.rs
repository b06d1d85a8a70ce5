//! The order, as an implementation of the trait by hand, since states of the macro carry no data.
//! The items and the amount travel in the states; an input from outside stands for the timer.

use std::time::SystemTime;

use rust_fsm::*;

type Cents = u64;

// >>> declaration
#[derive(Debug, PartialEq)]
pub enum State {
    Cart { items: Vec<(String, u64)> },
    AwaitingPayment { due: Cents },
    Paid { amount: Cents, at: SystemTime },
    Shipped { tracking: String },
    Cancelled { reason: String },
    Expired,
}

pub enum Input {
    AddItem { sku: String, quantity: u64 },
    Checkout,
    Pay { amount: Cents, at: SystemTime },
    Ship { tracking: String },
    Cancel { reason: String },
    PaymentTimedOut,
}

#[derive(Debug, PartialEq)]
pub enum Output {
    ReserveStock,
    ReleaseStock,
    Charge { amount: Cents },
}

pub struct Order;

impl StateMachineImpl for Order {
    type State = State;
    type Input = Input;
    type Output = Output;
    const INITIAL_STATE: State = State::Cart { items: Vec::new() };

    fn transition(state: &State, input: &Input) -> Option<State> {
        Some(match (state, input) {
            (State::Cart { items }, Input::AddItem { sku, quantity }) => {
                let mut items = items.clone();
                items.push((sku.clone(), *quantity));
                State::Cart { items }
            }
            (State::Cart { items }, Input::Checkout) if !items.is_empty() => {
                State::AwaitingPayment { due: total(items) }
            }
            (State::AwaitingPayment { due }, Input::Pay { amount, at }) if amount >= due => {
                State::Paid { amount: *amount, at: *at }
            }
            (State::AwaitingPayment { due }, Input::Pay { .. }) => {
                State::AwaitingPayment { due: *due }
            }
            (State::AwaitingPayment { .. }, Input::PaymentTimedOut) => State::Expired,
            (State::Paid { .. }, Input::Ship { tracking }) => {
                State::Shipped { tracking: tracking.clone() }
            }
            (
                State::Cart { .. } | State::AwaitingPayment { .. } | State::Paid { .. },
                Input::Cancel { reason },
            ) => State::Cancelled { reason: reason.clone() },
            _ => return None,
        })
    }

    fn output(state: &State, input: &Input) -> Option<Output> {
        match (state, input) {
            (State::Cart { .. }, Input::Checkout) => Some(Output::ReserveStock),
            (State::AwaitingPayment { due }, Input::Pay { amount, .. }) if amount >= due => {
                Some(Output::Charge { amount: *amount })
            }
            (_, Input::PaymentTimedOut | Input::Cancel { .. }) => Some(Output::ReleaseStock),
            _ => None,
        }
    }
}

fn total(items: &[(String, u64)]) -> Cents {
    items.iter().map(|(_, quantity)| quantity * 500).sum()
}
// <<< declaration

fn book() -> Input {
    Input::AddItem { sku: "book".into(), quantity: 2 }
}

#[test]
fn a_paid_order_is_shipped() {
    let at = SystemTime::now();
    let mut order = StateMachine::<Order>::new();
    assert!(order.consume(&Input::Checkout).is_err()); // no items
    assert_eq!(order.consume(&book()).unwrap(), None);
    assert_eq!(order.state(), &State::Cart { items: vec![("book".into(), 2)] });
    assert!(order.consume(&Input::Pay { amount: 1000, at }).is_err());
    assert_eq!(order.consume(&Input::Checkout).unwrap(), Some(Output::ReserveStock));
    assert_eq!(order.state(), &State::AwaitingPayment { due: 1000 });
    assert_eq!(order.consume(&Input::Pay { amount: 400, at }).unwrap(), None);
    assert_eq!(order.state(), &State::AwaitingPayment { due: 1000 });
    let charged = order.consume(&Input::Pay { amount: 1000, at }).unwrap();
    assert_eq!(charged, Some(Output::Charge { amount: 1000 }));
    assert_eq!(order.state(), &State::Paid { amount: 1000, at });
    order.consume(&Input::Ship { tracking: "T1".into() }).unwrap();
    assert_eq!(order.state(), &State::Shipped { tracking: "T1".into() });
    assert!(order.consume(&Input::Cancel { reason: "late".into() }).is_err());
}

#[test]
fn a_cancelled_and_an_expired_order_release_the_stock() {
    for (last, state) in [
        (Input::Cancel { reason: "late".into() }, State::Cancelled { reason: "late".into() }),
        (Input::PaymentTimedOut, State::Expired),
    ] {
        let mut order = StateMachine::<Order>::new();
        order.consume(&book()).unwrap();
        order.consume(&Input::Checkout).unwrap();
        assert_eq!(order.consume(&last).unwrap(), Some(Output::ReleaseStock));
        assert_eq!(order.state(), &state);
    }
}
