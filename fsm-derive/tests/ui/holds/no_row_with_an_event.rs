use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[always(=> Next)]
    #[quiet(Go)]
    Start,
    #[after(5s => Done)]
    Next,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
