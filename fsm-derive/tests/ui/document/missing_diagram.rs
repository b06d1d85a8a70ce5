use fsm_core::Fsm;

#[derive(Fsm)]
#[fsm(event = Event, diagram = "nowhere.mmd")]
enum Order {
    #[fsm(initial)]
    #[on(Pay => Paid)]
    Cart,
    #[fsm(final)]
    Paid,
}

enum Event {
    Pay,
}

fn main() {}
