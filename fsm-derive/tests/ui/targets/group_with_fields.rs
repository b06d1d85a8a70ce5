use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
#[fsm(group = Active, initial = Ringing)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active { number: 1 })]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Idle)]
    Ringing { number: u32 },
}

enum Event {
    Go,
}

fn main() {}
