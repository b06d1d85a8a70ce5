use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Context, version = 2, previous(context 1))]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

struct Context;

fn main() {}
