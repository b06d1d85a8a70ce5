//! Schemas that were stored before there were shapes.

use fsm_core::Fsm;
use fsm_core::journal::{Batch, Codec, Fact, Journal, MachineKey, MemoryJournal, Schema, Sequence};
use fsm_core::{RowId, StateId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::stage::machine;

#[derive(Fsm, Clone, Debug, PartialEq)]
#[fsm(event = Event, name = "turnstile")]
enum Turnstile {
    #[fsm(initial)]
    #[on(Coin { .. } => Open)]
    Locked,
    #[fsm(final)]
    Open,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Coin { cents: u32 },
}

const STORED: &str = r#"{"kind":"turnstile","version":1,"states":["Locked","Open"],
    "events":["Coin"],"rows":[{"source":0,"event":0,"target":1,"label":null}]}"#;

#[test]
fn they_are_read_and_have_none() {
    let schema: Schema = serde_json::from_str(STORED).unwrap();
    assert_eq!(schema.shapes, None);
    assert_eq!(Schema { shapes: None, ..Schema::of::<Turnstile>() }, schema);
    assert_eq!(Schema::bare("a", &["b"], &["c"]).shapes, None);
}

#[tokio::test]
async fn their_records_are_replayed() {
    let journal = MemoryJournal::new();
    let schema: Schema = serde_json::from_str(STORED).unwrap();
    let registered = journal.register(&schema).await.unwrap();
    let key = MachineKey::new(registered.kind, "m");
    let (schema, time) = (registered.schema, Timestamp::EPOCH);
    let mut batch = Batch::new();
    let mut coin = Vec::new();
    Codec::default().encode(&Event::Coin { cents: 5 }, &mut coin).unwrap();
    batch.push(key.clone(), Sequence(1), time, schema, Fact::Created, &[]);
    let fact = Fact::Transition { row: RowId(0), state: StateId(1) };
    batch.push(key, Sequence(2), time, schema, fact, &coin);
    journal.append(batch).await.unwrap();

    let turnstile = machine::<Turnstile>(&journal).await;
    assert_eq!(turnstile.state().await.unwrap().state, Turnstile::Open);
    let records = journal.read_all(fsm_core::journal::Position(1), 10).await.unwrap();
    let error = journal.schema(schema).unwrap().json(&records[1]).unwrap_err();
    assert_eq!(error.to_string(), "the schema of `turnstile` has no shapes: show the bytes");
}
