//! Machines with a diagram beside them, in each of the languages. That one which disagrees does not
//! compile is shown in the derive's own tests.

use fsm_core::{Effects, Fsm, Moment};

#[derive(Fsm, Debug, PartialEq)]
#[fsm(event = Event, context = u32, diagram = "diagrams/gate.mmd")]
#[on(Kick => Broken)]
enum Gate {
    #[fsm(initial)]
    #[on(Coin { value } if covers(value) => Unlocked)]
    Locked,
    #[on(Push => Locked)]
    #[after(30s => Locked)]
    Unlocked,
    #[fsm(final)]
    Broken,
}

trait Price {
    fn covers(&self, value: &u32) -> bool;
}

impl Price for u32 {
    fn covers(&self, value: &u32) -> bool {
        value >= self
    }
}

#[derive(Debug)]
enum Event {
    Coin { value: u32 },
    Push,
    Kick,
}

#[derive(Fsm)]
#[fsm(event = Command, diagram = "diagrams/flow.mmd")]
enum Flow {
    #[fsm(initial)]
    #[on(Start => Running)]
    Idle,
    #[on(Stop => Stopping)]
    #[on(Fail => Failed)]
    Running,
    #[on(Start => Running)]
    #[on(Fail => Failed)]
    Stopping,
    #[fsm(final)]
    Failed,
}

#[derive(Fsm)]
#[fsm(event = Command, diagram = "diagrams/gate.puml")]
enum Uml {
    #[fsm(initial)]
    #[on(Start => Running)]
    Idle,
    #[on(Stop => Idle)]
    #[on(Fail => Failed)]
    Running,
    #[fsm(final)]
    Failed,
}

enum Command {
    Start,
    Stop,
    Fail,
}

#[test]
fn a_machine_that_agrees_with_its_diagram_compiles_and_runs() {
    let (mut price, moment, mut effects) = (3, Moment::default(), Effects::new());
    let gate = Gate::initial();
    let gate = gate.step(&mut price, Event::Coin { value: 3 }, moment, &mut effects).unwrap();
    let gate = gate.step(&mut price, Event::Push, moment, &mut effects).unwrap();
    assert_eq!(gate.step(&mut price, Event::Kick, moment, &mut effects).unwrap(), Gate::Broken);
    for command in [Command::Start, Command::Stop, Command::Fail] {
        let name = Flow::TABLE.event(Flow::event_id(&command));
        assert_eq!(name, Uml::TABLE.event(Uml::event_id(&command)));
    }
}
