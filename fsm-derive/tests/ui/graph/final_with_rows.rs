use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked,
    #[fsm(final)]
    #[on(Push => Locked)]
    #[on(Coin => _)]
    Unlocked,
}

enum Event {
    Coin,
    Push,
}

fn main() {}
