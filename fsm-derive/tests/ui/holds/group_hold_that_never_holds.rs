use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[quiet(from(Active), Go)]
enum Machine {
    #[fsm(initial)]
    #[on(Go => Next)]
    #[fsm(group = Active)]
    Start,
    #[on(Stop => Done)]
    Next,
    #[fsm(final)]
    Done,
}

enum Event {
    Go,
    Stop,
}

fn main() {}
