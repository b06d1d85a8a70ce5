use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[quiet(Go)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Next)]
    Start,
    #[on(Stop => Done)]
    #[on(Go => _)]
    Next,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
    Stop,
}

fn main() {}
