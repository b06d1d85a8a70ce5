use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Live)]
#[fsm(group = Active, initial = Ringing, in = Liv)]
#[on(from(Live), Stop => Idle)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Talking)]
    Ringing,
    #[fsm(group = Active)]
    Talking,
}

enum Event {
    Go,
    Stop,
}

fn main() {}
