use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Passing)]
    Start,
    #[always(=> Done)]
    #[always(if true => Done)]
    Passing,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
