use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history, history)]
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

struct Line {
    history: Option<Call>,
}

fn main() {}
