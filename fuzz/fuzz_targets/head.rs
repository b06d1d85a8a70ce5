//! The mark in the file `head`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fsm_persist::fuzzing::head(bytes);
});
