use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history = last)]
#[fsm(group = Inner, in = Active)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Talking)]
    Ringing,
    #[fsm(group = Inner)]
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
