use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Line)]
enum Call {
    #[fsm(initial)]
    #[on(Go { at } => Ringing { number: 1 })]
    Idle,
    #[on(Go { at } => Done)]
    #[on(Stop => Ringing { number: 2 })]
    Ringing { number: u32 },
    #[fsm(final)]
    #[enter({ let _ = at; })]
    Done,
}

enum Event {
    Go { at: u8 },
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
