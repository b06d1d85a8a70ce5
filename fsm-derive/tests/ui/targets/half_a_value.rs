use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done(1 +))]
    Start,
    #[fsm(final)]
    Done(u32),
}

enum Event {
    Go,
}

fn main() {}
