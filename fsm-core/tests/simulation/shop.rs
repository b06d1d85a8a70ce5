//! Orders: machines with effects.

use fsm_core::Fsm;
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Order, effect = Effect, name = "Shop")]
#[on(Note { count } => _ / note(count))]
#[on(Discard => Discarded / Effect::Mail(0))]
pub(crate) enum State {
    #[fsm(initial)]
    #[on(Pay { cents } if cents > &0 => Paying { cents } / charge(cents))]
    #[on(Look => _)]
    #[on(Panic => _ / panic())]
    Cart,

    #[on(Charged => Shipping / ship())]
    #[on(Declined => Cart)]
    #[after(50s => Cart / Effect::Mail(1))]
    #[defer(Pay { .. })]
    Paying { cents: u32 },

    #[on(Arrived => Cart)]
    #[defer(Pay { .. })]
    Shipping,

    #[fsm(final)]
    Discarded,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Event {
    Pay { cents: u32 },
    Note { count: u32 },
    Look,
    Panic,
    Charged,
    Declined,
    Arrived,
    Discard,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Charge(u32),
    Ship(u32),
    Mail(u32),
    Note(u32),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    notes: u32,
    paid: u32,
}

impl Order {
    fn charge(&mut self, cents: u32) -> Effect {
        self.paid += cents;
        Effect::Charge(cents)
    }

    fn ship(&mut self) -> Vec<Effect> {
        vec![Effect::Ship(self.paid), Effect::Mail(2)]
    }

    fn note(&mut self, count: u32) -> Vec<Effect> {
        let before = self.notes;
        self.notes += count;
        (before..self.notes).map(Effect::Note).collect()
    }

    fn panic(&mut self) {
        self.notes = 0;
        panic!("the order gives up");
    }
}
