use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, crate = "fsm_core")]
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
