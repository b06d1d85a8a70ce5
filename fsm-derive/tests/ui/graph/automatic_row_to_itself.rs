use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Here)]
    Start,
    #[always(=> Here)]
    Here,
}

enum Event {
    Go,
}

fn main() {}
