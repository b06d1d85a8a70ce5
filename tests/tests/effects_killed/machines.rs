//! The machines whose effects are followed: orders that send to a courier and spawn parcels, and an
//! alarm with a timer and a scheduled event.
//!
//! Each goes one way only, so that what must have happened in the end is known in advance.

use fsm_core::{Effects, Fsm};
use serde::{Deserialize, Serialize};

use crate::kill::{Point, pass};

/// The machines that the program creates; the orders spawn the parcels of the same names.
pub(crate) const ORDERS: [&str; 2] = ["a", "b"];
pub(crate) const COURIER: &str = "courier";
pub(crate) const ALARM: &str = "alarm";

/// What a handler is to write into the ledger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Line {
    Reserve,
    Charge,
    Label,
    Thank,
    Collect,
    Ride,
    Ring,
    Silence,
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = OrderEvent, context = Goods, effect = Line)]
pub(crate) enum Order {
    #[fsm(initial)]
    #[on(Pay => Paying / charge())]
    Cart,
    #[on(Charged => Shipping / ship())]
    Paying,
    #[on(Delivered => Done / thank())]
    Shipping,
    #[fsm(final)]
    Done,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum OrderEvent {
    Pay,
    Charged,
    Delivered,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Goods {
    pub(crate) name: String,
}

impl Goods {
    fn charge(&mut self) -> Vec<Line> {
        pass(Point::ActionRuns);
        vec![Line::Reserve, Line::Charge]
    }

    /// An effect, a message and a child, in this order.
    fn ship(&mut self) -> Effects<Line> {
        pass(Point::ActionRuns);
        let mut effects = Effects::new();
        effects.push(Line::Label);
        effects.send::<Courier>(COURIER, CourierEvent::Ride);
        let parcel = effects.spawn::<Parcel>(self.name.clone(), Wrapping);
        parcel.then_tell::<Order>(OrderEvent::Delivered);
        effects
    }

    fn thank(&mut self) -> Line {
        pass(Point::ActionRuns);
        Line::Thank
    }
}

/// A child: it owes an effect from its creation on.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = ParcelEvent, context = Wrapping, effect = Line)]
pub(crate) enum Parcel {
    #[fsm(initial)]
    #[enter(collect())]
    #[on(Collected => Gone)]
    Packed,
    #[fsm(final)]
    Gone,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ParcelEvent {
    Collected,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wrapping;

impl Wrapping {
    fn collect(&mut self) -> Line {
        pass(Point::ActionRuns);
        Line::Collect
    }
}

/// It is sent an event by each order, and has ended after as many.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = CourierEvent, context = Trips, effect = Line)]
pub(crate) enum Courier {
    #[fsm(initial)]
    #[on(Ride if is_last() => Home / ride())]
    #[on(Ride => _ / ride())]
    Out,
    #[fsm(final)]
    Home,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum CourierEvent {
    Ride,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trips {
    made: usize,
}

impl Trips {
    fn is_last(&self) -> bool {
        self.made + 1 == ORDERS.len()
    }

    fn ride(&mut self) -> Line {
        pass(Point::ActionRuns);
        self.made += 1;
        Line::Ride
    }
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = AlarmEvent, context = Bell, effect = Line)]
pub(crate) enum Alarm {
    #[fsm(initial)]
    #[after(10s => Ringing / ring())]
    Set,
    #[on(Silence => Off / silence())]
    Ringing,
    #[fsm(final)]
    Off,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum AlarmEvent {
    Silence,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bell;

impl Bell {
    fn ring(&mut self) -> Line {
        pass(Point::ActionRuns);
        Line::Ring
    }

    fn silence(&mut self) -> Line {
        pass(Point::ActionRuns);
        Line::Silence
    }
}
