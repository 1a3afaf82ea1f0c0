//! Folders: every file is converted or named with the reason, the tree stays, and no output takes the place of another.

use std::io::Write;
use std::os::unix::fs::symlink;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::{DIRTY, Folder, LOG};

const XES: &str = "<?xml version=\"1.0\"?>\n<log xes.version=\"1.0\">\n<trace><string key=\"concept:name\" value=\"1\"/>\n\
    <event><string key=\"concept:name\" value=\"a\"/><date key=\"time:timestamp\" value=\"2024-01-01T08:00:00Z\"/></event>\n</trace>\n</log>\n";
const OCEL: &str = "{\"objectTypes\":[{\"name\":\"order\",\"attributes\":[]}],\"eventTypes\":[{\"name\":\"pay\",\"attributes\":[]}],\
    \"objects\":[{\"id\":\"o1\",\"type\":\"order\"}],\"events\":[{\"id\":\"e1\",\"type\":\"pay\",\"time\":\"2024-01-01T08:00:00Z\",\
    \"relationships\":[{\"objectId\":\"o1\",\"qualifier\":\"x\"}]}]}";
const PROSE: &str =
    "This is a log, made by hand.\nIt has rows, columns, and a header.\nAsk for more, if in doubt.\n";

fn lines(folder: &Folder, args: &str) -> Vec<Value> {
    let out = folder.run(args).output().unwrap().stdout;
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The statuses of what became of each file, by its path.
fn statuses(found: &[Value]) -> Vec<(String, String)> {
    let file = |it: &Value| {
        let name = it["file"].as_str().or(it["inputs"][0].as_str()).or(it["inputs"][0]["name"].as_str());
        (name.unwrap().to_owned(), it["status"].as_str().unwrap().to_owned())
    };
    let mut all: Vec<(String, String)> = found.iter().map(file).collect();
    all.sort();
    all
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

/// OCEL in every form, made of one log.
fn with_forms(folder: Folder) -> Folder {
    folder.run("convert o.jsonocel -o logs/p.xmlocel.xml").assert().success();
    folder.run("convert o.jsonocel -o logs/s.sqlite").assert().success();
    std::fs::rename(folder.path("logs/p.xmlocel.xml"), folder.path("logs/p.xmlocel")).unwrap();
    std::fs::copy(folder.path("logs/s.sqlite"), folder.path("logs/sub/t.db")).unwrap();
    folder
}

#[test]
fn every_file_of_a_folder_is_converted_or_named_and_the_tree_stays() {
    let folder = with_forms(
        Folder::new()
            .with("o.jsonocel", OCEL)
            .with("logs/a.csv", LOG)
            .with("logs/b.xes", XES)
            .with("logs/j.jsonocel", OCEL)
            .with("logs/readme.txt", PROSE)
            .with("logs/pic.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
            .with("logs/.hidden.csv", LOG)
            .with("logs/.git/config", "x")
            .with("logs/sub/a.csv", LOG)
            .with("logs/sub/deep/er/c.csv.gz", gzip(LOG.as_bytes()))
            .with("logs/sub/n.ndjson", "{\"a\":1,\"b\":2}\n{\"a\":2,\"b\":3}\n")
            .with("logs/sub/table.dat", LOG)
            .with("logs/sub/x.xml", XES),
    );
    folder.run("convert logs -o out/").assert().code(0).stderr(
        contains("readme.txt")
            .and(contains("a PNG image"))
            .and(contains("4 others left out"))
            .and(contains("logs/.hidden.csv: hidden file; give its path to read it"))
            .and(contains("logs/.git: hidden folder with 1 file; give its path to read them")),
    );
    for name in [
        "a.parquet",
        "b.parquet",
        "sub/a.parquet",
        "sub/deep/er/c.parquet",
        "sub/n.parquet",
        "sub/table.parquet",
        "sub/x.parquet",
        "j/ocel-meta.json",
        "p/ocel-meta.json",
        "s/ocel-meta.json",
        "sub/t/ocel-meta.json",
    ] {
        assert!(folder.has(&format!("out/{name}")), "{name}");
    }
    assert!(!folder.has("out/readme.parquet") && !folder.has("out/pic.parquet"));
    assert_eq!(folder.rows("out/sub/deep/er/c.parquet"), 3);
}

#[test]
fn json_has_an_object_for_each_file_of_a_folder() {
    let folder = Folder::new()
        .with("logs/a.csv", LOG)
        .with("logs/b.csv", DIRTY)
        .with("logs/c.md", "# Title\n\na | b\n--|--\n1 | 2\n")
        .with("logs/d.jsonocel", OCEL)
        .with("logs/e.parquet", "PAR1")
        .with("logs/f.pdf", "%PDF-1.7\n");
    let found = lines(&folder, "convert logs -o out/ --report json");
    let found = statuses(&found);
    let found: Vec<(&str, &str)> =
        found.iter().map(|(file, status)| (file.as_str(), status.as_str())).collect();
    assert_eq!(
        found,
        [
            ("logs/a.csv", "done"),
            ("logs/b.csv", "failed"),
            ("logs/c.md", "skipped"),
            ("logs/d.jsonocel", "done"),
            ("logs/e.parquet", "skipped"),
            ("logs/f.pdf", "skipped"),
        ]
    );
    folder.run("convert logs -o out2/").assert().code(4).stderr(contains("LF201"));
}

#[test]
fn what_looks_like_a_log_decides_about_the_exit_code() {
    for (name, text, code) in [
        ("x.csv", &b"%PDF-1.7\n"[..], 4),
        ("x.xes", b"<html><body>hi</body></html>", 4),
        ("x.xes", b"<log><trace>", 4),
        ("x.jsonl", b"{\"a\":\n", 4),
        ("x.jsonocel", b"not json", 4),
        ("x.sqlite", b"no database", 4),
        ("x.csv", b"", 4),
        ("x.csv.gz", b"\x1f", 4),
        ("x.log.gz", b"\x1f\x8b\x08\0\0", 4),
        ("x.xml", b"<log><trace>", 4),
        ("x.xml", b"<project xmlns='http://maven.apache.org/POM/4.0.0'><a/></project>", 0),
        ("x.db", b"no database", 0),
        ("x.txt", b"just a line", 0),
        ("x.txt", b"", 0),
        ("Makefile", b"all:\n\tcargo build, test\n", 0),
        ("x.ini", b"[a]\nb=1,2\nc=2,3\n", 0),
        ("x.zip", b"PK\x03\x04\x14\0", 0),
        ("x.bin", b"\x00\x01\x02\x93\xf1\xe2\x07\x1b\x93\xaa\xbb", 0),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>", 0),
        ("x.csv.rejects.jsonl", b"{}", 0),
        ("README", b"case,step\n1,a\n2,b\n", 0),
    ] {
        let folder = Folder::new().with("logs/a.csv", LOG).with(&format!("logs/{name}"), text);
        let told = folder.run("convert logs -o out/").assert().code(code);
        told.stderr(contains(name));
        assert_eq!(folder.rows("out/a.parquet"), 3, "{name}");
        let left: Vec<String> = folder.names().into_iter().filter(|it| it.starts_with("out/")).collect();
        assert_eq!(left, ["out/a.parquet"], "{name}");
    }
}

#[test]
fn tables_are_known_whatever_their_names_end_in() {
    for (name, text) in [
        ("x.txt", LOG.to_owned()),
        ("x.dat", LOG.replace(',', ";")),
        ("x.log", LOG.replace(",\"Check, twice\"", ",Check").replace(',', "\t")),
        ("x", LOG.to_owned()),
        ("x.CSV_2024", LOG.replace(',', "|")),
        ("x.txt", "case,step\n1,a\n2,b\n".to_owned()),
        ("x.export", "who,what\nann,pays\nbob,goes\n".to_owned()),
        ("x.events", "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n".to_owned()),
        ("x.log", XES.to_owned()),
        ("x.txt", OCEL.to_owned()),
        ("x.md", XES.to_owned()),
    ] {
        let folder = Folder::new().with(&format!("logs/{name}"), text);
        folder.run("convert logs -o out/").assert().code(0);
        let is_ocel = folder.has("out/x/ocel-meta.json");
        assert!(folder.has("out/x.parquet") || is_ocel, "{name}");
        let packed = Folder::new()
            .with(&format!("logs/{name}.gz"), gzip(folder.text(&format!("logs/{name}")).as_bytes()));
        packed.run("convert logs -o out/").assert().code(0);
        assert!(packed.has("out/x.parquet") || packed.has("out/x/ocel-meta.json"), "{name}.gz");
    }
}

#[test]
fn outputs_of_one_name_are_distinguished_whatever_the_order() {
    let folder = Folder::new()
        .with("logs/x.csv", LOG)
        .with("logs/x.xes", XES)
        .with("logs/y.csv", LOG)
        .with("logs/z.jsonocel", OCEL)
        .with("logs/z/y.csv", LOG)
        .with("other/x.csv", LOG);
    folder.run("convert logs -o out/").assert().success();
    for name in ["x.csv.parquet", "x.xes.parquet", "y.parquet", "z.jsonocel/ocel-meta.json", "z/y.parquet"] {
        assert!(folder.has(&format!("out/{name}")), "{name}");
    }
    // Files that are named one by one keep the folders in which they differ.
    for (number, args) in ["logs/x.csv other/x.csv", "other/x.csv logs/x.csv"].into_iter().enumerate() {
        folder.run(&format!("convert {args} -o named{number}/")).assert().success();
        assert!(folder.has(&format!("named{number}/logs/x.parquet")));
        assert!(folder.has(&format!("named{number}/other/x.parquet")));
    }
    folder.run("convert logs/x.csv logs/x.xes -o both/").assert().success();
    assert!(folder.has("both/x.csv.parquet") && folder.has("both/x.xes.parquet"));
}

#[test]
fn several_folders_and_patterns_keep_their_trees() {
    let folder = Folder::new()
        .with("one/a.csv", LOG)
        .with("one/sub/a.csv", LOG)
        .with("two/a.csv", LOG)
        .with("c.csv", LOG);
    folder.run("convert one two/ c.csv -o out/").assert().success();
    for name in ["one/a.parquet", "one/sub/a.parquet", "two/a.parquet", "c.parquet"] {
        assert!(folder.has(&format!("out/{name}")), "{name}");
    }
    // Beside files a folder keeps its name, as `one/*` names both.
    folder.run("convert one/a.csv one/sub -o beside/").assert().success();
    assert!(folder.has("beside/a.parquet") && folder.has("beside/sub/a.parquet"));
    folder.run("convert one/**/*.csv -o tree/").assert().success();
    assert!(folder.has("tree/a.parquet") && folder.has("tree/sub/a.parquet"));
    folder.run("convert */*.csv -o all/").assert().success();
    assert!(folder.has("all/one/a.parquet") && folder.has("all/two/a.parquet"));
    folder.run("convert one one/a.csv -o no/").assert().code(2).stderr(contains("given twice"));
}

#[test]
fn a_pattern_that_names_an_ending_is_taken_at_its_word() {
    let folder = Folder::new()
        .with("logs/a.csv", LOG)
        .with("logs/one.dat", "only\nwords\n")
        .with("logs/readme.txt", PROSE);
    folder.run("convert logs/*.dat -o dat/").assert().success();
    assert!(folder.has("dat/one.parquet"));
    folder
        .run("convert logs/* -o all/")
        .assert()
        .success()
        .stderr(contains("readme.txt").and(contains("one.dat")));
    assert!(
        folder.has("all/a.parquet") && !folder.has("all/readme.parquet") && !folder.has("all/one.parquet")
    );
}

#[test]
fn mixed_logs_that_are_named_work_in_one_run() {
    let folder = Folder::new().with("a.csv", LOG).with("b.jsonocel", OCEL).with("c.xes", XES);
    folder
        .run("convert a.csv b.jsonocel c.xes -o out/")
        .assert()
        .success()
        .stderr(contains("2 files and 1 folder"));
    assert!(folder.has("out/a.parquet") && folder.has("out/b/ocel-meta.json") && folder.has("out/c.parquet"));
    folder
        .run("convert a.csv b.jsonocel -o dry/ -n")
        .assert()
        .success()
        .stderr(contains("dry/a.parquet would be written").and(contains("dry/b would be written")));
    assert!(!folder.has("dry"));
    let told = folder.run("convert a.csv b.jsonocel -o all.parquet").assert().code(2);
    told.stderr(contains("b.jsonocel is an object-centric log").and(contains("end the output with /")));
    folder.run("convert a.csv b.jsonocel -o flat/ --flatten order").assert().success();
    assert!(folder.has("flat/a.parquet") && folder.has("flat/b.parquet"));
}

#[test]
fn a_folder_becomes_one_file_of_its_event_logs_or_names_what_is_in_the_way() {
    let folder =
        Folder::new().with("logs/a.csv", LOG).with("logs/sub/b.csv", LOG).with("logs/readme.txt", PROSE);
    folder.run("convert logs -o all.parquet").assert().success().stderr(contains("readme.txt"));
    assert_eq!(folder.rows("all.parquet"), 6);
    let folder = folder.with("logs/o.jsonocel", OCEL);
    folder.run("convert logs -o more.parquet").assert().code(2).stderr(contains("logs/o.jsonocel"));
    std::fs::remove_file(folder.path("logs/o.jsonocel")).unwrap();
    let folder = folder.with("logs/bad.csv", "%PDF-1.4\n");
    folder
        .run("convert logs -o more.parquet")
        .assert()
        .code(1)
        .stderr(contains("logs/bad.csv").and(contains("PDF")));
    assert!(!folder.has("more.parquet"));
}

#[test]
fn an_output_in_an_input_folder_is_not_read() {
    let folder = Folder::new().with("logs/a.csv", LOG).with("logs/o.jsonocel", OCEL);
    folder.run("convert logs -o logs/out/").assert().success();
    let first = folder.names();
    // Once more, when the outputs are there.
    folder
        .run("convert logs -o logs/out/ --force")
        .assert()
        .success()
        .stderr(contains("logs/out: it is the output"));
    assert_eq!(folder.names(), first);
    let same = Folder::new().with("logs/a.csv", LOG).with("logs/o.jsonocel", OCEL).with("logs/b.csv", DIRTY);
    for force in ["", " --force"] {
        same.run(&format!("convert logs -o logs{force} --on-bad-row reject")).assert().code(4);
        assert!(same.has("logs/a.parquet") && same.has("logs/o/ocel-meta.json"));
        assert!(same.has("logs/b.parquet.rejects.jsonl") && !same.has("logs/b.parquet.rejects.parquet"));
    }
    let one = Folder::new().with("logs/a.csv", LOG);
    for force in ["", " --force"] {
        one.run(&format!("convert logs -o logs/all.xes{force} --case-id case_id")).assert().success();
    }
}

#[test]
fn bundles_parquet_and_other_layouts_in_a_folder_are_named() {
    let folder = Folder::new().with("o.jsonocel", OCEL).with("logs/a.csv", LOG);
    folder.run("convert o.jsonocel -o logs/bundle").assert().success();
    folder.run("convert o.jsonocel -o logs/five --layout pm4py").assert().success();
    folder.run("convert logs/a.csv -o logs/sub.parquet").assert().success();
    folder.run("convert logs -o out/").assert().success().stderr(
        contains("logs/bundle: a bundle, which is an output of LogFlow")
            .and(contains("logs/five: tables in the layout of pm4py"))
            .and(contains("logs/sub.parquet: a Parquet or Arrow file beside logs of other formats")),
    );
    let left: Vec<String> = folder.names().into_iter().filter(|it| it.starts_with("out/")).collect();
    assert_eq!(left, ["out/a.parquet"]);
}

#[test]
fn links_are_followed_once_and_lead_in_no_circle() {
    let folder = Folder::new().with("logs/b.csv", LOG).with("logs/sub/c.csv", LOG).with("far/d.csv", LOG);
    symlink("b.csv", folder.path("logs/a.csv")).unwrap();
    symlink("..", folder.path("logs/sub/up")).unwrap();
    symlink("../far", folder.path("logs/far")).unwrap();
    symlink("nowhere", folder.path("logs/gone.txt")).unwrap();
    folder.run("convert logs -o out/").assert().code(0).stderr(
        contains("logs/a.csv: a link to logs/b.csv")
            .and(contains("logs/sub/up: a link to a folder that contains it"))
            .and(contains("logs/gone.txt: a broken link")),
    );
    let left: Vec<String> = folder.names().into_iter().filter(|it| it.starts_with("out/")).collect();
    assert_eq!(left, ["out/b.parquet", "out/far/d.parquet", "out/sub/c.parquet"]);
    symlink("nowhere", folder.path("logs/lost.csv")).unwrap();
    folder.run("convert logs -o more/").assert().code(4).stderr(contains("LF101").and(contains("lost.csv")));
}

#[test]
fn a_folder_without_a_log_says_what_is_in_it() {
    let folder = Folder::new().with("logs/readme.txt", PROSE).with("logs/x.png", b"\x89PNG\r\n\x1a\n");
    for command in ["convert logs -o out/", "convert logs -o x.parquet", "schema logs", "validate logs"] {
        let told = folder.run(command).assert().code(1);
        told.stderr(contains("LF101").and(contains("readme.txt")).and(contains("a PNG image")));
    }
    assert!(!folder.has("out"));
    std::fs::create_dir(folder.path("none")).unwrap();
    folder.run("convert none -o out/").assert().code(1).stderr(contains("found no file"));
}

#[test]
fn many_that_are_left_out_are_a_handful_on_the_terminal() {
    let mut folder = Folder::new().with("logs/a.csv", LOG);
    for number in 0..12 {
        folder = folder.with(&format!("logs/note{number:02}.md"), "text\n");
    }
    folder.run("convert logs -o a/").assert().success().stderr(
        contains("note04.md").and(contains("note05.md").not()).and(contains("and 7 more; --verbose")),
    );
    folder.run("convert logs -o b/ -v").assert().success().stderr(contains("note11.md"));
    folder.run("convert logs -o c/ -q").assert().success().stderr("");
    assert_eq!(lines(&folder, "convert logs -o d/ --report json").len(), 13);
}

#[test]
fn schema_and_a_dry_run_follow_the_same_rules() {
    let folder = Folder::new()
        .with("logs/a.csv", LOG)
        .with("logs/sub/b.csv", LOG)
        .with("logs/o.jsonocel", OCEL)
        .with("logs/readme.txt", PROSE);
    folder
        .run("schema logs")
        .assert()
        .success()
        .stdout(contains("activity").and(contains("o.jsonocel")))
        .stderr(contains("readme.txt"));
    folder.run("schema logs --format file").assert().code(2).stderr(contains("several logs"));
    folder.run("convert -n logs -o out/").assert().success().stderr(
        contains("out/a.parquet would")
            .and(contains("out/sub/b.parquet would"))
            .and(contains("out/o would"))
            .and(contains("readme.txt")),
    );
    folder.run("convert -n logs").assert().success();
    let folder = folder.with("logs/bad.csv", "\x00\x01\x02");
    folder.run("convert -n logs -o out/").assert().code(4).stderr(contains("out/a.parquet would"));
    assert!(!folder.has("out"));
    let differing = Folder::new().with("logs/a.csv", LOG).with("logs/b.csv", "x,y\n1,2\n");
    differing.run("schema logs").assert().success().stdout(contains("activity").and(contains("b.csv")));
}

#[test]
fn validate_looks_at_the_logs_of_a_folder_that_have_a_standard() {
    let folder = Folder::new()
        .with("logs/a.csv", LOG)
        .with("logs/b.xes", XES)
        .with("logs/sub/o.jsonocel", OCEL)
        .with("logs/pom.xml", "<project xmlns='http://maven.apache.org/POM/4.0.0'><a/></project>")
        .with("logs/readme.txt", PROSE);
    let out = folder.run("validate logs").output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    for name in ["a.csv", "pom.xml", "readme.txt"] {
        assert!(told.contains(name), "{name}: {told}");
    }
    let found = String::from_utf8(out.stdout).unwrap();
    assert!(found.contains("b.xes") && found.contains("o.jsonocel"), "{found}");
    let found = lines(&folder, "validate logs --format json");
    assert_eq!(found.iter().filter(|it| it["status"] == "skipped").count(), 3);
    // One that is broken does not hide the others.
    let folder = folder.with("logs/aa.xes.gz", b"\x1f\x8b\x08\0\0");
    let told = folder.run("validate logs").assert().failure();
    told.stdout(contains("b.xes")).stderr(contains("aa.xes.gz"));
}
