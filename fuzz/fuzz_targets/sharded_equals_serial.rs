//! Fuzz target: the sharded parse of CSV equals the sequential parse for any text, any cut and any guess.
//!
//! `cargo +nightly fuzz run sharded_equals_serial fuzz/seeds/sharded_equals_serial`
#![no_main]

#[path = "../../tests/exact/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::sharded_equals_serial(data));
