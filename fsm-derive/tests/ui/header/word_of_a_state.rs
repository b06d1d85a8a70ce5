use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, initial)]
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
