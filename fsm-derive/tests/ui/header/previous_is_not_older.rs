use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, version = 2, previous(2 = Event))]
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
