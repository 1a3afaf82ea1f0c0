//! `logflow pseudonymise` and `logflow keygen`: what comes out, and what is refused.

use std::os::unix::fs::{PermissionsExt, symlink};

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::Folder;

/// The bytes from 0 to 31.
pub const KEY: &str = "\0\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

/// hmac.new(bytes(range(32)), b"person\0Alice", "sha256").hexdigest()[:32], and so on.
const ALICE: &str = "7bd181617ab387be053dedb295c84ee2";
const BOB: &str = "82c63cfdd68e3d252776e73f45af1ea5";
const CAROL: &str = "f5fd44b513bf285720465117b111683b";
const CASE_1: &str = "50a1fe7f5ea8ff3ba0cd4d5760c2335a";
const CASE_2: &str = "e23702de3ffd22d5a2d1648cd2a7eb78";
const AMOUNT_12_5: &str = "b1fc8b4fe17c8e858aa8988191316ce4";
const AMOUNT_7: &str = "e72eff839fbbbedb4aed3a5798371865";
const AMOUNT_MINUS_3: &str = "c1078c9490bc17c06450bad7712c9c7c";
const RESOURCE_ALICE: &str = "1e6bbe3a30d24f6f9757407d6b59594c";
const RESOURCE_EMPTY: &str = "3cd0af26ee4197bdbe8c56140fffd844";
const STUDY_ALICE: &str = "92fb9b8a568b23f8337684a314a22982";

pub const LOG: &str = "\
case,activity,time,resource,manager,amount,phone,birthday
1,a,2024-05-01 10:00:00,Alice,Bob,12.5,0171/2345678,1980-05-03
1,b,2024-05-01 11:00:00.250,Bob,,7,0171/2345679,1980-05-03
2,a,2024-05-02 10:00:00,Alice,Carol,,,
2,b,2024-05-03 10:00:00,,Alice,-3,1,1999-12-31
";

/// A folder with a log and a key.
pub fn folder() -> Folder {
    let folder = Folder::new().with("log.csv", LOG).with("k", KEY);
    set_mode(&folder, "k", 0o600);
    folder
}

