//! Parents that spawn children, send them events, and hear of their end.

use fsm_core::{Effects, Fsm, NoEffect};
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = ParentEvent, context = Parent, name = "Parent")]
#[on(Abort => Aborted)]
pub(crate) enum ParentState {
    #[fsm(initial)]
    #[on(Begin { children } => _ / spawn(id, children))]
    #[on(Poke { child } => _ / poke(id, child))]
    #[on(Ended => _ / ended())]
    Raising,

    #[fsm(final)]
    Aborted,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ParentEvent {
    Begin { children: u32 },
    Poke { child: u32 },
    Ended,
    Abort,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Parent {
    pub(crate) spawned: u32,
    pub(crate) ended: u32,
}

impl Parent {
    fn spawn(&mut self, id: &str, children: u32) -> Effects<NoEffect> {
        let mut effects = Effects::new();
        for child in self.spawned..self.spawned + children {
            let spawning = effects.spawn::<ChildState>(format!("{id}-{child}"), Child::default());
            spawning.then_tell::<ParentState>(ParentEvent::Ended);
        }
        self.spawned += children;
        effects
    }

    fn poke(&mut self, id: &str, child: u32) -> Effects<NoEffect> {
        let mut effects = Effects::new();
        effects.send::<ChildState>(format!("{id}-{child}"), ChildEvent::Poke);
        effects
    }

    fn ended(&mut self) {
        self.ended += 1;
    }
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = ChildEvent, context = Child, name = "Child")]
pub(crate) enum ChildState {
    #[fsm(initial)]
    #[on(Poke => _ / poke())]
    #[on(Leave => Gone)]
    #[every(9s / grow())]
    #[after(40s => Gone)]
    Home,

    #[fsm(final)]
    Gone,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ChildEvent {
    Poke,
    Leave,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Child {
    pokes: u32,
    age: u32,
}

impl Child {
    fn poke(&mut self) {
        self.pokes += 1;
    }

    fn grow(&mut self) {
        self.age += 1;
    }
}
