use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    #[enter(note())]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
