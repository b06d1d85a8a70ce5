use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[exit(of(Active))]
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

struct Line;

impl Line {
    fn note(&mut self) {}
}

fn main() {}
