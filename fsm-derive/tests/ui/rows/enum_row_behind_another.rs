use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[on(Reset => Locked)]
#[on(Reset => Unlocked)]
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
    Reset,
}

fn main() {}
