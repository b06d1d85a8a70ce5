use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial, final)]
    Done,
}

enum Event {}

fn main() {}
