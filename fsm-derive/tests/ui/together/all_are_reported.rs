use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, colour = red)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Don)]
    #[on(Stop)]
    Start,
    #[fsm(initial)]
    #[on(Go => Start)]
    #[on(Go => Done)]
    Second,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
    Stop,
}

fn main() {}
