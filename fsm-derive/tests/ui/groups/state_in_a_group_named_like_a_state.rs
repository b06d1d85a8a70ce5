use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Ringing)]
    Idle,
    #[fsm(group = Idle)]
    #[on(Go => Talking)]
    Ringing,
    #[fsm(group = Idle)]
    #[on(Go => Idle)]
    Talking,
}

enum Event {
    Go,
}

fn main() {}
