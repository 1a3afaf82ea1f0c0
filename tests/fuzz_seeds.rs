//! The fuzz targets' seeds, run by the stable compiler: what a fuzzer once found stays found.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "exact/harness.rs"]
#[expect(dead_code, reason = "the fuzz targets' bodies live in the harness of the exactness tests")]
mod harness;
#[path = "json/harness.rs"]
mod json;
#[path = "ocel/harness.rs"]
mod ocel;
#[path = "xes/harness.rs"]
#[expect(dead_code, reason = "as above")]
mod xes;

use std::path::Path;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let seeds: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(seeds.len() >= 5, "{target} has seeds");
    seeds
}

#[test]
fn seeds_of_sharded_equals_serial_hold() {
    seeds("sharded_equals_serial").iter().for_each(|seed| harness::sharded_equals_serial(seed));
}

#[test]
fn seeds_of_sniff_never_panics_hold() {
    seeds("sniff_never_panics").iter().for_each(|seed| harness::sniff_never_panics(seed));
}

#[test]
fn seeds_of_json_cut_anywhere_hold() {
    seeds("json_cut_anywhere").iter().for_each(|seed| json::cut_anywhere(seed));
}

#[test]
fn seeds_of_ocel_cut_anywhere_hold() {
    seeds("ocel_cut_anywhere").iter().for_each(|seed| ocel::cut_anywhere(seed));
}

#[test]
fn seeds_of_xes_cut_anywhere_hold() {
    seeds("xes_cut_anywhere").iter().for_each(|seed| xes::cut_anywhere(seed));
}
