use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go | Stop => Done)]
    #[on(Stop => Start)]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
    Stop,
}

fn main() {}
