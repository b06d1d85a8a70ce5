use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Active, initial = Ringing)]
#[on(from(Active), Stop => Idle)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(grup = Active)]
    #[on(Go => Talking)]
    Ringing,
    #[fsm(grup = Active)]
    Talking,
}

enum Event {
    Go,
    Stop,
}

fn main() {}
