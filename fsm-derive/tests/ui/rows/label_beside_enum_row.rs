use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[on(Reset => Locked)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked,
    #[on(Push => Locked)]
    #[on(Reset if 1 > 2 => Locked)]
    Unlocked,
}

enum Event {
    Coin,
    Push,
    Reset,
}

fn main() {}
