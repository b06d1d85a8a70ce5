use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[after(5s => Doen)]
    #[on(Go => Done)]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
