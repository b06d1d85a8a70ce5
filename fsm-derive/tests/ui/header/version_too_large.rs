use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, version = 4294967296)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked,
    #[on(Push => Locked)]
    Unlocked,
}

enum Event {
    Coin,
    Push,
}

fn main() {}
