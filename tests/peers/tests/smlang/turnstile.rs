//! The turnstile.

use smlang::statemachine;

// >>> declaration
statemachine! {
    derive_states: [Debug],
    transitions: {
        *Locked + Coin = Unlocked,
        Unlocked + Push = Locked,
    }
}

pub struct Context;

impl StateMachineContext for Context {}
// <<< declaration

#[test]
fn a_coin_opens_and_a_push_closes() {
    let mut gate = StateMachine::new(Context);
    assert_eq!(gate.process_event(Events::Push), Err(Error::InvalidEvent));
    assert_eq!(gate.process_event(Events::Coin), Ok(&States::Unlocked));
    assert_eq!(gate.process_event(Events::Coin), Err(Error::InvalidEvent));
    assert_eq!(gate.state(), &States::Unlocked);
    assert_eq!(gate.process_event(Events::Push), Ok(&States::Locked));
}
