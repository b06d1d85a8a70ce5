use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, effect = 5)]
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
