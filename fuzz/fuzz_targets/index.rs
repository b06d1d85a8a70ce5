//! Blocks and the manifest of the index, and numbers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fsm_persist::fuzzing::block(bytes);
    fsm_persist::fuzzing::manifest(bytes);
    fsm_persist::fuzzing::numbers(bytes);
});
