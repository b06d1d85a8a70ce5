use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[always(if true => Done)]
enum Machine {
    #[fsm(initial)]
    #[always(=> Done)]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {}

fn main() {}
