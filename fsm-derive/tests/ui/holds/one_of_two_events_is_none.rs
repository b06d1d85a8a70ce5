use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Next)]
    #[quiet(Stop | 5)]
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
