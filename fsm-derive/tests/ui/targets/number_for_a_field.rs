use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done { 0: 1 })]
    Start,
    #[fsm(final)]
    Done { at: u32 },
}

enum Event {
    Go,
}

fn main() {}
