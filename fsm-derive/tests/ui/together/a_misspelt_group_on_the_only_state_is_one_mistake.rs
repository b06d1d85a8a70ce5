use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history = last)]
#[on(from(Active), Stop => Idle)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(group = Actve)]
    #[on(Go => Talking)]
    Ringing,
    #[fsm(group = Actve)]
    Talking,
}

enum Event {
    Go,
    Stop,
}

struct Line {
    last: Option<Call>,
}

fn main() {}
