use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin { value: 1 } => Unlocked)]
    #[on(Coin { value } if *value > 5 => Unlocked)]
    Locked,
    #[on(Push => Locked)]
    Unlocked,
}

enum Event {
    Coin { value: u8 },
    Push,
}

fn main() {}
