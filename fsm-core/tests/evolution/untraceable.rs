//! Types whose shape cannot be found out: they are compared as far as is known, and it is said why.

use fsm_core::Fsm;
use fsm_core::journal::Schema;
use fsm_core::journal::shape::{Fields, Form, Shape};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::stage::{journal, machine, refusal, stored};

/// Takes nothing that anybody would guess.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Fussy(String);

impl<'de> Deserialize<'de> for Fussy {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = String::deserialize(source)?;
        if text.starts_with("fussy:") { Ok(Self(text)) } else { Err(D::Error::custom("not fussy")) }
    }
}

macro_rules! program {
    ($name:ident: $($event:tt)*) => {
        mod $name {
            use super::*;

            #[derive(Fsm, Clone, Debug, PartialEq)]
            #[fsm(event = Event, name = "fussy")]
            pub(super) enum State {
                #[fsm(initial)]
                #[on(Take { .. } => On)]
                #[on(Leave { .. } => On)]
                On,
            }

            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub(super) enum Event { $($event)* }
        }
    };
}

program!(before: Take { what: Fussy }, Leave { at: u32 });
program!(same: Leave { at: u32 }, Take { what: Fussy });
program!(traceable: Take { what: String }, Leave { at: u32 });
program!(other: Take { what: Fussy }, Leave { at: u64 });

fn take() -> before::Event {
    before::Event::Take { what: Fussy("fussy: a".into()) }
}

#[test]
fn the_schema_says_why_a_shape_is_unknown() {
    let shapes = Schema::of::<before::State>().shapes.unwrap();
    let Shape::Type(event) = shapes.event else { panic!("{:?}", shapes.event) };
    let Form::Enum(variants) = &shapes.types[event as usize].form else { panic!("no enum") };
    assert_eq!(variants[0].fields, Fields::Unknown("not fussy".into()));
    assert!(matches!(variants[1].fields, Fields::Named(_)));
    let why = "it does not implement `Deserialize`";
    assert_eq!(shapes.state, Shape::Unknown(why.into()));
}

#[tokio::test]
async fn what_is_unknown_on_both_sides_passes() {
    let journal = journal::<before::State>((), [take(), before::Event::Leave { at: 1 }]).await;
    let fussy = machine::<same::State>(&journal).await;
    assert_eq!(fussy.history().await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_known_beside_it_is_compared() {
    let said = refusal::<same::State>(&stored::<other::State>().await).await;
    let expected = "the field `at` of `Event::Leave` has another type: it was `u64`, and is `u32`";
    assert!(said.contains(expected), "{said}");
}

/// Whether it is what it was cannot be known.
#[tokio::test]
async fn what_is_unknown_on_one_side_is_refused() {
    let said = refusal::<same::State>(&stored::<traceable::State>().await).await;
    let expected = "`Event::Take` holds something else: it was `{ what: text }`, and is `unknown \
                    (not fussy)`. Either set `version = 2`";
    assert!(said.contains(expected), "{said}");
}

mod vouched {
    use super::*;

    #[derive(Fsm, Clone, Debug, PartialEq)]
    #[fsm(event = Event, name = "fussy", version = 2, previous(1 = traceable::Event))]
    pub(super) enum State {
        #[fsm(initial)]
        #[on(Give { .. } => On)]
        On,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Event {
        Give { what: Option<String> },
    }

    impl From<traceable::Event> for Event {
        fn from(older: traceable::Event) -> Self {
            match older {
                traceable::Event::Take { what } => Self::Give { what: Some(what) },
                traceable::Event::Leave { .. } => Self::Give { what: None },
            }
        }
    }
}

/// Who gives a type for a version says what it wrote.
#[tokio::test]
async fn what_is_unknown_may_be_vouched_for() {
    let journal = journal::<before::State>((), [take()]).await;
    let fussy = machine::<vouched::State>(&journal).await;
    assert_eq!(fussy.history().await.unwrap().len(), 2);
}
