use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history = last)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Active)]
    #[on(Stop => Idle)]
    Ringing,
}

enum Event {
    Go,
    Stop,
}

struct Line {
    last: Option<Call>,
}

fn main() {}
