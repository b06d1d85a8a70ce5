use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
#[fsm(group = Active, initial = Ringing, history = last)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Active)]
    Idle,
    #[fsm(group = Active)]
    #[on(Go => Talking)]
    #[on(Stop => Idle)]
    Ringing { number: Number },
    #[fsm(group = Active)]
    #[on(Go => Ringing { number: Default::default() })]
    Talking,
}

enum Event {
    Go,
    Stop,
}

struct Line {
    last: Option<Call>,
    patience: std::time::Duration,
}

impl Line {
    fn log(&mut self) {}

    fn is_urgent(&self) -> bool {
        true
    }
}

#[derive(Default)]
struct Number;

fn main() {}
