//! `logflow verify`: a destination against its journals.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{Folder, LOG};

fn migrated(flags: &str) -> Folder {
    let rows: String = (0..40).map(|row| format!("{row},{{\"a\":{row}}}\n")).collect();
    let json: String =
        (0..30).map(|row| format!("{{\"case\":{row},\"list\":[1,{row}],\"o\":{{\"x\":{row}}}}}\n")).collect();
    let folder = Folder::new()
        .with("src/a.csv", LOG)
        .with("src/b/c.csv", format!("n,text\n{rows}"))
        .with("src/nested.jsonl", json);
    folder.run(&format!("migrate src dst -q {flags}")).assert().success();
    folder
}

#[test]
fn it_says_what_it_checked() {
    let folder = migrated("");
    let run = folder.run("verify dst").assert().success();
    run.stdout(contains("verified: 3 files of 3 sources; checked 3 checksums, 3 footers, 0 values"));
    // 3 rows of 4 columns, 40 of 2, 30 of 3.
    let run = folder.run("verify dst --deep").assert().success();
    run.stdout(contains("checked 3 checksums, 3 footers, 182 values"));
    let run = folder.run("verify dst --format json").assert().success();
    let value: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert_eq!((&value["status"], &value["checksums"]), (&"verified".into(), &3.into()));
    folder.run("verify src").assert().code(1).stderr(contains("LF122"));
    folder.run("verify nothing").assert().code(1);
}

