//! Fuzz target: any head of a file gives a dialect or a coded error.
//!
//! `cargo +nightly fuzz run sniff_never_panics fuzz/seeds/sniff_never_panics`
#![no_main]

#[path = "../../tests/exact/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::sniff_never_panics(data));
