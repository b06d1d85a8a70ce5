use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    #[exit]
    Start,
    #[fsm(final)]
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
