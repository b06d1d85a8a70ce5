//! Random changes of an event's shape: each is either absorbed, and then everything that was
//! written is read as what it was, by name; or refused.
//!
//! The types are those of today, and what is changed is the shape that the journal has of them.
//! What was written then is made up from that shape, byte by byte.

use std::collections::BTreeMap;

use fsm_core::journal::shape::{Field, Fields, Form, Shape, Shapes, Variant};
use fsm_core::journal::{
    Batch, Codec, Fact, Journal, MachineKey, MemoryJournal, Position, Schema, Sequence,
};
use fsm_core::runtime::Happened;
use fsm_core::{Fsm, RowId, SendError, StateId, Timestamp};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::stage::machine;

#[derive(Fsm, Clone, Debug)]
#[fsm(event = Event)]
enum State {
    #[fsm(initial)]
    #[on(Add { .. } => On)]
    #[on(Pay(..) => On)]
    #[on(Clear => On)]
    #[on(Tag(_) => On)]
    #[on(Grow(_) => On)]
    On,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Event {
    Add { sku: String, count: u32, note: Option<String> },
    Pay(Means, i64),
    Clear,
    Tag(BTreeMap<String, (u8, bool)>),
    Grow(Tree),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Means {
    Cash,
    Card { number: String },
    Other(Vec<u16>),
    Voucher(Option<Box<Self>>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tree {
    label: u64,
    children: Vec<Self>,
}

/// What today's code has that yesterday's had not.
#[derive(Clone, Copy, Debug)]
enum Harmless {
    OrderOfEvents(usize, usize),
    NewEvent,
    NewLastMeans,
    NamesOfTypes,
}

/// What today's code has otherwise.
#[derive(Clone, Copy, Debug)]
enum Harmful {
    EventGone,
    FieldNamed(usize),
    FieldAdded(usize),
    FieldGone(usize),
    FieldsMoved,
    FieldRetyped(usize),
    MeansMoved,
    FirstMeansNew,
    MeansGone,
    MeansRetyped,
    TreeGrown,
    TagRetyped,
}

fn harmless() -> impl Strategy<Value = Harmless> {
    prop_oneof![
        (0..9usize, 0..9usize).prop_map(|(one, other)| Harmless::OrderOfEvents(one, other)),
        Just(Harmless::NewEvent),
        Just(Harmless::NewLastMeans),
        Just(Harmless::NamesOfTypes),
    ]
}

fn harmful() -> impl Strategy<Value = Harmful> {
    prop_oneof![
        Just(Harmful::EventGone),
        (0..3usize).prop_map(Harmful::FieldNamed),
        (0..4usize).prop_map(Harmful::FieldAdded),
        (0..3usize).prop_map(Harmful::FieldGone),
        Just(Harmful::FieldsMoved),
        (0..3usize).prop_map(Harmful::FieldRetyped),
        Just(Harmful::MeansMoved),
        Just(Harmful::FirstMeansNew),
        Just(Harmful::MeansGone),
        Just(Harmful::MeansRetyped),
        Just(Harmful::TreeGrown),
        Just(Harmful::TagRetyped),
    ]
}

fn variants<'a>(shapes: &'a mut Shapes, name: &str) -> &'a mut Vec<Variant> {
    let found = shapes.types.iter_mut().find_map(|each| match &mut each.form {
        Form::Enum(variants) if each.name.trim_end_matches('x') == name => Some(variants),
        _ => None,
    });
    found.unwrap()
}

fn variant<'a>(shapes: &'a mut Shapes, of: &str, name: &str) -> &'a mut Fields {
    let found = variants(shapes, of).iter_mut().find(|variant| variant.name == name);
    &mut found.unwrap().fields
}

fn added(shapes: &mut Shapes) -> &mut Vec<Field> {
    let Fields::Named(fields) = variant(shapes, "Event", "Add") else { panic!("no names") };
    fields
}

fn undo(shapes: &mut Shapes, change: Harmless) {
    match change {
        Harmless::OrderOfEvents(one, other) => {
            let events = variants(shapes, "Event");
            let count = events.len();
            events.swap(one % count, other % count);
        }
        Harmless::NewEvent => {
            variants(shapes, "Event").retain(|event| event.name != "Clear");
        }
        Harmless::NewLastMeans => {
            let means = variants(shapes, "Means");
            means.truncate(means.len().saturating_sub(1).max(3));
        }
        Harmless::NamesOfTypes => shapes.types.iter_mut().for_each(|each| each.name.push('x')),
    }
}

fn do_harm(shapes: &mut Shapes, change: Harmful) {
    match change {
        Harmful::EventGone => {
            let gone = Variant { name: "Gone".into(), fields: Fields::Unit };
            variants(shapes, "Event").push(gone);
        }
        Harmful::FieldNamed(which) => added(shapes)[which].name.push('x'),
        Harmful::FieldAdded(place) => {
            added(shapes).insert(place, Field { name: "old".into(), shape: Shape::U8 });
        }
        Harmful::FieldGone(which) => drop(added(shapes).remove(which)),
        Harmful::FieldsMoved => added(shapes).swap(0, 2),
        Harmful::FieldRetyped(which) => added(shapes)[which].shape = Shape::I32,
        Harmful::MeansMoved => variants(shapes, "Means").swap(0, 1),
        Harmful::FirstMeansNew => drop(variants(shapes, "Means").remove(0)),
        Harmful::MeansGone => {
            let gone = Variant { name: "Gone".into(), fields: Fields::Unit };
            variants(shapes, "Means").insert(3, gone);
        }
        Harmful::MeansRetyped => {
            let other = Shape::Sequence(Box::new(Shape::U8));
            *variant(shapes, "Means", "Other") = Fields::One(other);
        }
        Harmful::TreeGrown => {
            let trees = shapes.types.iter_mut();
            let mut trees = trees.filter(|each| each.name.trim_end_matches('x') == "Tree");
            let Form::Struct(Fields::Named(fields)) = &mut trees.next().unwrap().form else {
                panic!("no names")
            };
            fields.remove(0);
        }
        Harmful::TagRetyped => {
            let pair = Shape::Tuple(vec![Shape::U8, Shape::U8]);
            *variant(shapes, "Event", "Tag") =
                Fields::One(Shape::Map(Box::new((Shape::Text, pair))));
        }
    }
}

