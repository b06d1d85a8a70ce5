use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Passing)]
    Waiting,
    #[on(Go => Waiting)]
    #[always(=> Waiting)]
    Passing,
}

enum Event {
    Go,
}

fn main() {}