pub fn set_mode(folder: &Folder, name: &str, mode: u32) {
    std::fs::set_permissions(folder.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

fn column(folder: &Folder, name: &str, at: usize) -> Vec<String> {
    folder.values(name).iter().map(|row| row.split('|').nth(at).unwrap().to_owned()).collect()
}

#[test]
fn pseudonyms_are_those_that_python_computes_and_columns_of_one_domain_share_them() {
    let folder = folder();
    let args = "log.csv -o out.parquet --key-file k --columns resource=person,manager=person,case,amount";
    folder.run(&format!("pseudonymise {args}")).assert().success();
    let null = "null";
    assert_eq!(column(&folder, "out.parquet", 3), [ALICE, BOB, ALICE, null]);
    assert_eq!(column(&folder, "out.parquet", 4), [BOB, null, CAROL, ALICE]);
    assert_eq!(column(&folder, "out.parquet", 0), [CASE_1, CASE_1, CASE_2, CASE_2]);
    assert_eq!(column(&folder, "out.parquet", 5), [AMOUNT_12_5, AMOUNT_7, null, AMOUNT_MINUS_3]);
    for (name, flags) in
        [("anonymize", "--columns"), ("anonymise", "--columns"), ("convert", "--pseudonymise")]
    {
        let args = args.replace("out.parquet", &format!("{name}.parquet")).replace("--columns", flags);
        folder.run(&format!("{name} {args}")).assert().success();
        assert_eq!(folder.values(&format!("{name}.parquet")), folder.values("out.parquet"), "{name}");
    }
}

#[test]
fn a_study_has_pseudonyms_of_its_own_and_one_key_the_same_in_all_files() {
    let folder =
        folder().with("log.jsonl", "{\"resource\":\"Alice\"}\n{\"resource\":\"\"}\n{\"resource\":null}\n");
    for (input, output, more) in
        [("log.csv", "a", ""), ("log.csv", "b", "--domain study-7"), ("log.jsonl", "c", "")]
    {
        folder
            .run(&format!("pseudonymise {input} -o {output}.parquet --key-file k --columns resource {more}"))
            .assert()
            .success();
    }
    let (a, b, c) =
        (column(&folder, "a.parquet", 3), column(&folder, "b.parquet", 3), column(&folder, "c.parquet", 0));
    assert_eq!([&a[0], &b[0], &c[0]], [RESOURCE_ALICE, STUDY_ALICE, RESOURCE_ALICE]);
    assert_eq!([&c[1], &c[2]], [RESOURCE_EMPTY, "null"]);
}

#[test]
fn masks_ranges_and_years_take_the_place_of_values_and_columns_are_left_out() {
    let folder = folder();
    let args = "pseudonymise log.csv -o out.parquet --mask phone=last:3,resource=text:X --drop manager,case --generalise amount=10,birthday=year,time=day";
    folder.run(args).assert().success();
    let columns = folder.columns("out.parquet");
    assert_eq!(columns.len(), 6, "{columns:?}");
    assert_eq!(column(&folder, "out.parquet", 2), ["X", "X", "X", "null"]);
    assert_eq!(column(&folder, "out.parquet", 3), ["[10,20)", "[0,10)", "null", "[-10,0)"]);
    assert_eq!(column(&folder, "out.parquet", 4), ["***678", "***679", "null", "***"]);
    let years = column(&folder, "out.parquet", 5);
    assert!(years[0].starts_with("1980-01-01") && years[3].starts_with("1999-01-01"), "{years:?}");
    let days = column(&folder, "out.parquet", 1);
    assert!(days[1].starts_with("2024-05-01") && days[1].contains("00:00:00"), "{days:?}");
}

/// The edges of the directly-follows graph and the durations of cases, as `logflow stats` finds them.
fn edges(folder: &Folder, log: &str) -> Value {
    let out = folder.run(&format!("stats {log} --format json")).output().unwrap().stdout;
    let stats: Value = serde_json::from_slice(&out).unwrap();
    assert!(stats["dfg"].as_array().is_some_and(|it| !it.is_empty()));
    serde_json::json!([stats["dfg"], stats["activities"], stats["variants"]])
}

#[test]
fn the_process_is_the_same_with_pseudonyms_of_cases_and_resources_and_with_shifted_times() {
    let folder = Folder::new().with("k", KEY);
    set_mode(&folder, "k", 0o600);
    folder.run("generate -o log.csv --events 3000 --seed 5").assert().success();
    folder
        .run("pseudonymise log.csv -o out.parquet --key-file k --columns case_id,resource --shift-times=40")
        .assert()
        .success();
    assert!(edges(&folder, "log.csv") == edges(&folder, "out.parquet"));
    let first = |name: &str| column(&folder, name, 0)[0].clone();
    assert_eq!(first("out.parquet").len(), 32);
}

#[test]
fn outputs_are_the_same_at_any_number_of_threads_and_from_a_pipe() {
    let folder = Folder::new().with("k", KEY);
    set_mode(&folder, "k", 0o600);
    folder.run("generate -o log.csv --events 20000 --seed 5").assert().success();
    let args = "--key-file k --columns case_id,resource --shift-times --row-group-size 100KiB";
    folder.run(&format!("pseudonymise log.csv -o a.parquet {args} -j 1")).assert().success();
    folder.run(&format!("pseudonymise log.csv -o b.parquet {args} -j 4")).assert().success();
    assert_eq!(
        std::fs::read(folder.path("a.parquet")).unwrap(),
        std::fs::read(folder.path("b.parquet")).unwrap()
    );
    folder
        .run(&format!("pseudonymise - --from csv -o c.parquet {args}"))
        .pipe_stdin(folder.path("log.csv"))
        .unwrap()
        .assert()
        .success();
    assert_eq!(folder.values("a.parquet"), folder.values("c.parquet"));
}

#[test]
fn a_dictionary_finds_plain_hashes_and_no_pseudonym_with_a_key() {
    use sha2::{Digest, Sha256};
    let folder = folder();
    folder
        .run("pseudonymise log.csv -o plain.parquet --columns resource --pseudonym-hash sha256")
        .assert()
        .success()
        .stderr(contains("LW421").and(contains("without a key")));
    folder.run("pseudonymise log.csv -o keyed.parquet --columns resource --key-file k").assert().success();
    // All names that a directory of people has.
    let names = ["Zoe", "Alice", "Mallory", "Bob"];
    let guess = |name: &str| -> String {
        let digest = Sha256::digest(format!("resource\0{name}"));
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    let found = |file: &str| -> Vec<&str> {
        let values = column(&folder, file, 3);
        names.into_iter().filter(|name| values.contains(&guess(name))).collect()
    };
    assert_eq!(found("plain.parquet"), ["Alice", "Bob"]);
    assert_eq!(found("keyed.parquet"), [""; 0]);
}

#[test]
fn keys_are_made_once_and_bad_ones_are_refused() {
    let folder = folder().with("readable", KEY).with("short", "00ff\n").with("word", "secret words\n");
    for name in ["short", "word"] {
        set_mode(&folder, name, 0o600);
    }
    set_mode(&folder, "readable", 0o644);
    std::fs::create_dir(folder.path("dir")).unwrap();
    symlink(folder.path("readable"), folder.path("link")).unwrap();
    let run = "pseudonymise log.csv -o out.parquet --columns resource";
    for (key, said) in [
        ("--key-file nothing", "no such file"),
        ("--key-file readable", "found mode 0644"),
        ("--key-file link", "found mode 0644"),
        ("--key-file short", "found 5"),
        ("--key-file word", "found 13"),
        ("--key-file dir", "found a folder"),
        ("--key-file /dev/zero", "plain file"),
        ("--key-fd 999", "descriptor 999"),
        ("", "need a key"),
    ] {
        folder.run(&format!("{run} {key}")).assert().code(2).stderr(contains("LF521").and(contains(said)));
    }
    assert!(!folder.has("out.parquet"));
    folder.run("keygen -o new").assert().success().stderr(contains("wrote new: key "));
    folder.run("keygen -o new").assert().code(1).stderr(contains("LF106"));
    folder.run(&format!("{run} --key-file new")).assert().success();
    let shell = format!("exec {} {run} --force --key-fd 3 3< <(cat k)", env!("CARGO_BIN_EXE_logflow"));
    let status = std::process::Command::new("bash")
        .args(["-c", &shell])
        .current_dir(folder.path(""))
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(column(&folder, "out.parquet", 3)[0], RESOURCE_ALICE);
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_written() {
    let folder = folder();
    for (args, code, said) in [
        ("--columns nosuch", "LF502", "nosuch"),
        ("--columns time", "LF501", "holds the times of events"),
        ("--columns resource --drop resource", "LF501", "named twice"),
        ("--mask resource=middle:3", "", "first:N"),
        ("--generalise resource=10", "LF501", "column of numbers"),
        ("--generalise birthday=hour", "LF501", "column of times"),
        ("--generalise amount=week", "", "hour, day, month or year"),
        ("--shift-times=0", "", "from 1 to"),
        ("--columns resource --pseudonym-hash sha256", "LF501", "uses none"),
    ] {
        folder
            .run(&format!("pseudonymise log.csv -o out.parquet --key-file k {args}"))
            .assert()
            .code(2)
            .stderr(contains(code).and(contains(said)));
    }
    folder.run("pseudonymise log.csv -o out.parquet").assert().code(2).stderr(contains("nothing to do"));
}

#[test]
fn a_pipeline_names_a_key_from_its_folder_and_flags_are_such_a_pipeline() {
    let folder = folder().with(
        "p/run.toml",
        "[source]\ninputs = \"../log.csv\"\n[[step]]\nkind = \"pseudonymise\"\ncolumns = \"resource\"\nkey-file = \"../k\"\nshift_times = 9\n[[target]]\npath = \"../out.parquet\"\n",
    );
    folder.run("run p/run.toml").assert().success();
    assert_eq!(column(&folder, "out.parquet", 3)[0], RESOURCE_ALICE);
    let args = "log.csv -o two.parquet --key-file k --columns resource --shift-times=9 --mask phone=first:1";
    let printed = folder.run(&format!("pseudonymise {args} --print-pipeline")).output().unwrap().stdout;
    std::fs::write(folder.path("two.toml"), printed).unwrap();
    folder.run("run two.toml").assert().success();
    folder.run(&format!("pseudonymise {} ", args.replace("two.parquet", "three.parquet"))).assert().success();
    assert_eq!(folder.values("two.parquet"), folder.values("three.parquet"));
    folder
        .run("run p/run.toml --check --set target.path=four.parquet")
        .assert()
        .success()
        .stdout(contains("pseudonymise"));
}

#[test]
fn columns_that_look_personal_and_were_not_named_are_told() {
    let folder =
        folder().with("mails.csv", "case,activity,contact\n1,a,alice@example.org\n1,b,bob@example.org\n");
    folder.run("pseudonymise log.csv -o a.parquet --key-file k --columns case").assert().success().stderr(
        contains("LW422")
            .and(contains("\"resource\""))
            .and(contains("\"phone\""))
            .and(contains("phone numbers")),
    );
    folder
        .run("pseudonymise mails.csv -o b.parquet --key-file k --columns case")
        .assert()
        .success()
        .stderr(contains("\"contact\"").and(contains("mail addresses")).and(contains("alice").not()));
    folder
        .run("pseudonymise mails.csv -o c.parquet --key-file k --columns case,contact")
        .assert()
        .success()
        .stderr(contains("LW422").not());
}

#[test]
fn rare_values_are_replaced_by_the_number_of_cases_that_have_them() {
    let mut log = "case,activity,time,diagnosis,note\n".to_owned();
    for case in 0..20 {
        // One value in every case, one in four cases and twice in each of them, one in two cases.
        let diagnosis = if case < 4 {
            "four"
        } else if case < 6 {
            "two"
        } else {
            "most"
        };
        for event in 0..2 {
            log.push_str(&format!("{case},a,2024-05-01 10:{case:02}:0{event},{diagnosis},note {case}\n"));
        }
    }
    let folder = folder().with("rare.csv", &log);
    folder.run("pseudonymise rare.csv -o a.parquet --suppress-rare diagnosis=4").assert().success();
    let found = column(&folder, "a.parquet", 3);
    let count = |value: &str| found.iter().filter(|it| *it == value).count();
    assert_eq!([count("four"), count("two"), count("most"), count("(rare)")], [8, 0, 28, 4]);
    assert!(column(&folder, "a.parquet", 4)[0].starts_with("note"));
    folder
        .run("pseudonymise rare.csv -o b.parquet --suppress-rare 5 --key-file k --columns case")
        .assert()
        .success();
    let found = column(&folder, "b.parquet", 3);
    assert_eq!(found.iter().filter(|it| *it == "(rare)").count(), 12);
    assert!(column(&folder, "b.parquet", 4).iter().all(|it| it == "(rare)"));
    assert_eq!(column(&folder, "b.parquet", 0)[0].len(), 32, "the case is no value");
    folder
        .run("pseudonymise rare.csv -o c.parquet --suppress-rare case=5")
        .assert()
        .code(2)
        .stderr(contains("column of text"));
    folder
        .run("pseudonymise rare.csv -o c.parquet --suppress-rare nosuch=5")
        .assert()
        .code(2)
        .stderr(contains("LF502"));
    folder
        .run("pseudonymise rare.csv -o c.parquet --suppress-rare 1")
        .assert()
        .code(2)
        .stderr(contains("from 2 to"));
}

#[test]
fn cases_of_rare_variants_are_left_out_and_counted() {
    // Interleaved rows: three cases do a, b; two do b, a; one does a alone.
    let mut log = "case,activity,time\n".to_owned();
    for (place, second) in ["a", "b"].iter().enumerate() {
        for case in 0..6 {
            let activity = match case {
                0..=2 => *second,
                3..=4 if *second == "a" => "b",
                3..=4 => "a",
                _ if place == 0 => "a",
                _ => continue,
            };
            log.push_str(&format!("{case},{activity},2024-05-01 1{place}:00:0{case}\n"));
        }
    }
    let folder = folder().with("rare.csv", &log);
    for (k, rows, kept) in [(1, 11, 6), (2, 10, 5), (3, 6, 3), (4, 0, 0)] {
        let args = format!(
            "pseudonymise rare.csv -o out.parquet --force --report json --min-k {k} --key-file k --columns activity"
        );
        let out = folder.run(&args).output().unwrap();
        let report: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(folder.rows("out.parquet"), rows, "{k}");
        let steps = report["steps"].as_array().unwrap();
        let found = &steps.iter().find(|step| step["name"] == "min-k").unwrap()["finding"];
        assert_eq!((&found["cases"], &found["kept_cases"]), (&6.into(), &kept.into()), "{found}");
        assert_eq!(found["lost_cases"], 6 - kept);
    }
}
