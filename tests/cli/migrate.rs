//! `logflow migrate`: archives with a journal.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder, LOG};

/// An object-centric log of one event.
const OCEL: &str = r#"{"eventTypes":[{"name":"pay","attributes":[]}],"objectTypes":[{"name":"order","attributes":[]}],
"objects":[{"id":"o1","type":"order"}],
"events":[{"id":"e1","type":"pay","time":"2024-01-01T00:00:00Z","relationships":[{"objectId":"o1","qualifier":"of"}]}]}"#;

/// A log of so many events.
fn log(events: usize, seed: usize) -> String {
    let mut text = "case_id,activity,timestamp,amount\n".to_owned();
    for event in 0..events {
        let (day, hour) = (event % 28 + 1, (event + seed) % 24);
        text.push_str(&format!(
            "c{seed}-{},a{},2024-03-{day:02}T{hour:02}:00:00Z,{}.5\n",
            event / 5,
            event % 7,
            event
        ));
    }
    text
}

/// An archive of several formats, with a file that is no log.
fn archive() -> Folder {
    let folder = Folder::new()
        .with("src/a/log.csv", LOG)
        .with("src/a/b/shop.jsonocel", OCEL)
        .with("src/x.jsonl", "{\"case\":1,\"activity\":\"a\"}\n{\"case\":1,\"activity\":\"b\"}\n")
        .with("src/README.md", "# An archive\n");
    folder.run("convert src/a/log.csv -o src/a/log.xes -q").assert().success();
    folder
}

/// Every file below a folder with its bytes, journals left out.
fn contents(folder: &Folder, of: &str) -> BTreeMap<String, Vec<u8>> {
    let names = folder
        .names()
        .into_iter()
        .filter(|it| it.starts_with(&format!("{of}/")) && !it.contains("/.logflow/"));
    names.map(|it| (it[of.len()..].to_owned(), fs::read(folder.path(&it)).unwrap())).collect()
}

