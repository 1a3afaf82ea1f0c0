//! Any text that begins like a log, any cut: both readers, in one go and in shards, see the same. `cargo fuzz run xes_cut_anywhere fuzz/seeds/xes_cut_anywhere`.
#![no_main]

#[path = "../../tests/xes/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::cut_anywhere(data));
