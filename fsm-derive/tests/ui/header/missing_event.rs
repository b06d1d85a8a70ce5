use fsm_core::Fsm;

#[derive(Fsm)]
enum Door {
    #[fsm(initial)]
    #[on(Close => Closed)]
    Open,
    #[fsm(final)]
    Closed,
}

enum Event {
    Close,
}

fn main() {}
