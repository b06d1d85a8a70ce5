use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history = last)]
#[on(Resume => Active)]
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
    Resume,
}

struct Line {
    last: Option<Call>,
}

fn main() {}
