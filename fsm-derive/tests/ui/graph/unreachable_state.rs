use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start,
    #[on(Go => Behind)]
    Apart,
    // Can be reached, if only `Apart` can: not reported.
    #[on(Go => Done)]
    Behind,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
