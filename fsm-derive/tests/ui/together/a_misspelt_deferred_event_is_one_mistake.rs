use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Active, initial = Ringing)]
#[on(from(Active), Stop => Idle)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    #[defer(Sotp)]
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
