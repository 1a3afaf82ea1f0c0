//! Any text, any cut, any guess: the sharded parse equals the sequential one. `cargo fuzz run sharded_equals_serial fuzz/seeds/sharded_equals_serial`.
#![no_main]

#[path = "../../tests/exact/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::sharded_equals_serial(data));
