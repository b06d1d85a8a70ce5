use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Machine {
    #[fsm(initial)]
    #[on(Parse(text) => Parsed { number: text.parse()? })]
    Waiting,
    #[fsm(final)]
    Parsed { number: u32 },
}

enum Event {
    Parse(String),
}

fn main() {}
