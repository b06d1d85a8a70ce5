use fsm_core::{Fsm, Timestamp};

#[derive(Fsm)]
#[fsm(event = OrderEvent, context = Order, effect = Effect)]
enum OrderState {
    #[fsm(initial)]
    #[on(Pay { amount } if total() => Paid { at: now } / capture(amount))]
    Open { due: u32 },
    #[on(Ship { tracking } => Shipped { tracking })]
    Paid { at: Timestamp },
    #[fsm(final)]
    Shipped { tracking: String },
}

enum OrderEvent {
    Pay { amount: u32 },
    Ship { tracking: String },
}

struct Order;

struct Effect;

impl Order {
    fn covers(&self, amount: &u32, due: &u32) -> bool {
        amount >= due
    }

    fn total(&self) -> u32 {
        0
    }

    fn capture(&mut self, _amount: u32) -> Effect {
        Effect
    }
}

fn main() {}
