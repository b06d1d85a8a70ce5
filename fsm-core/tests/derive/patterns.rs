//! Event patterns.

use fsm_core::{Fsm, Moment};

use super::agreement::{Outcome, offer};

const LIMIT: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Cash,
    Card { number: u32 },
}
use Method::Cash;

#[derive(Clone, Debug, PartialEq)]
enum Event {
    Unit,
    Pair(u32, String),
    Deep { method: Method, count: Option<u32> },
    Left,
    Right(u32),
    Number(u32),
}

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, context = Vec<String>)]
#[on(Unit => _ / note("unit".to_owned()))]
enum Machine {
    #[fsm(initial)]
    #[on(Pair(0, ..) => _ / note("zero".to_owned()), label = "zero")]
    #[on(Pair(.., text) if text == "last" => _ / note(text), label = "last")]
    #[on(Pair(mut number, ref text) => _ / { number += 1; note(format!("{number}{text}")) })]
    #[on(Deep { method: Cash, .. } => _ / note("cash".to_owned()), label = "cash")]
    #[on(
        Deep { method: Method::Card { number }, count: many @ Some(1..) } =>
        _ / note(format!("card {number} {many:?}")), label = "card"
    )]
    #[on(Deep { count: None, .. } | Deep { count: Some(0), .. } => _ / note("none".to_owned()))]
    #[on(Left | Right(_) => End / note("end".to_owned()))]
    #[on(Number(1) | Number(LIMIT) => _ / note("known".to_owned()), label = "known")]
    #[on(Number(n @ 4..=9) => _ / note(format!("small {n}")), label = "small")]
    Start,
    #[fsm(final)]
    End,
}

trait Note {
    fn note(&mut self, text: String);
}

impl Note for Vec<String> {
    fn note(&mut self, text: String) {
        self.push(text);
    }
}

fn check(event: Event, expected: Option<&str>) {
    match (offer(&Machine::Start, &Vec::new(), &event, Moment::default()), expected) {
        (Outcome::Accepted(_, notes, _), Some(expected)) => assert_eq!(notes, [expected]),
        (Outcome::Refused(_, back), None) => assert_eq!(back, event),
        (outcome, _) => panic!("{outcome:?}, expected {expected:?}"),
    }
}

#[test]
fn a_bare_name_ignores_the_payload() {
    check(Event::Unit, Some("unit"));
    check(Event::Right(5), Some("end"));
}

#[test]
fn tuples_can_be_taken_apart() {
    check(Event::Pair(0, "a".to_owned()), Some("zero"));
    check(Event::Pair(1, "last".to_owned()), Some("last"));
    check(Event::Pair(1, "b".to_owned()), Some("2b"));
}

#[test]
fn patterns_can_be_nested() {
    let card = Method::Card { number: 7 };
    check(Event::Deep { method: Cash, count: Some(1) }, Some("cash"));
    check(Event::Deep { method: card, count: Some(2) }, Some("card 7 Some(2)"));
    check(Event::Deep { method: card, count: Some(0) }, Some("none"));
    check(Event::Deep { method: card, count: None }, Some("none"));
}

#[test]
fn constants_and_ranges_can_be_refused() {
    check(Event::Number(1), Some("known"));
    check(Event::Number(3), Some("known"));
    check(Event::Number(4), Some("small 4"));
    check(Event::Number(2), None);
}

#[test]
fn alternatives_are_a_row_for_each_event() {
    let rows = Machine::TABLE.rows.iter().filter(|row| row.target.is_some());
    let patterns: Vec<_> = rows.map(|row| row.pattern).collect();
    assert_eq!(patterns, ["Left", "Right(_)"]);
    let merged = Machine::TABLE.rows.iter().find(|row| row.label == Some("known")).unwrap();
    assert_eq!(merged.pattern, "Number(1) | Number(LIMIT)");
    check(Event::Left, Some("end"));
}
