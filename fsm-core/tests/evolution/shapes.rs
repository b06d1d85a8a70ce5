//! What is found out of types of all sorts, and how it is stored.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU16;
use std::time::Duration;

use fsm_core::journal::Schema;
use fsm_core::{Fsm, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A machine with this context.
macro_rules! context {
    ($name:ident, $context:ty) => {
        mod $name {
            use super::*;

            #[derive(Fsm)]
            #[fsm(event = Event, context = $context)]
            pub(super) enum State {
                #[fsm(initial)]
                #[on(Go => On)]
                On,
            }
        }
    };
}

#[derive(Serialize, Deserialize)]
enum Event {
    Go,
}

/// The shape of a context, and of the types that it is made of, as they are stored.
macro_rules! traced {
    ($context:ty) => {{
        context!(traced, $context);
        let shapes = Schema::of::<traced::State>().shapes.unwrap();
        let stored = serde_json::to_value(&*shapes).unwrap();
        let back: fsm_core::journal::shape::Shapes =
            serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(back, *shapes);
        let types = stored["types"].as_array().unwrap()[1..].to_vec();
        (stored["context"].clone(), serde_json::Value::Array(types))
    }};
}

#[test]
fn what_has_no_name_is_its_own_shape() {
    assert_eq!(traced!(()), (json!("unit"), json!([])));
    assert_eq!(traced!((u8, i128, bool)).0, json!({ "tuple": ["u8", "i128", "bool"] }));
    assert_eq!(traced!([f32; 2]).0, json!({ "tuple": ["f32", "f32"] }));
    assert_eq!(
        traced!(BTreeMap<String, Option<Vec<char>>>).0,
        json!({ "map": ["text", { "option": { "sequence": "char" } }] })
    );
    assert_eq!(traced!(HashSet<Box<str>>).0, json!({ "sequence": "text" }));
}

#[derive(Serialize, Deserialize)]
struct Page<T> {
    items: Vec<T>,
}

#[test]
fn one_type_with_two_parameters_is_two() {
    let (context, types) = traced!((Page<u8>, Page<String>, Page<u8>));
    assert_eq!(context, json!({ "tuple": [{ "type": 1 }, { "type": 2 }, { "type": 1 }] }));
    let page = |of: &str| {
        let items = json!({ "name": "items", "shape": { "sequence": of } });
        json!({ "name": "Page", "form": { "struct": { "named": [items] } } })
    };
    assert_eq!(types, json!([page("u8"), page("text")]));
}

/// Its first variant holds itself, and another one only inside.
#[derive(Serialize, Deserialize)]
enum Expression {
    Sum(Box<Self>, Box<Self>),
    Call { name: String, arguments: Vec<Argument> },
    Literal(i64),
}

#[derive(Serialize, Deserialize)]
enum Argument {
    Plain(Expression),
    Spread,
    Named(Option<String>, Box<Self>),
}

#[test]
fn types_may_hold_themselves() {
    let (context, types) = traced!(Option<Expression>);
    assert_eq!(context, json!({ "option": { "type": 1 } }));
    let (expression, argument) = (json!({ "type": 1 }), json!({ "type": 2 }));
    let fields = json!([
        { "name": "name", "shape": "text" },
        { "name": "arguments", "shape": { "sequence": argument } },
    ]);
    assert_eq!(
        types,
        json!([
            { "name": "Expression", "form": { "enum": [
                { "name": "Sum", "fields": { "tuple": [expression, expression] } },
                { "name": "Call", "fields": { "named": fields } },
                { "name": "Literal", "fields": { "one": "i64" } },
            ] } },
            { "name": "Argument", "form": { "enum": [
                { "name": "Plain", "fields": { "one": expression } },
                { "name": "Spread", "fields": "unit" },
                { "name": "Named", "fields": { "tuple": [{ "option": "text" }, argument] } },
            ] } },
        ])
    );
}

#[derive(Serialize, Deserialize)]
struct Nothing;

#[derive(Serialize, Deserialize)]
enum Endless {
    One(Box<Self>),
    Other(Vec<Self>, Nothing),
}

#[derive(Serialize, Deserialize)]
enum Never {}

#[derive(Serialize, Deserialize)]
struct Bottomless {
    next: Box<Self>,
}

#[test]
fn types_without_a_smallest_value_are_survived() {
    let (context, types) = traced!(Endless);
    assert_eq!(context, json!({ "type": 1 }));
    let variants = &types[0]["form"]["enum"];
    assert_eq!(variants[0]["fields"], json!({ "one": { "type": 1 } }));
    assert_eq!(variants[1]["fields"]["tuple"][0], json!({ "sequence": { "type": 1 } }));

    let why = "it lies deeper than 96 values in each other";
    assert_eq!(traced!(Bottomless).0, json!({ "unknown": why }));
    assert_eq!(traced!(Option<Never>).0, json!({ "option": { "type": 1 } }));
}

/// What looks at its values is shown several.
#[derive(Serialize, Deserialize)]
struct Strict {
    count: NonZeroU16,
    since: Timestamp,
    lasting: Duration,
    address: std::net::IpAddr,
    when: Option<jiff_like::Date>,
}

mod jiff_like {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    #[derive(Clone)]
    pub(super) struct Date(String);

    impl TryFrom<String> for Date {
        type Error = &'static str;

        fn try_from(text: String) -> Result<Self, Self::Error> {
            if text.split('-').count() == 3 { Ok(Self(text)) } else { Err("no date") }
        }
    }

    impl From<Date> for String {
        fn from(date: Date) -> Self {
            date.0
        }
    }
}

#[test]
fn types_that_look_at_their_values_are_found_out() {
    let (_, types) = traced!(Strict);
    let fields = &types[0]["form"]["struct"]["named"];
    let shapes: Vec<_> = fields.as_array().unwrap().iter().map(|field| &field["shape"]).collect();
    assert_eq!(shapes[0], &json!("u16"));
    assert_eq!(shapes[4], &json!({ "option": "text" }));
    let address = types.as_array().unwrap().iter().find(|each| each["name"] == "IpAddr");
    let variants = &address.unwrap()["form"]["enum"];
    assert_eq!(variants[0]["fields"]["one"]["tuple"].as_array().unwrap().len(), 4);
    assert_eq!(variants[1]["fields"]["one"]["tuple"].as_array().unwrap().len(), 16);
}

/// States and effects have shapes if serde can read them.
#[derive(Fsm, Serialize, Deserialize)]
#[fsm(event = Event, effect = Effect)]
enum Readable {
    #[fsm(initial)]
    #[on(Go => On { since: 1 } / Effect(Page { items: vec![2] }))]
    Off,
    #[on(Go => Off)]
    On { since: u64 },
}

#[derive(Serialize, Deserialize)]
struct Effect(Page<u8>);

#[test]
fn states_and_effects_have_shapes_if_serde_can_read_them() {
    let shapes = Schema::of::<Readable>().shapes.unwrap();
    let stored = serde_json::to_value(&*shapes).unwrap();
    assert_eq!(stored["state"], json!({ "type": 1 }));
    assert_eq!(stored["types"][1]["name"], "Readable");
    assert_eq!(stored["types"][1]["form"]["enum"][1]["name"], "On");
    assert_eq!(stored["effect"], json!({ "type": 2 }));
    assert_eq!(stored["types"][2]["form"]["struct"], json!({ "one": { "type": 3 } }));
}

/// The same code has the same schema each time: journals know it again.
#[test]
fn shapes_are_the_same_each_time() {
    assert_eq!(Schema::of::<Readable>(), Schema::of::<Readable>());
}
