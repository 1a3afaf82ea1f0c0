//! Fuzz target: both readers of object-centric logs find the same in any text, whether it is read whole, in
//! shards or in pieces.
//!
//! `cargo +nightly fuzz run ocel_cut_anywhere fuzz/seeds/ocel_cut_anywhere`
#![no_main]

#[path = "../../tests/ocel/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::cut_anywhere(data));
