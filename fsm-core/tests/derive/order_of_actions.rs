//! The order of actions, against a model that knows nothing but the table.

use fsm_core::machine::{Row, Scope, Trigger};
use fsm_core::{Decision, Effects, Fsm, GroupId, Moment, StateId, Table};
use proptest::prelude::*;

/// Three groups deep, and every action says where it stands.
#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Memory, effect = &'static str)]
#[fsm(group = Outer, initial = A, deep_history = outer)]
#[fsm(group = Middle, in = Outer, initial = C, history = middle)]
#[fsm(group = Inner, in = Middle, initial = D)]
#[enter(of(Outer), say("+Outer"))]
#[exit(of(Outer), say("-Outer"))]
#[enter(of(Middle), say("+Middle"))]
#[exit(of(Middle), say("-Middle"))]
#[enter(of(Inner), say("+Inner"))]
#[exit(of(Inner), say("-Inner"))]
#[on(from(Outer), Leave => F / say("leave"))]
#[on(from(Middle), Up => A / say("up"))]
#[on(Reset => A / say("reset"))]
enum Nest {
    #[fsm(initial, group = Outer)]
    #[enter(say("+A"))]
    #[exit(say("-A"))]
    #[on(Down => B / say("down"))]
    #[on(Jump => E { hops: 0 } / say("jump"))]
    A,
    #[fsm(group = Middle)]
    #[enter(say("+B"))]
    #[exit(say("-B"))]
    #[on(Down => C / say("down"))]
    #[on(Stay => _ / say("stay"))]
    B,
    #[fsm(group = Middle)]
    #[enter(say("+C"))]
    #[exit(say("-C"))]
    #[on(Down => Inner / say("down"))]
    #[on(Stay => C / say("again"))]
    C,
    #[fsm(group = Inner)]
    #[enter(say("+D"))]
    #[exit(say("-D"))]
    #[on(Down => E { hops: 1 } / say("down"))]
    D,
    #[fsm(group = Inner)]
    #[enter(say("+E"))]
    #[exit(say("-E"))]
    #[on(Stay => E { hops: hops + 1 } / say("hop"))]
    #[on(Jump => B / say("jump"))]
    E { hops: u32 },
    #[enter(say("+F"))]
    #[exit(say("-F"))]
    #[on(Back => Outer / say("back"))]
    #[on(Jump => Middle / say("jump"))]
    #[on(Down => Inner / say("down"))]
    F,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Down,
    Up,
    Stay,
    Jump,
    Leave,
    Back,
    Reset,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Memory {
    outer: Option<Nest>,
    middle: Option<Nest>,
}

impl Memory {
    fn say(&mut self, what: &'static str) -> &'static str {
        what
    }
}

const TABLE: &Table = Nest::TABLE;

/// What a row does, from the table alone, when it leads to `target`.
fn expected(row: &Row, target: StateId) -> Vec<String> {
    let action = row.action.map(said);
    if row.target.is_none() {
        return action.into_iter().collect();
    }
    let is_in = |state, group: &GroupId| TABLE.is_in(state, Scope::Group(*group));
    let left = TABLE.groups_of(row.source).filter(|group| !is_in(target, group));
    let exits = left.flat_map(|group| TABLE.group(group).exit);
    let exits = TABLE.state(row.source).exit.iter().chain(exits);
    let mut entered: Vec<_> =
        TABLE.groups_of(target).filter(|group| !is_in(row.source, group)).collect();
    entered.reverse();
    let entries = entered.iter().flat_map(|group| TABLE.group(*group).enter);
    let entries = entries.chain(TABLE.state(target).enter);
    exits.map(|text| said(text)).chain(action).chain(entries.map(|text| said(text))).collect()
}

/// `x` of `say("x")`.
fn said(text: &str) -> String {
    text.trim_start_matches("say(\"").trim_end_matches("\")").to_owned()
}

/// Where the machine was when it left a group, as UML has it.
#[derive(Default)]
struct Model {
    outer: Option<Nest>,
    middle: Option<Nest>,
}

impl Model {
    fn target(&mut self, row: &Row, taken: &Nest) -> Option<Nest> {
        let group = row.history?;
        match TABLE.group(group).name {
            "Outer" => Some(self.outer.take().unwrap_or(Nest::A)),
            "Middle" => Some(match self.middle.take() {
                None => Nest::C,
                // The history is shallow: the group inside is entered anew.
                Some(Nest::D | Nest::E { .. }) => Nest::D,
                Some(state) => state,
            }),
            other => panic!("{other} has no history, and {taken:?} was taken from it"),
        }
    }

    fn leave(&mut self, source: &Nest, target: &Nest) {
        let is_in = |state: &Nest, name: &str| {
            TABLE.groups_of(state.state_id()).any(|group| TABLE.group(group).name == name)
        };
        if is_in(source, "Outer") && !is_in(target, "Outer") {
            self.outer = Some(source.clone());
        }
        if is_in(source, "Middle") && !is_in(target, "Middle") {
            self.middle = Some(source.clone());
        }
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    use Event::{Back, Down, Jump, Leave, Reset, Stay, Up};
    proptest::sample::select(vec![Down, Up, Stay, Jump, Leave, Back, Reset])
}

proptest! {
    #[test]
    fn every_walk_does_what_the_table_says(events in prop::collection::vec(any_event(), 0..60)) {
        let (mut state, mut memory, mut model) =
            (Nest::initial(), Memory::default(), Model::default());
        for event in events {
            let moment = Moment::default();
            crate::agreement::offer(&state, &memory, &event, moment);
            let Decision::Take(row) = state.decide(&memory, &event, moment) else {
                continue;
            };
            let row = TABLE.row(row);
            prop_assert!(matches!(row.trigger, Trigger::Event(_)));
            let (source, mut effects) = (state.clone(), Effects::new());
            state = state.step(&mut memory, event, moment, &mut effects).unwrap();
            if let Some(target) = model.target(row, &state) {
                prop_assert_eq!(&state, &target);
            }
            model.leave(&source, &state);
            let done: Vec<String> = effects.into_iter().map(str::to_owned).collect();
            prop_assert_eq!(done, expected(row, state.state_id()));
            prop_assert_eq!((&memory.outer, &memory.middle), (&model.outer, &model.middle));
        }
    }
}
