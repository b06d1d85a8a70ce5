use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done { at: })]
    Start,
    #[fsm(final)]
    Done { at: u32 },
}

enum Event {
    Go,
}

fn main() {}
