use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Start { speed })]
    Start { speed: Speed },
}

enum Event {
    Go,
}

struct Speed;

fn main() {}
