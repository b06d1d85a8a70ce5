use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin if let Some(1) = Some(2) => Unlocked)]
    Locked,
    #[on(Push => Locked)]
    Unlocked,
}

enum Event {
    Coin,
    Push,
}

fn main() {}
