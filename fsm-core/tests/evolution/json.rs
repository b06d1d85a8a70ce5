//! Stored payloads as JSON, from nothing but the record and its schema.

use std::collections::BTreeMap;
use std::time::Duration;

use fsm_core::journal::shape::{Field, Fields, Form, JsonError, NamedType, Shape, Shapes, Variant};
use fsm_core::journal::{Fact, Journal, MachineKey, Position, Record, Schema, SchemaId, Sequence};
use fsm_core::{EventId, Fsm, Timestamp};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stage::{journal, machine};

#[derive(Fsm, Clone, Debug)]
#[fsm(event = Event, context = Context)]
enum State {
    #[fsm(initial)]
    #[on(Everything { .. } => On)]
    #[on(Nothing => On)]
    #[defer(Kept)]
    #[after(1h => Off)]
    Fresh,
    #[on(Kept(_, _) => Off)]
    On,
    #[fsm(final)]
    Off,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Event {
    Nothing,
    Everything {
        text: String,
        maybe: Option<char>,
        list: Vec<(u8, bool)>,
        by_name: BTreeMap<String, i64>,
        by_number: BTreeMap<u16, ()>,
        by_pair: BTreeMap<(u8, u8), Unit>,
        large: u128,
        small: i128,
        fractions: [f64; 3],
        short: f32,
        inner: Inner,
    },
    Kept(Newtype, Inner),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Inner {
    Empty,
    One(Box<Self>),
    Two(u8, Newtype),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Newtype(u32);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Context {
    name: Option<String>,
}

#[tokio::test]
async fn everything_that_serde_knows_is_shown() {
    let everything = Event::Everything {
        text: "größe".into(),
        maybe: Some('ß'),
        list: vec![(1, true), (2, false)],
        by_name: [("a".to_owned(), -1)].into(),
        by_number: [(7, ())].into(),
        by_pair: [((1, 2), Unit)].into(),
        large: u128::MAX,
        small: -3,
        fractions: [0.1, f64::INFINITY, f64::NAN],
        short: 0.1,
        inner: Inner::One(Box::new(Inner::Two(9, Newtype(10)))),
    };
    let context = Context { name: None };
    let events = [Event::Kept(Newtype(1), Inner::Empty), everything];
    let journal = journal::<State>(context, events).await;
    machine::<State>(&journal).await.send_after(Event::Nothing, Duration::ZERO).await.unwrap_err();

    let mut shown = Vec::new();
    for record in journal.read_all(Position(1), 100).await.unwrap() {
        let schema = journal.schema(record.schema).unwrap();
        shown.push(schema.json(&record).unwrap());
    }
    let kept = json!({ "Kept": [1, "Empty"] });
    assert_eq!(shown[0], Some(json!({ "name": null })));
    assert_eq!(shown[1], Some(kept.clone()));
    assert_eq!(
        shown[2],
        Some(json!({ "Everything": {
            "text": "größe",
            "maybe": "ß",
            "list": [[1, true], [2, false]],
            "by_name": { "a": -1 },
            "by_number": { "7": null },
            "by_pair": [[[1, 2], null]],
            "large": "340282366920938463463374607431768211455",
            "small": -3,
            "fractions": [0.1, "inf", "NaN"],
            "short": 0.1,
            "inner": { "One": { "Two": [9, 10] } },
        } }))
    );
    assert_eq!(shown[3], Some(kept), "the deferred event was taken");
    assert_eq!(shown.len(), 4);
}

/// A record that holds this as its event.
fn record(payload: &[u8]) -> Record {
    Record {
        position: Position(1),
        space_sequence: Sequence(1),
        machine: MachineKey::new(fsm_core::journal::KindId(0), "m"),
        sequence: Sequence(2),
        time: Timestamp::EPOCH,
        schema: SchemaId(0),
        fact: Fact::Deferred { event: EventId(0) },
        payload: payload.to_vec().into(),
        metadata: Default::default(),
    }
}

fn shown(event: Shape, types: Vec<NamedType>, payload: &[u8]) -> Result<Option<Value>, JsonError> {
    let unit = || Shape::Unit;
    let shapes = Shapes { event, context: unit(), state: unit(), effect: unit(), types };
    let schema = Schema::bare("kind", &["A"], &["B"]);
    Schema { shapes: Some(Box::new(shapes)), ..schema }.json(&record(payload))
}

#[test]
fn what_is_not_known_is_said() {
    let unknown = Shape::Unknown("it is odd".into());
    let both = Shape::Tuple(vec![Shape::U8, unknown]);
    let error = shown(both, Vec::new(), &[1, 2]).unwrap_err();
    assert_eq!(error.to_string(), "the shape is not known (it is odd): show the bytes");
    let error = shown(Shape::Type(3), Vec::new(), &[1]).unwrap_err();
    let expected = "the shape is not known (the schema lacks its type): show the bytes";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_no_value_of_the_shape_is_refused() {
    for (shape, payload) in [
        (Shape::Bool, &[2][..]),
        (Shape::Text, &[2, 0xff, 0xff]),
        (Shape::U32, &[]),
        (Shape::U8, &[1, 1]),
        (Shape::Option(Box::new(Shape::U8)), &[7]),
    ] {
        let error = shown(shape, Vec::new(), payload).unwrap_err();
        assert!(matches!(error, JsonError::Payload(_)), "{error}");
    }
}

/// Values that take no bytes could be there as often as a length says; and types may hold
/// themselves for ever.
#[test]
fn what_has_no_end_is_given_up() {
    let units = Shape::Sequence(Box::new(Shape::Unit));
    let error = shown(units, Vec::new(), &[253, 255, 255, 255, 255, 255, 255, 255, 255]);
    assert!(error.unwrap_err().to_string().contains("more than 1000000 values"));
    let form = Form::Struct(Fields::One(Shape::Type(0)));
    let types = vec![NamedType { name: "Endless".into(), form }];
    let error = shown(Shape::Type(0), types, &[1]).unwrap_err();
    assert!(error.to_string().contains("deeper than 128 values"), "{error}");
    let error =
        shown(Shape::Sequence(Box::new(Shape::Bytes)), Vec::new(), &[252, 255, 255, 255, 255]);
    assert!(matches!(error, Err(JsonError::Payload(_))));
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Unknown("why".into())),
        Just(Shape::Unit),
        Just(Shape::Bool),
        Just(Shape::I8),
        Just(Shape::U16),
        Just(Shape::I32),
        Just(Shape::U64),
        Just(Shape::I128),
        Just(Shape::U128),
        Just(Shape::F32),
        Just(Shape::F64),
        Just(Shape::Char),
        Just(Shape::Text),
        Just(Shape::Bytes),
        (0u32..6).prop_map(Shape::Type),
        (0u32..6).prop_map(Shape::Type),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Shape::Option(Box::new(inner))),
            inner.clone().prop_map(|inner| Shape::Sequence(Box::new(inner))),
            (inner.clone(), inner.clone()).prop_map(|inner| Shape::Map(Box::new(inner))),
            prop::collection::vec(inner, 0..4).prop_map(Shape::Tuple),
        ]
    })
}

