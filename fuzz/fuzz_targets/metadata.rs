//! What a record says beside its fact.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(metadata) = fsm_core::journal::Metadata::decode(bytes) else { return };
    let again = metadata.encode().unwrap_or_default();
    assert!(again.len() <= metadata.bytes_max());
    assert_eq!(fsm_core::journal::Metadata::decode(&again).ok(), Some(metadata));
});
