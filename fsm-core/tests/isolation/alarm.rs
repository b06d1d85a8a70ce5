//! An alarm that rings by itself.

use fsm_core::{Fsm, MachineRef, System};
use serde::{Deserialize, Serialize};

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Alarm, name = "alarm")]
pub(crate) enum State {
    #[fsm(initial)]
    #[on(Set => Running)]
    #[on(Touch => _ / touch())]
    Silent,
    #[after(60s => Rung)]
    #[on(Touch => _ / touch())]
    Running,
    #[on(Touch => _ / touch())]
    #[on(Burst => _ / burst())]
    #[on(Reset => Silent)]
    Rung,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    Set,
    Touch,
    Burst,
    Reset,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alarm {
    pub(crate) touched: u32,
}

impl Alarm {
    fn touch(&mut self) {
        self.touched += 1;
    }

    fn burst(&mut self) {
        panic!("the alarm gives up");
    }
}

/// A new alarm that does not run yet.
pub(crate) async fn mount(system: &System, id: &str) -> MachineRef<State> {
    let alarm = system.machine::<State>(id.to_owned());
    alarm.create(Alarm::default()).await.unwrap();
    alarm
}
