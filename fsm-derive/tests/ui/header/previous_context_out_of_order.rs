use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line, version = 3, previous(context 2 = Line, context 1 = Line))]
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

struct Line;

fn main() {}
