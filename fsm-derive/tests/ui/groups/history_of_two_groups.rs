use fsm_core::Fsm;

#[derive(Fsm, Clone)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history)]
#[fsm(group = Parked, initial = Waiting, history)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    #[on(Park => Parked)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Idle)]
    Ringing,
    #[fsm(group = Parked)]
    #[on(Go => Idle)]
    Waiting,
}

enum Event {
    Go,
    Park,
}

struct Line {
    history: Option<Call>,
}

fn main() {}
