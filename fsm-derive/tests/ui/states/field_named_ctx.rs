use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked { ctx: u8 },
    #[on(Push => Locked { ctx: 1 })]
    Unlocked,
}

enum Event {
    Coin,
    Push,
}

fn main() {}
