use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, version = 3, previous(1 = Event, 1 = Event))]
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
