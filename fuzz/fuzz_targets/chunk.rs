//! Chunks of the log, and the records in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fsm_persist::fuzzing::chunk(bytes);
});
