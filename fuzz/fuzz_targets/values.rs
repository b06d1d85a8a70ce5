//! Values in the codec of events and contexts.
#![no_main]

use std::collections::BTreeMap;
use std::fmt::Debug;

use fsm_core::journal::{Codec, Origin, Parent};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What comes out of the bytes goes in again, and comes out the same.
fn try_as<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let codec = Codec::default();
    let Ok(value) = codec.decode::<T>(bytes) else { return };
    let mut again = Vec::new();
    codec.encode(&value, &mut again).expect("what was decoded can be encoded");
    assert_eq!(codec.decode::<T>(&again).ok(), Some(value));
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    try_as::<(u64, i64, u32, i8, bool, char)>(bytes);
    try_as::<Vec<Option<String>>>(bytes);
    try_as::<BTreeMap<String, Vec<u8>>>(bytes);
    try_as::<Vec<Vec<u64>>>(bytes);
    try_as::<(Option<Origin>, Parent)>(bytes);
    try_as::<[u16; 5]>(bytes);
});
