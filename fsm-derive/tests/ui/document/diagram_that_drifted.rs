use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, context = Order, diagram = "order.mmd")]
#[on(Cancel => Cancelled)]
enum OrderState {
    #[fsm(initial)]
    #[on(Pay { amount } if covers(amount) => Paid)]
    Cart,
    #[on(Ship => Shipped)]
    #[after(30d => Cancelled)]
    Paid,
    #[fsm(final)]
    Shipped,
    #[fsm(final)]
    Cancelled,
}

enum Event {
    Pay { amount: u32 },
    Ship,
    Cancel,
}

struct Order;

impl Order {
    fn covers(&self, _amount: &u32) -> bool {
        true
    }
}

fn main() {}
