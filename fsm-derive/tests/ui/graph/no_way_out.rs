use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Waiting)]
    Start,
    // It stays, so it is no way out.
    #[on(Go => _)]
    Waiting,
}

enum Event {
    Go,
}

fn main() {}
