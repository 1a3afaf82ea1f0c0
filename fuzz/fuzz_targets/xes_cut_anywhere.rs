//! Fuzz target: both XES readers find the same events in any text, whether it is read whole, in shards or in
//! pieces.
//!
//! `cargo +nightly fuzz run xes_cut_anywhere fuzz/seeds/xes_cut_anywhere`
#![no_main]

#[path = "../../tests/xes/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::cut_anywhere(data));
