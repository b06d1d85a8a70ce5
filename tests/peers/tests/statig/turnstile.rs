//! The turnstile, and what the feature `serde` keeps of one.

use statig::prelude::*;

// >>> declaration
#[derive(Default)]
pub struct Turnstile;

pub enum Event {
    Coin,
    Push,
}

#[state_machine(initial = "State::locked()", state(derive(Debug, PartialEq)))]
impl Turnstile {
    #[state]
    fn locked(event: &Event) -> Outcome<State> {
        match event {
            Event::Coin => Transition(State::unlocked()),
            Event::Push => Super,
        }
    }

    #[state]
    fn unlocked(event: &Event) -> Outcome<State> {
        match event {
            Event::Coin => Super,
            Event::Push => Transition(State::locked()),
        }
    }
}
// <<< declaration

#[test]
fn a_coin_opens_and_a_push_closes() {
    let mut gate = Turnstile.state_machine();
    gate.handle(&Event::Push); // nothing tells the caller that it was not taken
    assert_eq!(gate.state(), &State::locked());
    gate.handle(&Event::Coin);
    assert_eq!(gate.state(), &State::unlocked());
    gate.handle(&Event::Coin);
    assert_eq!(gate.state(), &State::unlocked());
    gate.handle(&Event::Push);
    assert_eq!(gate.state(), &State::locked());
}

/// Feature `serde`: the state and the shared storage, not the events that led there.
mod saved {
    use serde::{Deserialize, Serialize};
    use statig::blocking::UninitializedStateMachine;
    use statig::prelude::*;

    #[derive(Default, Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Gate {
        visitors: u64,
    }

    #[state_machine(
        initial = "State::locked()",
        state(derive(Debug, Clone, PartialEq, Serialize, Deserialize))
    )]
    impl Gate {
        #[state]
        fn locked(#[expect(unused)] event: &super::Event) -> Outcome<State> {
            Transition(State::unlocked())
        }

        #[state]
        fn unlocked(&mut self, #[expect(unused)] event: &super::Event) -> Outcome<State> {
            self.visitors += 1;
            Transition(State::locked())
        }
    }

    #[test]
    fn state_and_storage_survive_serde() {
        let mut gate = Gate::default().uninitialized_state_machine().init();
        for event in [super::Event::Coin, super::Event::Push, super::Event::Coin] {
            gate.handle(&event);
        }
        let json = serde_json::to_string(&gate).unwrap();
        let gate: UninitializedStateMachine<Gate> = serde_json::from_str(&json).unwrap();
        let gate = gate.init();
        assert_eq!((gate.state(), gate.inner().visitors), (&State::unlocked(), 1));
    }
}
