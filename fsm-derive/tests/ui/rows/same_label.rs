use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin { value: 1 } => _, label = "small")]
    #[on(Coin { value: 2 } => _, label = "small")]
    #[on(Coin { .. } => Unlocked)]
    Locked,
    #[on(Push => Locked)]
    Unlocked,
}

enum Event {
    Coin { value: u8 },
    Push,
}

fn main() {}
