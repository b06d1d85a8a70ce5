use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[defer(from(Start), Go)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Next)]
    Start,
    #[on(Stop => Done)]
    Next,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
    Stop,
}

fn main() {}
