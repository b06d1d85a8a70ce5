use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[on(from(Start, Done), Stop => Done)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
    Stop,
}

struct Line;

impl Line {
    fn note(&mut self) {}
}

fn main() {}
