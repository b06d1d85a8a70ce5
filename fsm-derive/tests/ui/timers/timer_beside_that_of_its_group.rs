use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[after(from(Active), 1min => Done)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Done)]
    #[fsm(group = Active)]
    #[after(5s => Done)]
    Start,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
}

fn main() {}
