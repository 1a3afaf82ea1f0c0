//! Any text that is taken for an object-centric log, any cut: both readers, in one go, in shards and in pieces, see the same. `cargo fuzz run ocel_cut_anywhere fuzz/seeds/ocel_cut_anywhere`.
#![no_main]

#[path = "../../tests/ocel/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::cut_anywhere(data));
