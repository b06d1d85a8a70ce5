use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
struct Machine {
    speed: u32,
}

enum Event {
    Go,
}

fn main() {}
