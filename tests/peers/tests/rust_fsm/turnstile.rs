//! The turnstile.

use rust_fsm::*;

// >>> declaration
state_machine! {
    #[derive(Debug, PartialEq)]
    turnstile(Locked)

    Locked(Coin) => Unlocked,
    Unlocked(Push) => Locked,
}
// <<< declaration

use turnstile::{Input, State, StateMachine};

#[test]
fn a_coin_opens_and_a_push_closes() {
    let mut gate = StateMachine::new();
    assert!(gate.consume(&Input::Push).is_err());
    gate.consume(&Input::Coin).unwrap();
    assert_eq!(gate.state(), &State::Unlocked);
    assert!(gate.consume(&Input::Coin).is_err());
    gate.consume(&Input::Push).unwrap();
    assert_eq!(gate.state(), &State::Locked);
}
