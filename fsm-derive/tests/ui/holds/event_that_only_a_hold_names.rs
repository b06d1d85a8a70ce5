use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Next)]
    #[quiet(Poke)]
    Start,
    #[on(Stop => Done)]
    Next,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
    Stop,
    Poke,
}

fn main() {}
