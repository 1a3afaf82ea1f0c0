//! Fuzz target: both JSON readers find the same records in any text, whether it is read whole, in shards or
//! in pieces.
//!
//! `cargo +nightly fuzz run json_cut_anywhere fuzz/seeds/json_cut_anywhere`
#![no_main]

#[path = "../../tests/json/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::cut_anywhere(data));
