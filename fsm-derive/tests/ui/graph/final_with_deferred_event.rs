use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start,
    #[fsm(final)]
    #[defer(Go)]
    Done,
}

enum Event {
    Go,
}

struct Line;

impl Line {
    fn note(&mut self) {}
}

fn main() {}
