use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Active, initial = Ringing)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Idle)]
    Ringing,
    #[fsm(group = Active)]
    #[on(Go => Idle)]
    Talking,
}

enum Event {
    Go,
}

fn main() {}
