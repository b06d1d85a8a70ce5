use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event)]
enum Order {
    #[fsm(initial)]
    #[on(Pay { amount } => Paid(amount))]
    Open,
    #[fsm(final)]
    Paid { amount: u32, by: String },
}

enum Event {
    Pay { amount: u32 },
}

fn main() {}
