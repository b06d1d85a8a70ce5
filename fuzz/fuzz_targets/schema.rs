//! Schemas, which are stored as JSON.
#![no_main]

use std::hint::black_box;

use fsm_core::journal::Schema;
use fsm_core::{RowId, StateId};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(schema) = serde_json::from_slice::<Schema>(bytes) else { return };
    // What is asked of a schema by numbers that a record holds.
    for number in [0, 1, u16::MAX] {
        black_box(schema.state(StateId(number)));
        if let Some(row) = schema.row(RowId(number)) {
            black_box((schema.source(row), schema.event(row), schema.target(row)));
        }
    }
    let again = serde_json::to_vec(&schema).expect("a schema can be written");
    assert_eq!(serde_json::from_slice::<Schema>(&again).ok(), Some(schema));
});