#[test]
fn files_that_are_removed_renamed_truncated_changed_and_added_are_named() {
    let folder = migrated("");
    let path = |name: &str| folder.path(&format!("dst/{name}"));
    let told = |what: &str| {
        folder.run("verify dst").assert().code(4).stdout(contains(what.to_owned()).and(contains("1 finding")))
    };
    let bytes = fs::read(path("a.csv.parquet")).unwrap();
    fs::remove_file(path("a.csv.parquet")).unwrap();
    told("missing  a.csv.parquet");
    fs::create_dir(path("a.csv.parquet")).unwrap();
    told("changed  a.csv.parquet: expected a file");
    fs::remove_dir(path("a.csv.parquet")).unwrap();
    fs::write(path("b/other.parquet"), &bytes).unwrap();
    told("renamed  a.csv.parquet: it is found as b/other.parquet");
    fs::remove_file(path("b/other.parquet")).unwrap();
    fs::write(path("a.csv.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    told("truncated  a.csv.parquet");
    fs::write(path("a.csv.parquet"), [&bytes[..], b"x"].concat()).unwrap();
    told("changed  a.csv.parquet: expected");
    fs::write(path("a.csv.parquet"), &bytes).unwrap();
    fs::write(path("note.txt"), "hello").unwrap();
    told("added  note.txt");
    fs::remove_file(path("note.txt")).unwrap();
    folder.run("verify dst").assert().success();
}

#[test]
fn every_flipped_bit_is_found() {
    let folder = migrated("--bag");
    let files: Vec<String> = folder.names().into_iter().filter(|it| it.starts_with("dst/")).collect();
    assert_eq!(files.len(), 10, "{files:?}");
    let mut state = 7u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let rounds = std::env::var("LOGFLOW_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(60);
    for _ in 0..rounds {
        let file = &files[next(files.len())];
        let whole = fs::read(folder.path(file)).unwrap();
        let (at, bit) = (next(whole.len()), next(8));
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        fs::write(folder.path(file), &bytes).unwrap();
        let run = folder.run("verify dst").output().unwrap();
        // The head of the only run of a journal is what says that there is one.
        let expected = if file.ends_with(".jsonl") { &[1, 4][..] } else { &[4] };
        let code = run.status.code().unwrap();
        assert!(expected.contains(&code), "{file}, byte {at}, bit {bit}: exit code {code}");
        fs::write(folder.path(file), &whole).unwrap();
    }
    folder.run("verify dst").assert().success();
}

#[test]
fn deep_finds_other_values_of_the_source_and_sources_that_are_gone() {
    let folder = migrated("");
    fs::write(folder.path("src/a.csv"), LOG.replace("2.5", "7.5")).unwrap();
    folder.run("verify dst").assert().success();
    folder.run("verify dst --deep").assert().code(4).stdout(contains("source  a.csv: LF103"));
    fs::remove_file(folder.path("src/a.csv")).unwrap();
    folder.run("verify dst --deep").assert().code(4).stdout(contains("source  a.csv: LF102"));
    fs::write(folder.path("src/a.csv"), LOG).unwrap();
    fs::rename(folder.path("src"), folder.path("moved")).unwrap();
    folder.run("verify dst --deep").assert().code(1).stderr(contains("LF101").and(contains("--source")));
    folder.run("verify dst --deep --source moved").assert().success();
}

#[test]
fn deep_finds_an_output_whose_values_are_not_those_of_its_source() {
    let folder = migrated("");
    // An output and a journal that agree with each other, made of other values.
    let other = Folder::new().with("src/a.csv", LOG.replace("2.5", "7.5"));
    other.run("migrate src dst -q").assert().success();
    fs::copy(other.path("dst/a.csv.parquet"), folder.path("dst/a.csv.parquet")).unwrap();
    let journal = "dst/.logflow/journal-1-of-1.jsonl";
    let done = |folder: &Folder| {
        let text = folder.text(journal);
        text.lines().find(|it| it.contains("\"done\"") && it.contains("\"a.csv\"")).unwrap().to_owned()
    };
    let mut forged: Value = serde_json::from_str(&done(&folder)).unwrap();
    let theirs: Value = serde_json::from_str(&done(&other)).unwrap();
    forged["outputs"] = theirs["outputs"].clone();
    forged.as_object_mut().unwrap().remove("check");
    let text = forged.to_string();
    let check = blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
    let line = format!("{},\"check\":\"{check}\"}}", &text[..text.len() - 1]);
    let lines = folder.text(journal).replace(&done(&folder), &line);
    fs::write(folder.path(journal), lines).unwrap();
    folder.run("verify dst").assert().success();
    let run = folder.run("verify dst --deep").assert().code(4);
    run.stdout(contains("values  a.csv: row 3, column \"cost\": the source has 2.5, and the output 7.5"));
}

#[test]
fn a_journal_names_no_file_outside_of_the_destination() {
    let folder = migrated("").with("secret.parquet", "x");
    let journal = "dst/.logflow/journal-1-of-1.jsonl";
    let text = folder.text(journal);
    let line = text.lines().find(|it| it.contains("\"done\"")).unwrap();
    let mut value: Value = serde_json::from_str(line).unwrap();
    value["outputs"][0]["path"] = "../secret.parquet".into();
    value.as_object_mut().unwrap().remove("check");
    let forged = value.to_string();
    let check = blake3::hash(forged.as_bytes()).to_hex()[..16].to_owned();
    let forged = format!("{},\"check\":\"{check}\"}}", &forged[..forged.len() - 1]);
    fs::write(folder.path(journal), text.replace(line, &forged)).unwrap();
    folder.run("verify dst").assert().code(4).stdout(contains("journal  ../secret.parquet"));
    folder.run("migrate src dst --resume -q").assert().success();
    assert_eq!(folder.text("secret.parquet"), "x");
}

#[test]
fn manifests_of_a_bag_are_verified_as_well() {
    let folder = migrated("--bag");
    assert!(folder.has("dst/data/b/c.csv.parquet"));
    let info = folder.text("dst/bag-info.txt");
    assert!(info.contains("Payload-Oxum: ") && info.contains(".3\n"), "{info}");
    folder.run("verify dst --deep").assert().success();
    for name in
        ["manifest-sha256.txt", "manifest-sha512.txt", "tagmanifest-sha256.txt", "bag-info.txt", "bagit.txt"]
    {
        let path = format!("dst/{name}");
        let text = folder.text(&path);
        fs::write(folder.path(&path), text.replace('1', "2")).unwrap();
        folder.run("verify dst").assert().code(4).stdout(contains(format!("bag  {name}")));
        fs::write(folder.path(&path), text).unwrap();
    }
    fs::remove_file(folder.path("dst/bagit.txt")).unwrap();
    folder.run("verify dst").assert().code(4).stdout(contains("bag  bagit.txt"));
    folder.run("migrate src dst --bag --resume -q").assert().success();
    folder.run("verify dst").assert().success();
}

#[test]
fn a_bag_with_more_in_its_payload_is_not_completed() {
    let folder = migrated("--bag").with("dst/data/other.txt", "x");
    folder
        .run("migrate src dst --bag --resume")
        .assert()
        .code(1)
        .stderr(contains("LF124").and(contains("other.txt")));
    assert!(!folder.has("dst/bagit.txt"));
    fs::remove_file(folder.path("dst/data/other.txt")).unwrap();
    folder
        .run("migrate src dst --bag --resume")
        .assert()
        .success()
        .stderr(contains("bag     complete, 3 files"));
}
