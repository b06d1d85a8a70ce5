use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {}

enum Event {
    Go,
}

fn main() {}