fn journal(folder: &Folder, path: &str) -> Vec<Value> {
    folder.text(path).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

const JOURNAL: &str = "dst/.logflow/journal-1-of-1.jsonl";

#[test]
fn an_archive_of_several_formats_keeps_its_folders_and_names_what_is_no_log() {
    let folder = archive();
    let run = folder.run("migrate src dst").assert().success();
    run.stderr(contains("4 of 4 sources converted").and(contains("skipped  README.md: text, and no table")));
    for name in ["dst/a/log.csv.parquet", "dst/a/log.xes.parquet", "dst/x.jsonl.parquet"] {
        assert!(folder.has(name), "{name}");
    }
    assert!(folder.has("dst/a/b/shop.jsonocel.ocel/ocel-meta.json"));
    folder.run("convert src/a/log.csv -o one.parquet -q").assert().success();
    let one = fs::read(folder.path("one.parquet")).unwrap();
    assert_eq!(fs::read(folder.path("dst/a/log.csv.parquet")).unwrap(), one);
    let lines = journal(&folder, JOURNAL);
    let of = |state: &str| lines.iter().filter(|it| it["state"] == state).count();
    assert_eq!((of("run"), of("planned"), of("started"), of("done")), (1, 4, 4, 4));
    let done = lines.iter().find(|it| it["state"] == "done" && it["source"] == "a/log.csv").unwrap();
    assert_eq!((&done["records"], &done["rows"]), (&Value::from(3), &Value::from(3)));
    let hash = blake3_of(&folder.path("src/a/log.csv"));
    assert_eq!(done["blake3"], hash);
    assert_eq!(done["outputs"][0]["blake3"], blake3_of(&folder.path("dst/a/log.csv.parquet")));
    folder.run("verify dst --deep").assert().success().stdout(contains("values"));
}

fn blake3_of(path: &Path) -> String {
    blake3::hash(&fs::read(path).unwrap()).to_hex().to_string()
}

#[test]
fn a_file_that_fails_is_listed_and_the_others_are_converted() {
    let folder = archive().with("src/bad.csv", DIRTY);
    let run = folder.run("migrate src dst").assert().code(4);
    run.stderr(
        contains("failed[LF201]: bad.csv: expected 4 fields, found 5")
            .and(contains("4 of 5 sources converted")),
    );
    assert!(!folder.has("dst/bad.csv.parquet"));
    // It would fail again, so it is not read again.
    folder.run("migrate src dst --resume").assert().code(4).stderr(contains("4 proven, 1 failed"));
    let started = |lines: &[Value]| {
        lines.iter().filter(|it| it["state"] == "started" && it["source"] == "bad.csv").count()
    };
    assert_eq!(started(&journal(&folder, JOURNAL)), 1);
    folder.run("migrate src dst --retry-failed").assert().code(4);
    assert_eq!(started(&journal(&folder, JOURNAL)), 2);
    fs::write(folder.path("src/bad.csv"), LOG).unwrap();
    folder
        .run("migrate src dst --resume")
        .assert()
        .success()
        .stderr(contains("1 of 5 sources converted, 4 proven"));
    folder.run("verify dst").assert().success();
}

#[test]
fn rejected_records_add_up_and_their_files_are_outputs() {
    let folder = archive().with("src/bad.csv", DIRTY);
    let run = folder.run("migrate src dst --on-bad-row reject --report report.json").assert().code(4);
    run.stderr(contains("+ 1 rejected"));
    assert!(folder.has("dst/bad.csv.parquet.rejects.jsonl"));
    let report: Value = serde_json::from_str(&folder.text("report.json")).unwrap();
    let totals = |name: &str| report["totals"][name].as_u64().unwrap();
    assert_eq!(totals("records"), totals("rows") + totals("rejected") + totals("filtered"));
    assert_eq!((totals("sources"), totals("converted"), totals("rejected")), (5, 5, 1));
    let bad = report["sources"].as_array().unwrap().iter().find(|it| it["source"] == "bad.csv").unwrap();
    assert_eq!(bad["outputs"].as_array().unwrap().len(), 2);
    folder.run("verify dst --deep").assert().success();
    fs::write(folder.path("dst/bad.csv.parquet.rejects.jsonl"), "").unwrap();
    folder.run("verify dst").assert().code(4).stdout(contains("truncated  bad.csv.parquet.rejects.jsonl"));
}

#[test]
fn a_destination_with_a_journal_needs_resume_and_the_same_options() {
    let folder = archive();
    folder.run("migrate src dst -q").assert().success();
    folder.run("migrate src dst").assert().code(1).stderr(contains("LF121").and(contains("--resume")));
    let other = folder.run("migrate src dst --resume --compression snappy").assert().code(1);
    other.stderr(contains("LF121").and(contains("options differ")));
    folder.run("migrate src dst --resume --bag").assert().code(1).stderr(contains("not a bag"));
    folder
        .run("migrate src dst --resume -j 1 --memory-limit 64MiB")
        .assert()
        .success()
        .stderr(contains("4 proven"));
}

#[test]
fn what_is_not_provably_complete_is_made_again() {
    let folder = archive();
    folder.run("migrate src dst -q").assert().success();
    let before = contents(&folder, "dst");
    let output = folder.path("dst/a/log.csv.parquet");
    let bytes = fs::read(&output).unwrap();
    let changed = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    for damaged in [changed(100), changed(bytes.len() - 1), bytes[..bytes.len() - 9].to_vec(), Vec::new()] {
        fs::write(&output, damaged).unwrap();
        let run = folder.run("migrate src dst --resume").assert().success();
        run.stderr(contains("1 of 4 sources converted, 3 proven"));
        assert_eq!(contents(&folder, "dst"), before);
    }
    fs::remove_file(&output).unwrap();
    fs::remove_file(folder.path("dst/a/b/shop.jsonocel.ocel/relations/e2o.parquet")).unwrap();
    folder
        .run("migrate src dst --resume")
        .assert()
        .success()
        .stderr(contains("2 of 4 sources converted, 2 proven"));
    assert_eq!(contents(&folder, "dst"), before);
    fs::remove_file(folder.path("dst/a/b/shop.jsonocel.ocel/ocel-meta.json")).unwrap();
    folder
        .run("migrate src dst --resume")
        .assert()
        .success()
        .stderr(contains("1 of 4 sources converted, 3 proven"));
    assert_eq!(contents(&folder, "dst"), before);
    // Other bytes of the same size and time.
    let source = folder.path("src/a/log.csv");
    let time = fs::metadata(&source).unwrap().modified().unwrap();
    fs::write(&source, LOG.replace("2.5", "9.5")).unwrap();
    fs::File::options().append(true).open(&source).unwrap().set_modified(time).unwrap();
    folder
        .run("migrate src dst --resume")
        .assert()
        .success()
        .stderr(contains("1 of 4 sources converted, 3 proven"));
    assert!(folder.values("dst/a/log.csv.parquet").iter().any(|it| it.contains("9.5")));
    folder.run("verify dst --deep").assert().success();
}

#[test]
fn a_source_that_becomes_another_kind_of_log_leaves_no_old_output() {
    let folder = Folder::new().with("src/x.json", OCEL);
    folder.run("migrate src dst -q").assert().success();
    assert!(folder.has("dst/x.json.ocel/ocel-meta.json"));
    fs::write(folder.path("src/x.json"), r#"[{"case":1,"activity":"a"},{"case":1,"activity":"b"}]"#).unwrap();
    folder.run("migrate src dst -q --resume").assert().success();
    assert_eq!(folder.names(), [JOURNAL, "dst/x.json.parquet", "src/x.json"]);
    folder.run("verify dst --deep").assert().success();
}

#[test]
fn a_source_that_is_gone_or_not_asked_for_any_more_is_not_missed_for_ever() {
    let folder = archive().with("src/bad.csv", DIRTY).with("src/worse.csv", DIRTY);
    folder.run("migrate src dst -q").assert().code(4);
    folder.run("verify dst").assert().code(4).stdout(contains("2 findings"));
    fs::remove_file(folder.path("src/bad.csv")).unwrap();
    folder.run("migrate src dst --resume --exclude worse.csv -q").assert().success();
    folder.run("verify dst").assert().success();
    folder.run("migrate src dst --resume -q").assert().code(4);
    folder.run("verify dst").assert().code(4).stdout(contains("failed  worse.csv"));
}

#[test]
fn sources_of_another_archive_do_not_take_the_places_of_outputs() {
    let folder = Folder::new().with("one/x.csv", LOG).with("two/x.csv", log(9, 1));
    folder.run("migrate one dst -q").assert().success();
    let before = contents(&folder, "dst");
    folder
        .run("migrate two dst --resume")
        .assert()
        .code(1)
        .stderr(contains("LF121").and(contains("--moved")));
    assert_eq!(contents(&folder, "dst"), before);
    fs::rename(folder.path("one"), folder.path("moved")).unwrap();
    folder.run("migrate moved dst --resume").assert().code(1).stderr(contains("LF121"));
    folder.run("migrate moved dst --resume --moved").assert().success().stderr(contains("1 proven"));
    folder.run("verify dst --deep").assert().success();
}

#[test]
fn a_report_takes_the_place_of_no_source_and_no_output() {
    let folder = archive().with("src/r.json", "[{\"a\":1,\"b\":2},{\"a\":1,\"b\":2}]");
    folder.run("migrate src dst -q").assert().success();
    let before = contents(&folder, "dst");
    for report in
        ["src/r.json", "dst/a/log.csv.parquet", "dst/x.parquet", "dst/a/b/shop.jsonocel.ocel/ocel-meta.json"]
    {
        folder
            .run(&format!("migrate src dst --resume --report {report}"))
            .assert()
            .code(2)
            .stderr(contains("LF501"));
    }
    assert!(folder.text("src/r.json").starts_with("[{"));
    assert_eq!(contents(&folder, "dst"), before);
}

#[test]
fn names_do_not_depend_on_how_the_sources_are_named() {
    let folder = archive().with("src/p.txt", "no log").with("src/a/also.parquet", "damaged");
    folder.run("migrate src one").assert().code(4).stderr(contains("a/also.parquet: "));
    let names = |of: &str| contents(&folder, of).into_keys().collect::<Vec<_>>();
    let skipped = || contains("skipped  p.txt: ").and(contains("failed[LF401]: a/also.parquet: "));
    folder.run("migrate ./src two").assert().code(4).stderr(skipped());
    folder.run("migrate src/ three").assert().code(4).stderr(skipped());
    let mut inside = folder.run("migrate . ../four");
    inside.current_dir(folder.path("src")).assert().code(4).stderr(skipped());
    for other in ["two", "three", "four"] {
        assert_eq!(names(other), names("one"), "{other}");
    }
}

#[test]
fn something_that_no_journal_names_is_never_replaced() {
    let folder = archive().with("dst/a/log.csv.parquet", "mine");
    folder.run("migrate src dst").assert().code(4).stderr(contains("failed[LF106]: a/log.csv"));
    folder
        .run("migrate src dst --retry-failed")
        .assert()
        .code(4)
        .stderr(contains("failed[LF106]: a/log.csv"));
    assert_eq!(folder.text("dst/a/log.csv.parquet"), "mine");
    fs::remove_file(folder.path("dst/a/log.csv.parquet")).unwrap();
    folder.run("migrate src dst --resume").assert().success();
    folder.run("verify dst").assert().success();
}

#[test]
fn a_link_in_the_destination_leads_no_output_elsewhere() {
    let folder = archive();
    fs::create_dir_all(folder.path("dst")).unwrap();
    fs::create_dir_all(folder.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(folder.path("elsewhere"), folder.path("dst/a")).unwrap();
    folder.run("migrate src dst").assert().code(4).stderr(contains("failed[LF123]: a/log.csv"));
    assert!(!folder.has("elsewhere/log.csv.parquet") && folder.has("dst/x.jsonl.parquet"));
}

#[test]
fn the_destination_may_lie_within_the_sources_and_not_around_them() {
    let folder = archive();
    folder.run("migrate src src").assert().code(1).stderr(contains("LF105"));
    folder.run("migrate src .").assert().code(1).stderr(contains("LF105"));
    folder.run("migrate src src/out").assert().success().stderr(contains("4 of 4 sources"));
    folder.run("migrate src src/out --resume").assert().success().stderr(contains("4 proven"));
    folder.run("migrate src/x.jsonl dst").assert().code(1).stderr(contains("LF108"));
    folder.run("migrate nothing dst").assert().code(1).stderr(contains("LF101"));
    assert!(!folder.has("dst"));
}

#[test]
fn awkward_names_are_escaped_and_lead_back() {
    let folder = Folder::new();
    fs::create_dir(folder.path("src")).unwrap();
    let names: [&[u8]; 6] =
        [b"a\nb.csv", b"c\rd.csv", b"100%.csv", b"\xff\xfe.csv", b"~FF~FE.csv", b"nul.csv"];
    for name in names {
        fs::write(folder.path("src").join(OsStr::from_bytes(name)), LOG).unwrap();
    }
    folder.run("migrate src dst").assert().success().stderr(contains("6 of 6 sources"));
    let written =
        fs::read_dir(folder.path("dst")).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut written: Vec<String> = written.filter(|it| it != ".logflow").collect();
    written.sort();
    let expected = ["100~25.csv", "a~0Ab.csv", "c~0Dd.csv", "~6Eul.csv", "~7EFF~7EFE.csv", "~FF~FE.csv"];
    assert_eq!(written, expected.map(|it| format!("{it}.parquet")));
    folder.run("verify dst --deep").assert().success();
    folder.run("migrate src dst --resume").assert().success().stderr(contains("6 proven"));
}

#[test]
fn names_that_differ_in_case_are_told() {
    let folder = Folder::new().with("src/A.csv", LOG).with("src/a.csv", LOG);
    folder
        .run("migrate src dst")
        .assert()
        .success()
        .stderr(contains("1 pair of names").and(contains("A.csv and a.csv")));
    assert!(folder.has("dst/A.csv.parquet") && folder.has("dst/a.csv.parquet"));
}

#[test]
fn sources_are_chosen_by_patterns_and_times() {
    let folder = archive();
    let converted = |args: &str, number: usize| {
        let _ = fs::remove_dir_all(folder.path("dst"));
        let run = folder.run(&format!("migrate src dst {args}")).assert().success();
        run.stderr(contains(format!("{number} of {number} source")));
    };
    converted("--include *.csv", 1);
    converted("--include a/*", 2);
    converted("--include a/**", 3);
    converted("--exclude *.xes --exclude x.*", 2);
    converted("--since 1h", 4);
    converted("--since 2200-01-01", 0);
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    fs::File::options().append(true).open(folder.path("src/x.jsonl")).unwrap().set_modified(old).unwrap();
    converted("--since 2023-11-15", 3);
    converted("--since 2023-11-14", 4);
    converted("--since 2023-11-14T22:13:20Z", 4);
    converted("--since 2023-11-14T22:13:21Z", 3);
    folder.run("migrate src dst --since yesterday").assert().code(2).stderr(contains("7d"));
    // What is not asked for is named.
    let _ = fs::remove_dir_all(folder.path("dst"));
    folder.run("migrate src dst --include *.csv").assert().stderr(contains("skipped  x.jsonl: "));
}

#[test]
fn a_dry_run_names_formats_and_outputs_and_writes_nothing() {
    let folder = archive().with("src/bad.csv.gz", "no gzip");
    let run = folder.run("migrate src dst --dry-run").assert().code(4);
    run.stdout(
        contains("-> a/log.csv.parquet")
            .and(contains("-> a/b/shop.jsonocel.ocel"))
            .and(contains("ocel-json"))
            .and(contains("skipped"))
            .and(contains("bad.csv.gz")),
    );
    assert!(!folder.has("dst"));
}

#[test]
fn shards_do_together_what_one_run_does() {
    let folder = archive();
    for number in 0..20 {
        fs::write(folder.path(&format!("src/{number}.csv")), log(30, number)).unwrap();
    }
    folder.run("migrate src one -q").assert().success();
    let children: Vec<_> = (1..=4)
        .map(|index| folder.command(&format!("migrate src dst -q --shard {index}/4")).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(contents(&folder, "dst"), contents(&folder, "one"));
    folder.run("verify dst --deep").assert().success();
    // Another number of shards goes on with what these have done.
    let run = folder.run("migrate src dst --resume").assert().success();
    run.stderr(contains("24 proven"));
    fs::remove_file(folder.path("dst/.logflow/journal-1-of-1.jsonl")).unwrap();
    fs::remove_file(folder.path("dst/.logflow/journal-3-of-4.jsonl")).unwrap();
    let run = folder.run("verify dst").assert().code(4);
    run.stdout(contains("1 of 4 shards have no journal: 3").and(contains("no journal names the file")));
}

#[test]
fn the_task_of_a_slurm_array_is_the_shard() {
    let folder = archive();
    for id in 5..=7 {
        let mut run = folder.run("migrate src dst --resume -q");
        run.env("SLURM_ARRAY_TASK_ID", id.to_string()).env("SLURM_ARRAY_TASK_COUNT", "3");
        run.env("SLURM_ARRAY_TASK_MIN", "5").env("SLURM_ARRAY_TASK_MAX", "7").assert().success();
    }
    assert!(folder.has("dst/.logflow/journal-3-of-3.jsonl"));
    folder.run("verify dst").assert().success();
    folder.run("migrate src dst2 --shard 4/3").assert().code(2);
}

#[test]
fn reports_have_all_sources_in_each_form() {
    let folder = archive().with("src/bad.csv", DIRTY).with("src/<b>.csv", LOG);
    folder.run("migrate src dst -q --report r.parquet").assert().code(4);
    assert_eq!(folder.rows("r.parquet"), 7);
    folder.run("migrate src dst -q --resume --report dst/r.html").assert().code(4);
    let page = folder.text("dst/r.html");
    assert!(page.contains("&lt;b&gt;.csv") && !page.contains("<b>.csv") && page.contains("bad.csv"));
    assert!(!page.contains("http"));
    folder.run("migrate src dst -q --resume --report r.txt").assert().code(2).stderr(contains(".html"));
    // The report is known to lie there.
    folder.run("verify dst").assert().code(4).stdout(contains("1 finding"));
}

#[test]
fn fail_fast_stops_and_resume_goes_on() {
    let folder = Folder::new();
    fs::create_dir(folder.path("src")).unwrap();
    for number in 0..40 {
        fs::write(folder.path(&format!("src/{number:02}.csv")), DIRTY).unwrap();
    }
    let run = folder.run("migrate src dst --fail-fast -j 1").assert().code(4);
    run.stderr(contains("not reached").and(contains("--resume goes on")));
    folder.run("migrate src dst --resume").assert().code(4).stderr(contains("40 failed"));
    folder.run("verify dst").assert().code(4).stdout(contains("40 findings"));
}

#[test]
fn one_memory_limit_is_for_all_and_too_little_is_told_before_anything_is_written() {
    let folder = archive();
    folder.run("migrate src dst --memory-limit 1MiB").assert().code(2).stderr(contains("LF110"));
    assert!(!folder.has("dst"));
    folder.run("migrate src dst --memory-limit 42MiB -j 8").assert().success();
}

#[test]
fn a_journal_of_a_later_version_is_refused() {
    let folder = archive();
    folder.run("migrate src dst -q").assert().success();
    let line = folder.text(JOURNAL).lines().next().unwrap().replace("\"journal\":1", "\"journal\":9");
    let start = line.split(",\"check\"").next().unwrap().to_owned() + "}";
    let check = blake3::hash(start.as_bytes()).to_hex()[..16].to_owned();
    let line = format!("{},\"check\":\"{check}\"}}\n", &start[..start.len() - 1]);
    fs::write(folder.path(JOURNAL), line).unwrap();
    folder.run("migrate src dst --resume").assert().code(1).stderr(contains("LF122"));
    folder.run("verify dst").assert().code(1).stderr(contains("LF122"));
}

/// Logs of several sizes and formats.
fn many(folder: &Folder, files: usize) {
    fs::create_dir_all(folder.path("src/sub")).unwrap();
    for number in 0..files {
        let place = if number % 3 == 0 { "src/sub" } else { "src" };
        let (name, text) = match number % 10 {
            0 => (format!("{place}/{number}.jsonocel"), OCEL.to_owned()),
            1 => (format!("{place}/{number}.csv"), log(4_000, number)),
            _ => (format!("{place}/{number}.csv"), log(50 + number, number)),
        };
        fs::write(folder.path(&name), text).unwrap();
    }
}

#[test]
fn a_migration_that_is_killed_again_and_again_ends_with_the_bytes_of_one_that_was_not() {
    let folder = Folder::new();
    many(&folder, 60);
    folder.run("migrate src whole -q").assert().success();
    let expected = contents(&folder, "whole");
    let rounds = std::env::var("LOGFLOW_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(12u64);
    let mut kills = 0;
    for round in 0..rounds {
        let mut child = folder.command("migrate src dst -q --resume").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(20 + 67 * round % 400));
        let _ = child.kill();
        let status = child.wait().unwrap();
        assert!(status.success() || status.signal() == Some(9), "{status}");
        kills += u64::from(status.signal() == Some(9));
        // Whatever is visible is whole.
        for (name, bytes) in contents(&folder, "dst").into_iter().filter(|it| !it.0.contains(".logflow-tmp"))
        {
            assert_eq!(Some(&bytes), expected.get(&name), "{name} after round {round}");
        }
    }
    assert!(kills > 0, "no run was killed");
    folder.run("migrate src dst -q --resume").assert().success();
    assert_eq!(contents(&folder, "dst"), expected);
    folder.run("verify dst --deep").assert().success();
}

#[test]
fn a_signal_ends_a_run_cleanly_and_resume_goes_on() {
    let folder = Folder::new();
    many(&folder, 80);
    let child = folder.command("migrate src dst").stderr(std::process::Stdio::piped()).spawn().unwrap();
    while !folder.has("dst/.logflow/journal-1-of-1.jsonl") || !folder.text(JOURNAL).contains("started") {
        std::thread::sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(143), "{told}");
    assert!(told.contains("not reached") && told.contains("--resume"), "{told}");
    assert!(!folder.names().iter().any(|it| it.contains("logflow-tmp")));
    let last = journal(&folder, JOURNAL).pop().unwrap();
    assert!(last["state"] == "end" && last["unfinished"].as_u64().unwrap() > 0);
    folder.run("verify dst").assert().code(4).stdout(contains("unfinished"));
    folder.run("migrate src dst --resume -q").assert().success();
    folder.run("verify dst --deep").assert().success();
}

#[test]
fn progress_tells_files_and_bytes() {
    let folder = archive();
    let run = folder.run("migrate src dst -q --progress json").assert().success();
    let told = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    let last: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["files"], &last["files_total"]), (&"end".into(), &4.into(), &4.into()));
    assert_eq!(last["bytes"], last["bytes_total"]);
}
