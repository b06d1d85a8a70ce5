use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Waiting)]
    Start,
    #[every(5s / note())]
    Waiting,
}

enum Event {
    Go,
}

struct Line;

impl Line {
    fn note(&mut self) {}
}

fn main() {}
