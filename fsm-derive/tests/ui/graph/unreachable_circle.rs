use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Start)]
    Start,
    #[on(Go => There)]
    Here,
    #[on(Go => Here)]
    There,
}

enum Event {
    Go,
}

fn main() {}
