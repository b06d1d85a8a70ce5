use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done, label = "#1")]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
