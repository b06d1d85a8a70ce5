use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin => Unlocked)]
    Locked {
        #[on(Coin => Unlocked)]
        coins: u8,
    },
    #[on(Push => Locked { coins: 0 })]
    Unlocked,
}

enum Event {
    Coin,
    Push,
}

fn main() {}
