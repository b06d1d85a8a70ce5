use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[on(Reset => Locked)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    #[on(Reset => _)]
    Locked,
    #[on(Push | Reset => Locked)]
    Unlocked,
}

enum Event {
    Coin,
    Push,
    Reset,
}

fn main() {}
