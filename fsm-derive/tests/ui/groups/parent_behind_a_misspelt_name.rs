use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Live)]
#[fsm(group = Active, in = Liv)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Ringing)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Talking)]
    Ringing,
    #[fsm(group = Active)]
    #[on(Go => Idle)]
    Talking,
}

enum Event {
    Go,
}

fn main() {}
