use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Call {
    #[fsm(initial)]
    #[after(30 => Ringing)]
    #[on(Go => Idle)]
    #[on(Go => Idle)]
    Idle,
    // Would be a dead end that nothing leads to, if all rows were known.
    Ringing,
}

enum Event {
    Go,
}

fn main() {}
