use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Active, initial = Ringing, history = last)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Idle)]
    Ringing,
}

enum Event {
    Go,
}

fn main() {}
