use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    #[every(5s / note())]
    #[every(1min / note())]
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
