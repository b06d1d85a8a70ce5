use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Active, initial = Ringing)]
enum Call {
    #[fsm(initial)]
    #[on(Go { fast: true } => Ringing)]
    #[on(Go { .. } => Active)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go { .. } => Idle)]
    Ringing,
}

enum Event {
    Go { fast: bool },
}

fn main() {}
