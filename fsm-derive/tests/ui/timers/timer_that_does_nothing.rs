use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[after(30s => _)]
    #[on(Go => Done)]
    Waiting,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