/// Makes values up.
struct Writer<'a> {
    shapes: &'a Shapes,
    entropy: std::slice::Iter<'a, u8>,
    bytes: Vec<u8>,
}

impl Writer<'_> {
    fn draw(&mut self) -> u8 {
        self.entropy.next().copied().unwrap_or(0)
    }

    fn put<T: Serialize>(&mut self, value: T) {
        Codec::default().encode(&value, &mut self.bytes).unwrap();
    }

    fn shape(&mut self, shape: &Shape) {
        let drawn = self.draw();
        match shape {
            Shape::Unit => {}
            Shape::Bool => self.put(drawn.is_multiple_of(2)),
            Shape::U8 => self.put(drawn),
            Shape::U16 => self.put(u16::from(drawn) * 257),
            Shape::U32 => self.put(u32::from(drawn) * 40_000),
            Shape::U64 => self.put(u64::from(drawn) << 50),
            Shape::I32 => self.put(i32::from(drawn) - 100),
            Shape::I64 => self.put(i64::from(drawn) - 100),
            Shape::Text => self.put("ß".repeat(usize::from(drawn % 4))),
            Shape::Option(inner) => {
                self.put(drawn % 2);
                if drawn % 2 == 1 {
                    self.shape(inner);
                }
            }
            Shape::Sequence(inner) => {
                self.put(u64::from(drawn % 3));
                (0..drawn % 3).for_each(|_| self.shape(inner));
            }
            Shape::Map(inner) => {
                // Keys are not made up twice.
                self.put(u64::from(drawn % 2));
                if drawn % 2 == 1 {
                    self.shape(&inner.0);
                    self.shape(&inner.1);
                }
            }
            Shape::Tuple(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Shape::Type(number) => match &self.shapes.types[*number as usize].form {
                Form::Struct(fields) => self.fields(fields),
                Form::Enum(variants) => {
                    let place = usize::from(drawn) % variants.len();
                    self.put(place as u32);
                    self.fields(&variants[place].fields);
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    fn fields(&mut self, fields: &Fields) {
        match fields {
            Fields::Unit => {}
            Fields::One(shape) => self.shape(shape),
            Fields::Tuple(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Fields::Named(fields) => fields.iter().for_each(|field| self.shape(&field.shape)),
            other => panic!("{other:?}"),
        }
    }
}

/// A machine's life in which everything that the schema knows has happened.
async fn written(schema: &Schema, entropy: &[u8]) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let registered = journal.register(schema).await.unwrap();
    let shapes = schema.shapes.as_deref().unwrap();
    let key = MachineKey::new(registered.kind, "m");
    let mut batch = Batch::new();
    let (schema_id, time) = (registered.schema, Timestamp::EPOCH);
    batch.push(key.clone(), Sequence(1), time, schema_id, Fact::Created, &[]);
    let mut writer = Writer { shapes, entropy: entropy.iter(), bytes: Vec::new() };
    let mut mine = shapes.clone();
    for (place, event) in (0u32..).zip(&*variants(&mut mine, "Event")) {
        let is_it = |row: &_| schema.event(row) == Some(&event.name);
        let Some(row) = schema.rows.iter().position(is_it) else { continue };
        writer.bytes.clear();
        writer.put(place);
        writer.fields(&event.fields);
        let fact = Fact::Transition { row: RowId(row as u16), state: StateId(0) };
        let sequence = Sequence(batch.len() as u64 + 1);
        batch.push(key.clone(), sequence, time, schema_id, fact, &writer.bytes);
    }
    journal.append(batch).await.unwrap();
    journal
}

async fn is_absorbed(schema: &Schema, entropy: &[u8]) -> bool {
    let journal = written(schema, entropy).await;
    let history = match machine::<State>(&journal).await.history().await {
        Ok(history) => history,
        Err(SendError::Incompatible(_)) => return false,
        Err(error) => panic!("{error}"),
    };
    let records = journal.read_all(Position(1), 100).await.unwrap();
    assert_eq!(history.len(), records.len());
    for (entry, record) in history.into_iter().zip(&records) {
        let Happened::Transition { event, .. } = entry.happened else { continue };
        let now = serde_json::to_value(event.unwrap()).unwrap();
        assert_eq!(Some(now), schema.json(record).unwrap());
    }
    true
}

proptest! {
    #[test]
    fn a_change_is_absorbed_with_all_that_was_written_or_refused(
        harmless in prop::collection::vec(harmless(), 0..6),
        harmful in prop::option::of(harmful()),
        entropy in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut schema = Schema::of::<State>();
        let shapes = schema.shapes.as_deref_mut().unwrap();
        harmless.iter().for_each(|&change| undo(shapes, change));
        harmful.iter().for_each(|&change| do_harm(shapes, change));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let is_absorbed = runtime.block_on(is_absorbed(&schema, &entropy));
        prop_assert_eq!(is_absorbed, harmful.is_none());
    }
}
