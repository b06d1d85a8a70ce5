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

mod v1 {
    pub(super) enum Event {
        Start,
    }
}

mod v2 {
    pub(super) enum Event {
        Begin { by: String },
    }

    impl From<super::v1::Event> for Event {
        fn from(older: super::v1::Event) -> Self {
            match older {
                super::v1::Event::Start => Self::Begin { by: String::new() },
            }
        }
    }
}

#[derive(Fsm)]
#[fsm(event = Launch, version = 3, previous(1 = v1::Event, 2 = v2::Event))]
#[fsm(renamed(Ready => Waiting, Start => Begin))]
enum Rocket {
    #[fsm(initial)]
    #[on(Begin { .. } => Gone)]
    Waiting,
    #[fsm(final)]
    Gone,
}

enum Launch {
    Begin { by: String },
}

impl From<v2::Event> for Launch {
    fn from(older: v2::Event) -> Self {
        match older {
            v2::Event::Begin { by } => Self::Begin { by },
        }
    }
}

#[test]
fn older_versions_and_names_stand_in_the_table() {
    assert_eq!(Rocket::TABLE.version, 3);
    assert_eq!(Rocket::TABLE.previous, [(1, "v1::Event"), (2, "v2::Event")]);
    assert_eq!(Rocket::TABLE.renamed, [("Ready", "Waiting"), ("Start", "Begin")]);
    let Launch::Begin { by } = v2::Event::from(v1::Event::Start).into();
    assert_eq!(by, "");
}

/// What a machine borrows it has a lifetime for.
#[derive(Fsm, Debug, PartialEq)]
#[fsm(event = Word<'text>, context = Sentence<'text, LIMIT>)]
#[fsm(group = Reading, initial = Inside, history = last)]
#[on(from(Reading), Stop => Outside)]
enum Parser<'text, const LIMIT: usize> {
    #[fsm(initial)]
    #[on(Text(word) => Inside { first: word, count: 1 })]
    #[on(Stop => Reading)]
    Outside,
    #[fsm(group = Reading)]
    #[enter(note(first))]
    #[on(Text(_) if *count < LIMIT => Inside { first, count: count + 1 })]
    #[on(Text(word) => _ / too_many(word))]
    Inside { first: &'text str, count: usize },
}

#[derive(Debug, PartialEq)]
enum Word<'text> {
    Text(&'text str),
    Stop,
}

#[derive(Debug, Default)]
struct Sentence<'text, const LIMIT: usize> {
    last: Option<Parser<'text, LIMIT>>,
    noted: Vec<&'text str>,
}

impl<'text, const LIMIT: usize> Sentence<'text, LIMIT> {
    fn note(&mut self, word: &&'text str) {
        self.noted.push(word);
    }

    fn too_many(&mut self, word: &'text str) {
        self.noted.push(word);
        self.noted.push("!");
    }
}

#[test]
fn a_machine_may_have_lifetimes_and_constants() {
    let text = String::from("one two three");
    let (mut sentence, mut effects) = (Sentence::<'_, 2>::default(), Effects::new());
    let mut parser = Parser::initial();
    for word in text.split(' ') {
        parser =
            parser.step(&mut sentence, Word::Text(word), Moment::default(), &mut effects).unwrap();
    }
    assert_eq!(parser, Parser::Inside { first: "one", count: 2 });
    assert_eq!(sentence.noted, ["one", "one", "three", "!"]);
    for _ in 0..2 {
        parser = parser.step(&mut sentence, Word::Stop, Moment::default(), &mut effects).unwrap();
    }
    assert_eq!(parser, Parser::Inside { first: "one", count: 2 });
}

/// What is configured away is gone before the derive sees it.
#[derive(Fsm)]
#[fsm(event = Level)]
enum Lift {
    #[fsm(initial)]
    #[on(Up => Top)]
    #[cfg_attr(any(), on(Down => Cellar))]
    Ground,
    #[on(Down => Ground)]
    #[cfg_attr(all(), on(Up => _))]
    Top,
    #[cfg(any())]
    #[on(Up => Ground)]
    Cellar,
}

enum Level {
    Up,
    Down,
}

#[test]
fn states_and_rows_may_be_configured() {
    let names: Vec<_> = Lift::TABLE.states.iter().map(|state| state.name).collect();
    assert_eq!(names, ["Ground", "Top"]);
    assert_eq!(Lift::TABLE.rows.len(), 3);
    let mut effects = Effects::new();
    let top = Lift::Ground.step(&mut (), Level::Up, Moment::default(), &mut effects).ok();
    let ground = top.unwrap().step(&mut (), Level::Down, Moment::default(), &mut effects);
    assert!(matches!(ground, Ok(Lift::Ground)));
}
