//! The kinds of machines that take part, and what is sent to them.

use fsm_core::Machine;

use crate::device;
use crate::dice::Dice;
use crate::family::{ChildEvent, ChildState, ParentEvent, ParentState};
use crate::known::Known;
use crate::shop;
use crate::world::World;

/// A kind of machine that takes part.
pub(crate) trait Actor:
    PartialEq + Machine<Event: Clone + PartialEq, Context: PartialEq + Default, Effect: Clone>
{
    /// An event that the dice choose.
    fn event(dice: &mut Dice) -> Self::Event;

    /// The id of one of a few machines.
    fn id(dice: &mut Dice) -> String;

    /// What is known of machines of this kind.
    fn known(world: &World) -> &Known<Self>;
}

impl Actor for device::State {
    fn event(dice: &mut Dice) -> device::Event {
        match dice.below(40) {
            0..10 => device::Event::Connect,
            10..20 => device::Event::Accepted,
            20..32 => device::Event::Work { units: dice.below(11) as u32 },
            32..34 => device::Event::Look,
            34..36 => device::Event::Drop,
            36..39 => device::Event::Panic,
            _ => device::Event::Scrap,
        }
    }

    fn id(dice: &mut Dice) -> String {
        format!("d{}", dice.below(3))
    }

    fn known(world: &World) -> &Known<Self> {
        &world.devices
    }
}

impl Actor for shop::State {
    fn event(dice: &mut Dice) -> shop::Event {
        match dice.below(40) {
            0..12 => shop::Event::Pay { cents: dice.below(4) as u32 },
            12..26 => shop::Event::Note { count: dice.below(4) as u32 },
            26..28 => shop::Event::Look,
            28..30 => shop::Event::Panic,
            30..33 => shop::Event::Charged,
            33..35 => shop::Event::Declined,
            35..39 => shop::Event::Arrived,
            _ => shop::Event::Discard,
        }
    }

    fn id(dice: &mut Dice) -> String {
        format!("o{}", dice.below(3))
    }

    fn known(world: &World) -> &Known<Self> {
        &world.orders
    }
}

impl Actor for ParentState {
    fn event(dice: &mut Dice) -> ParentEvent {
        match dice.below(20) {
            0..6 => ParentEvent::Begin { children: dice.below(3) as u32 },
            6..19 => ParentEvent::Poke { child: dice.below(4) as u32 },
            _ => ParentEvent::Abort,
        }
    }

    fn id(dice: &mut Dice) -> String {
        format!("p{}", dice.below(2))
    }

    fn known(world: &World) -> &Known<Self> {
        &world.parents
    }
}

impl Actor for ChildState {
    fn event(dice: &mut Dice) -> ChildEvent {
        if dice.one_in(8) { ChildEvent::Leave } else { ChildEvent::Poke }
    }

    fn id(dice: &mut Dice) -> String {
        format!("p{}-{}", dice.below(2), dice.below(3))
    }

    fn known(world: &World) -> &Known<Self> {
        &world.children
    }
}
