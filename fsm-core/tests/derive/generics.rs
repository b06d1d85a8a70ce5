//! Machines over a type, in modules, under other names.

use std::fmt::Debug;

use fsm_core::{Effects, Fsm, Moment};

mod wire {
    #[derive(Debug, PartialEq)]
    pub(super) enum Event<T> {
        Fill(T),
        Empty,
    }
}

#[derive(Fsm, Debug, PartialEq)]
#[fsm(event = wire::Event<T>, effect = Vec<T>, name = "cell", version = 3, crate = ::fsm_core)]
enum Cell<T: Default + Debug>
where
    T: PartialEq,
{
    #[fsm(initial)]
    #[on(Fill(value) => Full { value, spare: spare })]
    Empty { spare: Option<T> },
    #[on(Fill(value) if self::same(value, &T::default()) => _)]
    #[on(Empty => Empty { spare: Some(value) } / vec![T::default()])]
    Full { value: T, spare: Option<T> },
}

fn same<T: PartialEq>(a: &T, b: &T) -> bool {
    a == b
}

#[test]
fn a_machine_may_have_type_parameters() {
    let mut effects = Effects::new();
    let cell = Cell::<String>::initial();
    assert_eq!(cell, Cell::Empty { spare: None });
    let fill = wire::Event::Fill("a".to_owned());
    let cell = cell.step(&mut (), fill, Moment::default(), &mut effects).unwrap();
    let cell = cell.step(&mut (), wire::Event::Empty, Moment::default(), &mut effects).unwrap();
    assert_eq!(cell, Cell::Empty { spare: Some("a".to_owned()) });
    assert_eq!(effects.as_slice(), [vec![String::new()]]);
}

#[test]
fn the_header_names_kind_and_version() {
    assert_eq!(Cell::<u8>::TABLE.name, "cell");
    assert_eq!(Cell::<u8>::TABLE.version, 3);
}

#[derive(Debug, PartialEq, Default)]
struct Settings {
    volume: u8,
}

#[derive(Fsm, Debug, PartialEq)]
#[fsm(event = Toggle)]
enum Radio {
    #[fsm(initial)]
    #[on(r#Loop => Off {})]
    On(Settings),
    #[on(r#Loop => On(Settings { volume: 1 }))]
    Off {},
}

#[derive(Debug)]
enum Toggle {
    r#Loop,
}

#[test]
fn the_initial_states_fields_have_their_defaults() {
    assert_eq!(Radio::initial(), Radio::On(Settings { volume: 0 }));
    let mut effects = Effects::new();
    let off = Radio::initial().step(&mut (), Toggle::Loop, Moment::default(), &mut effects);
    assert_eq!(off.unwrap(), Radio::Off {});
    assert_eq!(Radio::TABLE.events, ["Loop"]);
}
