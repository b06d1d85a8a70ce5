use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Middel)]
    Start,
    #[on(Go => Done)]
    Middle,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
