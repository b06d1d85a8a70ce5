use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
enum Call {
    #[fsm(initial)]
    #[on(Go => Ringing { number: 1 })]
    Idle,
    #[afer(30s => Done)]
    #[on(Go => Done)]
    #[on(Stop => Ringing { number: 2 })]
    Ringing { number: u32 },
    #[fsm(final)]
    Done,
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

fn main() {}
