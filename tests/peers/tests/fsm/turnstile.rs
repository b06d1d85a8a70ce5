//! The turnstile.

use fsm_core::{Effects, Fsm, Moment};
use serde::{Deserialize, Serialize};

// >>> declaration
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event)]
pub enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked,

    #[on(Push => Locked)]
    Unlocked,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Event {
    Coin,
    Push,
}
// <<< declaration

#[test]
fn a_coin_opens_and_a_push_closes() {
    let mut effects = Effects::new();
    let mut step =
        |gate: Turnstile, event| gate.step(&mut (), event, Moment::default(), &mut effects);
    let refused = step(Turnstile::initial(), Event::Push).unwrap_err();
    assert_eq!(refused.to_string(), "no row of state `Locked` takes `Push`");
    let unlocked = step(refused.state, Event::Coin).unwrap();
    assert_eq!(unlocked, Turnstile::Unlocked);
    let refused = step(unlocked, Event::Coin).unwrap_err();
    assert_eq!(step(refused.state, Event::Push).unwrap(), Turnstile::Locked);
}
