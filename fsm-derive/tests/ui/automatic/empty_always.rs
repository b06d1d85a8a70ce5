use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    #[always()]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
