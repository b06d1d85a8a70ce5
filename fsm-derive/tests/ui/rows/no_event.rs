use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(_ => Unlocked)]
    Locked,
    #[on(Push => Locked)]
    Unlocked,
}

enum Event {
    Coin,
    Push,
}

fn main() {}
