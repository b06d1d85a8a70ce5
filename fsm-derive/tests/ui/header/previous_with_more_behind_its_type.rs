use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, version = 2, previous(1 = Event 2))]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
