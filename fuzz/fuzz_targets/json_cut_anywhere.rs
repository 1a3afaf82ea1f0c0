//! Any text, any cut: both readers, in one go, in shards and in pieces, see the same. `cargo fuzz run json_cut_anywhere fuzz/seeds/json_cut_anywhere`.
#![no_main]

#[path = "../../tests/json/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::cut_anywhere(data));
