use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked(u8, String),
    #[on(Push => Locked(1, String::new()))]
    Unlocked,
}

enum Event {
    Coin,
    Push,
}

fn main() {}
