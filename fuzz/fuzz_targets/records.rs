//! Records that are packed into a chunk come back.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fsm_persist::fuzzing::records(bytes);
});
