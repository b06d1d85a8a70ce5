use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[on(Go)]
    Start,
    // Would be a dead end, if all rows were known.
    Waiting,
}

enum Event {
    Go,
}

fn main() {}
