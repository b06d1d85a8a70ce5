use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history = last)]
#[on(from(Active), Stop => Idle)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Actve)]
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

struct Line {
    last: Option<Call>,
}

fn main() {}
