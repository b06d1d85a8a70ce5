use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[on(from(Over), Stop => Start)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start,
    #[fsm(final, group = Over)]
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
