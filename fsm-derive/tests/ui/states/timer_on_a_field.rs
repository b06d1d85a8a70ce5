use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    Start {
        #[after(30s => Done)]
        speed: u32,
    },
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