fn fields() -> impl Strategy<Value = Fields> {
    let named = |shapes: Vec<Shape>| {
        let fields = shapes.into_iter().zip(["a", "b", "c", "d"]);
        Fields::Named(fields.map(|(shape, name)| Field { name: name.into(), shape }).collect())
    };
    prop_oneof![
        Just(Fields::Unit),
        Just(Fields::Unknown("why".into())),
        shape().prop_map(Fields::One),
        prop::collection::vec(shape(), 0..4).prop_map(Fields::Tuple),
        prop::collection::vec(shape(), 0..4).prop_map(named),
    ]
}

fn named_type() -> impl Strategy<Value = NamedType> {
    let variants = prop::collection::vec(fields(), 0..4).prop_map(|variants| {
        let variants = variants.into_iter().zip(["A", "B", "C", "D"]);
        let variant = |(fields, name): (_, &str)| Variant { name: name.into(), fields };
        Form::Enum(variants.map(variant).collect())
    });
    let form = prop_oneof![fields().prop_map(Form::Struct), variants];
    form.prop_map(|form| NamedType { name: "T".into(), form })
}

proptest! {
    /// Whatever the bytes are, they are shown or refused.
    #[test]
    fn no_bytes_and_no_shapes_are_too_odd(
        event in shape(),
        types in prop::collection::vec(named_type(), 0..5),
        payload in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..60),
    ) {
        let _ = shown(event, types, &payload);
    }
}
