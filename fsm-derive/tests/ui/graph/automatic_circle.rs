use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Here)]
    Start,
    #[always(=> There)]
    Here,
    #[always(=> Here)]
    There,
}

enum Event {
    Go,
}

fn main() {}
