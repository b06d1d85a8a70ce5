use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start,
    #[fsm(finl)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
