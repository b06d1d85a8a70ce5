use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, history = last)]
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

struct Line {
    last: Option<Call>,
}

fn main() {}
